"""IAM as the source of principals: keys, policies, tags and roles, for whoever authenticates and authorizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.access.caller import Caller
from garrison.access.principals import Credential, Grants, RoleFacts, provide_principals
from garrison.access.roles import provide_roles
from garrison.access.runtime import Runtime
from garrison.aws.arn import Arn
from garrison.policy.document import Document
from garrison.policy.principal import FederatedUser, Principal, RoleSession, Root, User
from garrison.policy.request import AttachedPolicy, PolicyType
from garrison.services.iam import last_used, managed, owners, password_policy
from garrison.services.iam.made_roles import MadeRoles
from garrison.services.iam.owners import GROUPS, ROLES, USERS, Owner
from garrison.services.iam.resources import ACCESS_KEY, ATTACHED, GROUP, MEMBER, ROLE, USER, LastUsed, Role
from garrison.store import Reader, Resource


class IamPrincipals:
    """The one `access.principals.PrincipalProvider`."""

    def credential(self, runtime: Runtime, reader: Reader, access_key_id: str) -> Credential | None:
        """The long-term access key with that id, its secret opened. Keys of users who are gone are no keys."""
        row = reader.by_id(ACCESS_KEY, access_key_id)
        if row is None:
            return None
        principal: Principal
        if row.parent == row.account:
            principal = Root(row.account, runtime.partition)
        else:
            user = reader.by_id(USER, row.parent)
            if user is None:
                return None
            principal = User(user.account, owners.arn_of(runtime.partition, USERS, user), user.id)
        secret = runtime.seal.open("access-key", row.body.sealed_secret, access_key_id).decode()
        return Credential(access_key_id, secret, principal, active=row.body.status == "Active")

    def grants(self, runtime: Runtime, reader: Reader, principal: Principal) -> Grants:
        """Policies and tags of a principal, by its unique id: one made again under an old name is another."""
        match principal:
            case User():
                return _of_user(runtime.partition, reader, principal.id, principal.arn)
            case RoleSession():
                return _grants(runtime.partition, reader, ROLES, reader.by_id(ROLE, principal.role_id))
            case FederatedUser() if principal.issuer_id != principal.account:
                # Session tags override a user tag with the same key: the issuer's tags count (API reference,
                # GetFederationToken).
                return _of_user(runtime.partition, reader, principal.issuer_id, principal.issuer_arn)
            case _:
                return Grants()

    def role(self, reader: Reader, arn: str) -> RoleFacts | None:
        """The role with that ARN, its path included."""
        parts = Arn.parse(arn)
        if parts is None or parts.service != "iam" or parts.region or not parts.resource.startswith("role/"):
            return None
        folder, _, name = parts.resource.rpartition("/")
        row = reader.get(ROLE, parts.account, name)
        # Names compare regardless of case, paths do not.
        if row is None or f"{folder}/" != f"role{row.body.path}":
            return None
        return RoleFacts(
            arn=owners.arn_of(parts.partition, ROLES, row),
            id=row.id,
            account=row.account,
            max_session_duration=row.body.max_session_duration,
            tags=row.body.tags,
            service_linked=row.body.service_linked,
        )

    def find(self, reader: Reader, arn: str) -> Principal | None:
        """The user or role session an ARN names; of a role's ARN, a session under the role's name."""
        parts = Arn.parse(arn)
        if parts is None:
            return None
        kind, _, rest = parts.resource.partition("/")
        if parts.service == "sts" and kind == "assumed-role":
            name, _, session = rest.partition("/")
            row = reader.get(ROLE, parts.account, name)
            return None if row is None or not session else _session(parts.partition, row, session)
        if parts.service == "iam" and kind == "role":
            role = self.role(reader, arn)
            row = None if role is None else reader.by_id(ROLE, role.id)
            return None if row is None else _session(parts.partition, row, row.name)
        if parts.service == "iam" and kind == "user":
            user = reader.get(USER, parts.account, rest.rpartition("/")[2])
            if user is not None and owners.arn_of(parts.partition, USERS, user).lower() == arn.lower():
                return User(user.account, owners.arn_of(parts.partition, USERS, user), user.id)
        return None

    def managed(self, reader: Reader, arn: str) -> AttachedPolicy | None:
        """The default version of a managed policy."""
        return _managed(reader, arn, PolicyType.IDENTITY, None)

    def used(self, runtime: Runtime, caller: Caller, service: str, region: str, now: float) -> None:
        """Note the use of a key or role; what was noted is written together a few seconds later."""
        noted = LastUsed(date=now, region=region, service=service)
        if isinstance(caller.principal, RoleSession):
            last_used.note(runtime, ROLE, caller.principal.role_id, noted)
        elif caller.session is None and caller.access_key_id is not None:
            last_used.note(runtime, ACCESS_KEY, caller.access_key_id, noted)


def _session(partition: str, row: Resource[Role], session: str) -> RoleSession:
    return RoleSession(
        account=row.account,
        role_arn=owners.arn_of(partition, ROLES, row),
        role_id=row.id,
        session_name=session,
        service_linked=row.body.service_linked,
    )


def _of_user(partition: str, reader: Reader, id: str, arn: str) -> Grants:
    """What a user has. A session made before the user was renamed or moved ends there: what it carries of the old name
    (`aws:username`, `aws:PrincipalArn`) may be somebody else's by now. That AWS ends it as well is a guess.
    """
    row = reader.by_id(USER, id)
    if row is None or owners.arn_of(partition, USERS, row) != arn:
        return Grants(exists=False)
    return _grants(partition, reader, USERS, row)


def _grants(partition: str, reader: Reader, owner: Owner, row: Resource[Any] | None) -> Grants:
    if row is None:
        return Grants(exists=False)
    identity = list(_policies(partition, reader, owner, row))
    if owner is USERS:
        for link in reader.targets(MEMBER, row.id):
            group = reader.by_id(GROUP, link.target)
            if group is not None:
                identity += _policies(partition, reader, GROUPS, group)
        own_password = password_policy.self_service(reader, row.account, owners.arn_of(partition, USERS, row))
        if own_password is not None:
            identity.append(own_password)
    boundary = None
    if row.body.boundary is not None:
        carrier = owners.arn_of(partition, owner, row)
        boundary = _managed(reader, row.body.boundary, PolicyType.BOUNDARY, carrier) or _nothing(row.body.boundary)
    return Grants(identity=tuple(identity), boundary=boundary, tags=row.body.tags)


def _policies(partition: str, reader: Reader, owner: Owner, row: Resource[Any]) -> Iterator[AttachedPolicy]:
    """Inline policies by name, then attached ones."""
    carrier = owners.arn_of(partition, owner, row)
    for name, document in sorted(row.body.inline.items()):
        yield AttachedPolicy(
            Document.parse(document, PolicyType.IDENTITY),
            PolicyType.IDENTITY,
            f"inline policy {name} of {owner.noun} {row.name}",
            attached_to=carrier,
        )
    for link in reader.targets(ATTACHED, row.id):
        policy = _managed(reader, link.target, PolicyType.IDENTITY, carrier)
        if policy is not None:
            yield policy


def _managed(reader: Reader, arn: str, type: PolicyType, carrier: str | None) -> AttachedPolicy | None:
    policy = managed.find(reader, arn)
    if policy is None:
        return None
    return AttachedPolicy(Document.parse(policy.document, type), type, policy.name, policy.arn, attached_to=carrier)


_EMPTY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'


def _nothing(arn: str) -> AttachedPolicy:
    """A boundary whose policy is gone allows nothing. Deleting one in use is refused, so this is a last resort."""
    document = Document.parse(_EMPTY, PolicyType.BOUNDARY)
    return AttachedPolicy(document, PolicyType.BOUNDARY, arn.rpartition("/")[2], arn)


def flush(runtime: Runtime) -> int:
    """Write the last-used notes of this process; how many there were. Blocks: not for the event loop."""
    return last_used.flush(runtime)


provide_principals(IamPrincipals())
provide_roles(MadeRoles())
