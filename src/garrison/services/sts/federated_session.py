"""The session of a role for somebody an identity provider vouches for, after trust policy and claims were decided."""

from __future__ import annotations

import re
from typing import Any

from garrison.access.accounts import account
from garrison.access.call import Call
from garrison.access.caller import Session
from garrison.access.federation import Vouched
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.policy.principal import RoleSession
from garrison.services.sts import roles, session_policies, tags
from garrison.services.sts.credentials import issue
from garrison.store import Reader, Transaction

_TAG = re.compile(r"[\w\s.:/=+@-]*")
_IDENTITY = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


def refused(message: str) -> AwsError:
    """`InvalidIdentityToken`: the token or assertion is not believed."""
    return AwsError("InvalidIdentityToken", message, status=400)


def not_authorized(call: Call) -> AwsError:
    """All that somebody without credentials is told."""
    return AwsError("AccessDenied", f"Not authorized to perform sts:{call.operation}", status=403)


def act_in_account_of_role(call: Call, reader: Reader) -> Arn:
    """The role's ARN; the call acts, and is recorded, in its account. Raises `AwsError`."""
    arn = roles.arn(call.params["RoleArn"])
    if arn.partition != call.partition or account(reader, arn.account) is None:
        raise not_authorized(call)
    call.account = arn.account
    return arn


def check_source_identity(identity: str | None) -> None:
    """Raises `AwsError` for what cannot be a source identity. Text: IAM user guide, "Troubleshoot SAML"."""
    if identity is not None and (not _IDENTITY.fullmatch(identity) or identity.lower().startswith("aws:")):
        raise refused('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')


def session_tags(given: list[tuple[str, str]], transitive: list[str]) -> tags.SessionTags:
    """Session tags from a token, under the same rules as those passed as parameters. Raises `AwsError`."""
    for key, value in given:
        if not 0 < len(key) <= 128 or len(value) > 256 or not _TAG.fullmatch(key) or not _TAG.fullmatch(value):
            raise refused(f"The session tag {key[:128]} cannot be passed.")  # a guess
    try:
        return tags.of_new_session(
            {"Tags": [{"Key": key, "Value": value} for key, value in given], "TransitiveTagKeys": transitive}, None
        )
    except AwsError as e:
        raise refused(e.message) from None


def tag_context(found: tags.SessionTags, identity: str | None) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that tags and source identity bring to the call."""
    context: dict[str, str | tuple[str, ...]] = {
        f"aws:requesttag/{key.lower()}": value for key, value in found.tags.items()
    }
    if found.tags:
        context["aws:tagkeys"] = tuple(found.tags)
    if found.transitive:
        context["sts:transitivetagkeys"] = found.transitive
    if identity is not None:
        context["sts:sourceidentity"] = identity
    return context


def open_session(call: Call, tx: Transaction, kind: str) -> dict[str, Any]:
    """Make the session; the operation's answer."""
    vouched, params = call.vouched, call.params
    assert isinstance(vouched, Vouched)
    role = roles.find(call, tx, params["RoleArn"])
    if role is None:
        # Reached in permissive mode only, or when the role went between decision and transaction.
        raise not_authorized(call)
    seconds = roles.duration(params.get("DurationSeconds"), role)
    policy: str | None = params.get("Policy")
    arns = [item["arn"] for item in params.get("PolicyArns", ())]
    session_policies.check_policies(tx, role.account, policy, arns)
    packed = session_policies.packed_percent(policy, arns, vouched.tags)
    principal = RoleSession(
        account=role.account,
        role_arn=role.arn,
        role_id=role.id,
        session_name=vouched.session_name,
        service_linked=role.service_linked,
    )
    issued = int(call.now)
    expires = issued + seconds
    if vouched.not_after is not None:
        expires = min(expires, int(vouched.not_after))
    session = Session(
        kind=kind,
        issued=float(issued),
        expires=float(expires),
        tags=vouched.tags,
        transitive=vouched.transitive,
        source_identity=vouched.source_identity,
        policies=() if policy is None else (policy,),
        policy_arns=tuple(arns),
        context={"aws:federatedprovider": vouched.principal.provider, **vouched.session_context},
    )
    output = {
        **issue(call, principal, session),
        "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
        **vouched.answer,
    }
    if packed is not None:
        output["PackedPolicySize"] = packed
    if vouched.source_identity is not None:
        output["SourceIdentity"] = vouched.source_identity
    return output
