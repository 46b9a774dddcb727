"""IAM's own resources as authorization sees them: where they are, their tags, their boundary, their trust policy."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.resources import Facts, provide_resources
from garrison.aws import service_linked_roles
from garrison.aws.arn import Arn
from garrison.aws.reference import Check
from garrison.aws.reference.check import CALLER
from garrison.policy.document import Document
from garrison.policy.principal import User
from garrison.policy.request import AttachedPolicy, ContextValue, PolicyType
from garrison.services.iam import managed
from garrison.services.iam.credentials import SERVER_CERTIFICATE, SERVICE_CREDENTIAL
from garrison.services.iam.resources import (
    ACCESS_KEY,
    GROUP,
    INSTANCE_PROFILE,
    MFA_DEVICE,
    OIDC_PROVIDER,
    PROFILE_ROLE,
    ROLE,
    SAML_PROVIDER,
    USER,
    Role,
)
from garrison.store import Kind, Reader, Resource

KEY_OWNER = "${iam:accesskeyowner}"
"""In `Check.resource`: the user whose access key the call asks about."""

SERVICE_LINKED_ROLE = "${iam:servicelinkedrolename}"
"""In `Check.resource`: the name of the role that CreateServiceLinkedRole will make."""

PROFILE_ROLE_NAME = "${iam:instanceprofilerole}"
"""In `Check.resource`: the role in the instance profile that the call gives to EC2."""

_KINDS: dict[str, Kind[Any]] = {
    "user": USER,
    "group": GROUP,
    "role": ROLE,
    "instance-profile": INSTANCE_PROFILE,
    "server-certificate": SERVER_CERTIFICATE,
}

_PROVIDERS: dict[str, Kind[Any]] = {"oidc-provider": OIDC_PROVIDER, "saml-provider": SAML_PROVIDER}

_CREATING = frozenset({"CreateUser", "CreateGroup", "CreateRole", "CreateInstanceProfile", "UploadServerCertificate"})

# The service authorization reference lists `iam:PermissionsBoundary` for these. Creating and putting a boundary bring
# the key with their parameters; for the others it is the boundary the entity has.
_BOUNDARY_ACTIONS = frozenset(
    f"iam:{verb}"
    for entity in ("User", "Role")
    for verb in (
        f"Attach{entity}Policy",
        f"Detach{entity}Policy",
        f"Put{entity}Policy",
        f"Delete{entity}Policy",
        f"Delete{entity}PermissionsBoundary",
    )
)


def iam_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """Facts of one resource of IAM, for its own operations, for sts:AssumeRole and for iam:PassRole."""
    found = _located(reader, call, check)
    if call.service == "iam" and "ServiceSpecificCredentialId" in call.params:
        # Which service a credential is for, the call does not say.
        row = reader.by_id(SERVICE_CREDENTIAL, call.params["ServiceSpecificCredentialId"])
        if row is not None and row.account == found.account:
            service = {"iam:servicespecificcredentialservicename": row.body.service}
            return msgspec.structs.replace(found, context={**found.context, **service})
    return found


def _located(reader: Reader, call: Call, check: Check) -> Facts:
    arn = Arn.parse(check.resource)
    if arn is None:
        return Facts(arn=check.resource, account=None)
    noun, _, tail = arn.resource.partition("/")
    if noun == "policy" and tail:
        return _policy_facts(reader, call, check, arn)
    if noun == "mfa" and tail:
        return _device_facts(reader, check, arn)
    if noun in _PROVIDERS and tail:
        return _provider_facts(reader, check, arn, _PROVIDERS[noun])
    if noun == "user" and tail == CALLER:
        return _caller_facts(reader, call, check, arn)
    if noun == "user" and tail == KEY_OWNER:
        return _key_owner_facts(reader, call, check, arn)
    if noun == "role" and tail == PROFILE_ROLE_NAME:
        return _profile_role_facts(reader, call, check, arn)
    if check.action == "sts:AssumeRoot":
        # The member's root user has no policy of its own to allow it: being of the organization that asks is what
        # counts, and the operation sees to that. So the caller's policies decide alone.
        return Facts(arn=check.resource, account=call.account, context={"aws:resourceaccount": arn.account})
    kind = _KINDS.get(noun)
    name = tail.rpartition("/")[2]
    row = None if kind is None or not name else reader.get(kind, arn.account, name)
    if row is None or not _is_meant(call, check, arn, noun, row):
        return _absent(reader, call, check, arn)
    return _facts(check, arn, noun, row)


def _is_meant(call: Call, check: Check, arn: Arn, noun: str, row: Resource[Any]) -> bool:
    """Whether the row that has the name is what the ARN says.

    A call that names an entity without its path means the one with that name, wherever it is; an ARN given as such, and
    one built for something to be created or moved there, means exactly itself.
    """
    if f"{noun}{row.body.path}{row.name}".lower() == arn.resource.lower():
        return f"{noun}{row.body.path}" == arn.resource[: len(noun) + len(row.body.path)]
    by_name = call.service == "iam" and call.operation not in _CREATING
    return by_name and arn.resource.count("/") == 1


def _absent(reader: Reader, call: Call, check: Check, arn: Arn) -> Facts:
    """What does not exist yet (or at all). Renaming in place keeps the path, which the call does not say."""
    noun, _, name = arn.resource.partition("/")
    params = call.params
    if name.endswith(SERVICE_LINKED_ROLE):
        # For a service that has none, the name stays open, which `*` covers: the call then fails for that reason.
        known = service_linked_roles.of_service(params.get("AWSServiceName", ""))
        role = "*" if known is None else known.named(params.get("CustomSuffix"))
        arn = arn._replace(resource=arn.resource.replace(SERVICE_LINKED_ROLE, role))
    if call.operation in ("UpdateUser", "UpdateGroup", "UpdateServerCertificate") and "NewPath" not in params:
        member = noun.title().replace("-", "")
        if name == params.get(f"New{member}Name"):
            row = reader.get(_KINDS[noun], arn.account, params.get(f"{member}Name", ""))
            if row is not None:
                arn = arn._replace(resource=f"{noun}{row.body.path}{name}")
    return Facts(arn=str(arn), account=_account(arn), trusts_account=not _assumes(check))


def _facts(check: Check, arn: Arn, noun: str, row: Resource[Any]) -> Facts:
    body = row.body
    full = str(arn._replace(resource=f"{noun}{body.path}{row.name}"))
    tags: dict[str, str] = getattr(body, "tags", {})
    context = _tag_context(tags)
    boundary = getattr(body, "boundary", None)
    if boundary is not None and check.action in _BOUNDARY_ACTIONS:
        context["iam:permissionsboundary"] = boundary
    policy = None
    if isinstance(body, Role):
        # Compiled as stored: with unique ids in place of ARNs, which is what the principals are compared by.
        document = Document.parse(body.trust, PolicyType.TRUST)
        policy = AttachedPolicy(document, PolicyType.TRUST, f"trust policy of role {row.name}", attached_to=full)
    return Facts(
        arn=full,
        account=row.account,
        exists=True,
        tags=tags,
        context=context,
        policy=policy if _assumes(check) else None,
        trusts_account=not _assumes(check),
    )


def _policy_facts(reader: Reader, call: Call, check: Check, arn: Arn) -> Facts:
    policy = managed.find(reader, check.resource)
    tags = {} if policy is None else policy.tags
    # AWS's own policies belong to no account: whoever may, may read them.
    return Facts(
        arn=check.resource,
        account=None if arn.account == "aws" else _account(arn),
        exists=policy is not None,
        tags=tags,
        context=_tag_context(tags),
    )


def _device_facts(reader: Reader, check: Check, arn: Arn) -> Facts:
    row = reader.by_id(MFA_DEVICE, check.resource)
    tags = {} if row is None else row.body.tags
    return Facts(
        arn=check.resource, account=_account(arn), exists=row is not None, tags=tags, context=_tag_context(tags)
    )


def _provider_facts(reader: Reader, check: Check, arn: Arn, kind: Kind[Any]) -> Facts:
    row = reader.by_id(kind, check.resource)
    tags = {} if row is None else row.body.tags
    return Facts(
        arn=check.resource, account=_account(arn), exists=row is not None, tags=tags, context=_tag_context(tags)
    )


def _caller_facts(reader: Reader, call: Call, check: Check, arn: Arn) -> Facts:
    """The calling user; for others there is no user, and the ARN is the account's own root or session."""
    principal = call.caller.principal
    if isinstance(principal, User):
        row = reader.by_id(USER, principal.id)
        if row is not None:
            return _facts(check, arn, "user", row)
    # Root acts on itself. Sessions have no user to act on: the call fails later, by what it needs one for.
    return Facts(arn=principal.arn, account=principal.account)


