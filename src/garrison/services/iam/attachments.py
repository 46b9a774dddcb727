"""Managed policies attached to users, groups and roles: Attach, Detach, List, and who has a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.iam import managed, owners, quotas
from garrison.services.iam.errors import over_quota
from garrison.services.iam.owners import GROUPS, OWNERS, ROLES, USERS, Owner
from garrison.services.iam.paging import page_of
from garrison.services.iam.resources import ATTACHED, BOUNDARY, EPOCH
from garrison.services.operation import Output, operation
from garrison.store import Reader, Resource, Transaction


def _attach(owner: Owner) -> Callable[[Call, Transaction], None]:
    def attach(call: Call, tx: Transaction) -> None:
        arn = call.params["PolicyArn"]
        policy = managed.load_attachable(tx, call, arn)
        row = owners.modifiable(owners.named(tx, owner, call))
        if policy.service_only:
            raise AwsError(
                "PolicyNotAttachable", f"Cannot attach a Service Role Policy to a Customer {owner.noun.capitalize()}."
            )
        held = {link.target for link in tx.targets(ATTACHED, row.id)}
        if arn in held:
            return
        quota = quotas.adjusted(call.runtime, owner.attachment_quota, quotas.ATTACHED_POLICIES)
        if len(held) >= quota:
            raise over_quota(owner.attachment_quota, quota)
        tx.link(ATTACHED, call.account, row.id, arn)
        tx.bump(EPOCH, call.account)

    return attach


def _detach(owner: Owner) -> Callable[[Call, Transaction], None]:
    def detach(call: Call, tx: Transaction) -> None:
        arn = call.params["PolicyArn"]
        managed.check_arn(arn)
        row = owners.modifiable(owners.named(tx, owner, call))
        if not tx.unlink(ATTACHED, row.id, arn):
            raise AwsError("NoSuchEntity", f"Policy {arn} was not found.")
        tx.bump(EPOCH, call.account)

    return detach


def attached(reader: Reader, entity_id: str) -> list[dict[str, str]]:
    """Names and ARNs of the managed policies attached to an entity, by name."""
    arns = (link.target for link in reader.targets(ATTACHED, entity_id))
    pairs = sorted((arn.rpartition("/")[2], arn) for arn in arns)
    return [{"PolicyName": name, "PolicyArn": arn} for name, arn in pairs]


def path_of(arn: str) -> str:
    """The path in a managed policy's ARN: `/` or `/a/b/`."""
    return "/" + arn.partition(":policy/")[2].rpartition("/")[0] + "/" if arn.count("/") > 1 else "/"


def _place(policy: dict[str, str]) -> str:
    # An account's policy may share its name with one of AWS's, but not with another of its own.
    return f"{policy['PolicyName']} {policy['PolicyArn'].split(':')[4]}"


def _list(owner: Owner) -> Callable[[Call, Reader], Output]:
    def list_(call: Call, reader: Reader) -> Output:
        row = owners.named(reader, owner, call)
        prefix = call.params.get("PathPrefix", "/")
        held = [p for p in attached(reader, row.id) if path_of(p["PolicyArn"]).startswith(prefix)]
        page, rest = page_of(call, held, key=_place)
        return {"AttachedPolicies": page, **rest}

    return list_


for _owner, _name in ((USERS, "User"), (GROUPS, "Group"), (ROLES, "Role")):
    operation("iam", f"Attach{_name}Policy", access="write")(_attach(_owner))
    operation("iam", f"Detach{_name}Policy", access="write")(_detach(_owner))
    operation("iam", f"ListAttached{_name}Policies", access="read")(_list(_owner))


@operation("iam", "ListEntitiesForPolicy", access="read")
def list_entities_for_policy(call: Call, reader: Reader) -> Output:
    policy = managed.load(reader, call, call.params["PolicyArn"])
    relations = {"PermissionsPolicy": (ATTACHED,), "PermissionsBoundary": (BOUNDARY,)}.get(
        call.params.get("PolicyUsageFilter", ""), (ATTACHED, BOUNDARY)
    )
    wanted = call.params.get("EntityFilter")
    prefix = call.params.get("PathPrefix", "/")
    found: dict[str, tuple[str, Owner, Resource[Any]]] = {}
    for owner, row in _users_of(reader, call.account, policy.arn, relations):
        if wanted in (None, owner.noun.capitalize()) and row.body.path.startswith(prefix):
            # Groups, users, roles: the order of the answer's members.
            order = "012"[(GROUPS, USERS, ROLES).index(owner)]
            found[row.id] = (f"{order}{row.name.lower()}", owner, row)
    page, rest = page_of(call, sorted(found.values(), key=lambda f: f[0]), key=lambda f: f[0])
    answer: dict[str, Any] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
    for _, owner, row in page:
        noun = owner.noun.capitalize()
        answer[f"Policy{noun}s"].append({f"{noun}Name": row.name, f"{noun}Id": row.id})
    return {**answer, **rest}


def _users_of(
    reader: Reader, account: str, arn: str, relations: tuple[str, ...]
) -> Iterator[tuple[Owner, Resource[Any]]]:
    for relation in relations:
        for link in reader.sources(relation, arn):
            if link.account != account:
                continue
            for owner in OWNERS:
                row = reader.by_id(owner.kind, link.source)
                if row is not None:
                    yield owner, row
                    break
