"""Instance profiles: the container through which an EC2 instance gets a role."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.aws.ids import unique_id
from garrison.services.iam import owners, quotas, tags
from garrison.services.iam.errors import must_first, over_quota
from garrison.services.iam.owners import ROLES
from garrison.services.iam.paging import page, page_of, under
from garrison.services.iam.resources import INSTANCE_PROFILE, PROFILE_ROLE, ROLE, InstanceProfile
from garrison.services.iam.roles import shown_role
from garrison.services.operation import Output, operation
from garrison.store import AlreadyExists, Reader, Resource, Transaction


def _named(reader: Reader, call: Call) -> Resource[InstanceProfile]:
    name = call.params["InstanceProfileName"]
    row = reader.get(INSTANCE_PROFILE, call.account, name)
    if row is None:
        raise AwsError("NoSuchEntity", f"Instance Profile {name} cannot be found.")
    return row


def shown_profile(reader: Reader, partition: str, row: Resource[InstanceProfile]) -> dict[str, Any]:
    """An instance profile with its role, as lists show it: without tags."""
    roles = (reader.by_id(ROLE, link.target) for link in reader.targets(PROFILE_ROLE, row.id))
    return {
        "Path": row.body.path,
        "InstanceProfileName": row.name,
        "InstanceProfileId": row.id,
        "Arn": owners.entity_arn(partition, row.account, "instance-profile", row.body.path, row.name),
        "CreateDate": row.created,
        "Roles": [shown_role(reader, partition, role) for role in roles if role is not None],
    }


def profiles_of(reader: Reader, partition: str, role_id: str) -> list[dict[str, Any]]:
    """The instance profiles that hold a role, by name."""
    rows = (reader.by_id(INSTANCE_PROFILE, link.source) for link in reader.sources(PROFILE_ROLE, role_id))
    found = sorted((row for row in rows if row is not None), key=lambda row: row.name.lower())
    return [shown_profile(reader, partition, row) for row in found]


@operation("iam", "CreateInstanceProfile", access="write")
def create_instance_profile(call: Call, tx: Transaction) -> Output:
    params = call.params
    name = params["InstanceProfileName"]
    given = tags.given(call)
    quota = quotas.adjusted(call.runtime, "InstanceProfilesPerAccount", quotas.INSTANCE_PROFILES)
    if tx.count(INSTANCE_PROFILE, call.account) >= quota:
        raise over_quota("InstanceProfilesPerAccount", quota)
    body = InstanceProfile(path=params.get("Path", "/"), tags=given)
    try:
        row = tx.insert(INSTANCE_PROFILE, call.account, name, body, id=unique_id("AIPA"), created=call.now)
    except AlreadyExists:
        raise AwsError("EntityAlreadyExists", f"Instance Profile {name} already exists.") from None
    answer = shown_profile(tx, call.partition, row)
    if given:
        answer["Tags"] = tags.shown(given)
    return {"InstanceProfile": answer}


@operation("iam", "GetInstanceProfile", access="read")
def get_instance_profile(call: Call, reader: Reader) -> Output:
    row = _named(reader, call)
    answer = shown_profile(reader, call.partition, row)
    answer["Tags"] = tags.shown(row.body.tags)
    return {"InstanceProfile": answer}


@operation("iam", "ListInstanceProfiles", access="read")
def list_instance_profiles(call: Call, reader: Reader) -> Output:
    rows, rest = page(call, reader, INSTANCE_PROFILE, keep=under(call.params.get("PathPrefix")))
    return {"InstanceProfiles": [shown_profile(reader, call.partition, row) for row in rows], **rest}


@operation("iam", "ListInstanceProfilesForRole", access="read")
def list_instance_profiles_for_role(call: Call, reader: Reader) -> Output:
    role = owners.named(reader, ROLES, call)
    profiles = profiles_of(reader, call.partition, role.id)
    shown, rest = page_of(call, profiles, key=lambda profile: str(profile["InstanceProfileName"]).lower())
    return {"InstanceProfiles": shown, **rest}


@operation("iam", "DeleteInstanceProfile", access="write")
def delete_instance_profile(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    if tx.targets(PROFILE_ROLE, row.id):
        raise must_first("remove roles from instance profile")
    tx.delete(row)


@operation("iam", "AddRoleToInstanceProfile", access="write")
def add_role_to_instance_profile(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    role = owners.modifiable(owners.named(tx, ROLES, call))
    # Even the same role again: a profile holds one role, and AWS counts before it compares.
    if tx.targets(PROFILE_ROLE, row.id):
        raise over_quota("InstanceSessionsPerInstanceProfile", 1)
    tx.link(PROFILE_ROLE, call.account, row.id, role.id)


@operation("iam", "RemoveRoleFromInstanceProfile", access="write")
def remove_role_from_instance_profile(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    role = owners.modifiable(owners.named(tx, ROLES, call))
    if not tx.unlink(PROFILE_ROLE, row.id, role.id):
        # A guess at the text; the code is documented.
        raise AwsError("NoSuchEntity", f"The role with name {role.name} cannot be found.")


@operation("iam", "TagInstanceProfile", access="write")
def tag_instance_profile(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    tx.update(
        row,
        msgspec.structs.replace(
            row.body, tags=tags.merged(row.body.tags, tags.given(call), quota="TagsPerInstanceProfile")
        ),
    )


@operation("iam", "UntagInstanceProfile", access="write")
def untag_instance_profile(call: Call, tx: Transaction) -> None:
    row = _named(tx, call)
    tx.update(row, msgspec.structs.replace(row.body, tags=tags.without(row.body.tags, call.params["TagKeys"])))


@operation("iam", "ListInstanceProfileTags", access="read")
def list_instance_profile_tags(call: Call, reader: Reader) -> Output:
    return tags.listed(call, _named(reader, call).body.tags)