def _key_owner_facts(reader: Reader, call: Call, check: Check, arn: Arn) -> Facts:
    key = reader.by_id(ACCESS_KEY, call.params.get("AccessKeyId", ""))
    if key is not None and key.account == arn.account:
        owner = reader.by_id(USER, key.parent)
        if owner is not None:
            return _facts(check, arn, "user", owner)
    # A key of nobody here: authorized like any user, so that the answer does not tell who exists.
    return Facts(arn=str(arn._replace(resource="user/*")), account=_account(arn))


def _profile_role_facts(reader: Reader, call: Call, check: Check, arn: Arn) -> Facts:
    """The role that an instance profile passes to EC2.

    A profile that is not there, or is empty, passes nobody; the ARN stays open, and so the call is refused.
    """
    given = call.params.get("IamInstanceProfile") or {}
    named = Arn.parse(given.get("Arn") or "")
    account = arn.account if named is None else named.account
    name = given.get("Name") if named is None else named.resource.rpartition("/")[2]
    if named is not None and not named.resource.startswith("instance-profile/"):
        name = None
    profile = reader.get(INSTANCE_PROFILE, account, name) if name else None
    for link in () if profile is None else reader.targets(PROFILE_ROLE, profile.id):
        role = reader.by_id(ROLE, link.target)
        if role is not None:
            return _facts(check, arn._replace(account=role.account), "role", role)
    return Facts(arn=check.resource, account=_account(arn))


def _assumes(check: Check) -> bool:
    return check.action.startswith("sts:")


def _account(arn: Arn) -> str | None:
    return arn.account or None


def _tag_context(tags: dict[str, str]) -> dict[str, ContextValue]:
    return {f"iam:resourcetag/{key.lower()}": value for key, value in tags.items()}


provide_resources("iam", iam_facts)
