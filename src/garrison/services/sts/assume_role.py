"""AssumeRole: whether the caller may is decided before (identity, trust policy, conditions); this makes the session."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.access.caller import Session
from garrison.access.principals import RoleFacts
from garrison.aws.errors import AwsError
from garrison.policy.principal import RoleSession
from garrison.services.operation import operation
from garrison.services.sts import mfa, roles, session_policies, tags
from garrison.services.sts.credentials import issue
from garrison.store import Reader, Transaction


@operation("sts", "AssumeRole", access="write")
def assume_role(call: Call, tx: Transaction) -> dict[str, Any]:
    """A session of the role, limited by session policies and carrying tags and source identity."""
    params, caller = call.params, call.caller
    proof = mfa.proved(call, tx)
    role = _role(call, tx, params["RoleArn"])
    chained = isinstance(caller.principal, RoleSession)
    seconds = roles.duration(params.get("DurationSeconds"), role, chained=chained)
    identity = _source_identity(call)
    policy: str | None = params.get("Policy")
    arns = [item["arn"] for item in params.get("PolicyArns", ())]
    session_policies.check_policies(tx, role.account, policy, arns)
    session_tags = tags.of_new_session(params, caller.session)
    packed = session_policies.packed_percent(policy, arns, session_tags.tags)
    if proof is None and caller.session is not None and caller.session.kind in ("session-token", "login"):
        # A user's MFA session keeps its proof when the user switches roles; a role's session hands none on (a guess,
        # from what mfaAuthenticated shows in the trail after switching roles).
        earlier = caller.session
        proof = None if earlier.mfa_at is None else (earlier.mfa_at, earlier.mfa_serial or "")
    principal = RoleSession(
        account=role.account,
        role_arn=role.arn,
        role_id=role.id,
        session_name=params["RoleSessionName"],
        service_linked=role.service_linked,
    )
    issued = int(call.now)
    session = Session(
        kind="assume-role",
        issued=float(issued),
        expires=float(issued + seconds),
        mfa_at=proof and proof[0],
        mfa_serial=proof and proof[1],
        tags=session_tags.tags,
        transitive=session_tags.transitive,
        source_identity=identity,
        policies=() if policy is None else (policy,),
        policy_arns=tuple(arns),
        chained=chained,
        issuer_key=caller.access_key_id,
    )
    if role.account != call.account:
        call.shared_with = (role.account,)
    output = {
        **issue(call, principal, session),
        "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
    }
    if packed is not None:
        output["PackedPolicySize"] = packed
    if identity is not None:
        output["SourceIdentity"] = identity
    return output


def _denied(call: Call, action: str) -> AwsError:
    return AwsError(
        "AccessDenied",
        f"User: {call.caller.principal.arn} is not authorized to perform: {action} on resource: "
        f"{call.params['RoleArn']}",
        status=403,
    )


def _role(call: Call, reader: Reader, text: str) -> RoleFacts:
    role = roles.find(call, reader, text)
    if role is None:
        # Reached in permissive mode only, or when the role went between decision and transaction. That a role is not
        # there is told to nobody.
        raise _denied(call, "sts:AssumeRole")
    return role


def _source_identity(call: Call) -> str | None:
    asked: str | None = call.params.get("SourceIdentity")
    if asked is not None and asked.lower().startswith("aws:"):
        raise AwsError("ValidationError", "SourceIdentity cannot start with the prefix 'aws:'.", status=400)
    session = call.caller.session
    held = None if session is None else session.source_identity
    # Once set it stays for the whole chain (IAM user guide, "Monitor and control actions taken with assumed roles").
    if held is not None and asked is not None and asked != held:
        raise _denied(call, "sts:SetSourceIdentity")
    return held if asked is None else asked
