"""GetAccountAuthorizationDetails: everything that decides in an account, as one paged list of four kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from garrison.access.call import Call
from garrison.aws import managed_policies as aws_managed
from garrison.services.iam import documents, managed, owners, tags
from garrison.services.iam.attachments import attached
from garrison.services.iam.boundary import shown_boundary
from garrison.services.iam.instance_profiles import profiles_of
from garrison.services.iam.managed import Policy
from garrison.services.iam.owners import GROUPS, ROLES, USERS, Owner
from garrison.services.iam.paging import page_of
from garrison.services.iam.policies import shown_version
from garrison.services.iam.resources import GROUP, MEMBER, POLICY
from garrison.services.iam.roles import shown_last_used, shown_role
from garrison.services.operation import Output, operation
from garrison.store import Reader, Resource

Detail = Callable[[], dict[str, Any]]
Maker = Callable[[Call, Reader, Any], dict[str, Any]]


def _inline(row: Resource[Any]) -> list[dict[str, str]]:
    return [
        {"PolicyName": name, "PolicyDocument": documents.shown(document)}
        for name, document in sorted(row.body.inline.items())
    ]


def _entity(call: Call, reader: Reader, owner: Owner, row: Resource[Any]) -> dict[str, Any]:
    """What details of users, groups and roles have in common."""
    noun = owner.noun.capitalize()
    detail: dict[str, Any] = {
        "Path": row.body.path,
        f"{noun}Name": row.name,
        f"{noun}Id": row.id,
        "Arn": owners.arn_of(call.partition, owner, row),
        "CreateDate": row.created,
        "AttachedManagedPolicies": attached(reader, row.id),
    }
    inline = _inline(row)
    # Without inline policies a user has no list, a group and a role an empty one. Recalled from AWS's answers.
    if inline or owner is not USERS:
        detail[f"{noun}PolicyList"] = inline
    if owner is not GROUPS:
        detail["Tags"] = tags.shown(row.body.tags)
        if row.body.boundary is not None:
            detail["PermissionsBoundary"] = shown_boundary(row.body.boundary)
    return detail


def _user(call: Call, reader: Reader, row: Resource[Any]) -> dict[str, Any]:
    groups = (reader.by_id(GROUP, link.target) for link in reader.targets(MEMBER, row.id))
    names = sorted(group.name for group in groups if group is not None)
    return {**_entity(call, reader, USERS, row), "GroupList": names}


def _group(call: Call, reader: Reader, row: Resource[Any]) -> dict[str, Any]:
    return _entity(call, reader, GROUPS, row)


def _role(call: Call, reader: Reader, row: Resource[Any]) -> dict[str, Any]:
    return {
        **_entity(call, reader, ROLES, row),
        "AssumeRolePolicyDocument": shown_role(reader, call.partition, row)["AssumeRolePolicyDocument"],
        "InstanceProfileList": profiles_of(reader, call.partition, row.id),
        "RoleLastUsed": shown_last_used(call, row),
    }


def _policy(call: Call, reader: Reader, policy: Policy) -> dict[str, Any]:
    detail = managed.described(reader, call.account, policy)
    if policy.description is not None:
        detail["Description"] = policy.description
    detail["PolicyVersionList"] = [
        {"Document": documents.shown(version.document), **shown_version(policy, version)} for version in policy.versions
    ]
    return detail


def _entries(call: Call, reader: Reader) -> Iterator[tuple[str, str, Detail]]:
    """(sort key, output member, maker of the detail) of all that is asked for. Only a page of them is made."""
    wanted = set(call.params.get("Filter") or ("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"))
    kinds: tuple[tuple[str, str, Owner, Maker], ...] = (
        ("0", "UserDetailList", USERS, _user),
        ("1", "GroupDetailList", GROUPS, _group),
        ("2", "RoleDetailList", ROLES, _role),
    )
    for order, member, owner, make in kinds:
        if owner.noun.capitalize() in wanted:
            for row in reader.page(owner.kind, call.account):
                yield order + row.name.lower(), member, partial(make, call, reader, row)
    if "LocalManagedPolicy" in wanted:
        for row in reader.page(POLICY, call.account):
            policy = managed.of_row(call.partition, row)
            yield "3" + row.name.lower(), "Policies", partial(_policy, call, reader, policy)
    if "AWSManagedPolicy" in wanted:
        # Of AWS's own policies only those in use are part of an account's details.
        for published in aws_managed.all_policies(call.partition):
            if managed.attachments(reader, call.account, published.arn):
                policy = managed.of_aws(published)
                key = f"4{published.path}{published.name}"
                yield key, "Policies", partial(_policy, call, reader, policy)


@operation("iam", "GetAccountAuthorizationDetails", access="read")
def get_account_authorization_details(call: Call, reader: Reader) -> Output:
    page, rest = page_of(call, _entries(call, reader), key=lambda entry: entry[0])
    answer: dict[str, Any] = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    for _, member, make in page:
        answer[member].append(make())
    return {**answer, **rest}
