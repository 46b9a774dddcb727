"""Tags of roots, units, accounts, policies and the resource policy. Keys are unique with their case.

Source: Organizations user guide, "Tagging AWS Organizations resources".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.organizations import aws_policies, quotas, tree
from garrison.services.organizations.attached import bump
from garrison.services.organizations.errors import constraint, invalid, target_not_found
from garrison.services.organizations.paging import page
from garrison.services.organizations.resources import POLICY, Organization
from garrison.services.organizations.standing import policy_editor, viewer
from garrison.store import Reader, Resource, Transaction

Keep = Callable[[Transaction, dict[str, str]], None]


def given(call: Call) -> dict[str, str]:
    """The tags of the call's `Tags`. Raises `InvalidInputException` for keys given twice or reserved."""
    tags: dict[str, str] = {}
    for tag in call.params.get("Tags") or ():
        if tag["Key"] in tags:
            raise invalid("DUPLICATE_TAG_KEY", "You specified a tag key more than once.")
        _check_key(tag["Key"])
        tags[tag["Key"]] = tag["Value"]
    return _within_quota(tags)


def shown(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as answers carry them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _check_key(key: str) -> None:
    if key.lower().startswith("aws:"):
        raise invalid("INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that is a system tag.")


def _within_quota(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > quotas.TAGS:
        raise constraint("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource.")
    return tags


def _of(reader: Reader, org: Resource[Organization], id: str) -> tuple[dict[str, str], Keep]:
    """The tags of a resource, and what keeps others in their place. Raises `TargetNotFoundException`."""
    if id == org.body.root_id:
        return org.body.root_tags, _keeper(org, "root_tags")
    own = org.body.resource_policy
    if own is not None and id == own.id:
        kept = own

        def keep(tx: Transaction, tags: dict[str, str]) -> None:
            policy = msgspec.structs.replace(kept, tags=tags)
            tx.update(org, msgspec.structs.replace(org.body, resource_policy=policy))

        return own.tags, keep
    rows: list[Resource[Any] | None] = [tree.unit(reader, org, id), tree.member(reader, org, id)]
    policy = reader.by_id(POLICY, id)
    rows.append(policy if policy is not None and policy.account == org.account else None)
    for row in rows:
        if row is not None:
            return row.body.tags, _keeper(row, "tags")
    if aws_policies.find(id) is not None:
        raise invalid("TARGET_NOT_SUPPORTED", "You can't perform the specified operation on that target entity.")
    raise target_not_found()


def _keeper(row: Resource[Any], member: str) -> Keep:
    def keep(tx: Transaction, tags: dict[str, str]) -> None:
        tx.update(row, msgspec.structs.replace(row.body, **{member: tags}))

    return keep


@operation("organizations", "TagResource", access="write")
def tag_resource(call: Call, tx: Transaction) -> None:
    org = policy_editor(call, tx)
    old, keep = _of(tx, org, call.params["ResourceId"])
    keep(tx, _within_quota({**old, **given(call)}))
    bump(tx)


@operation("organizations", "UntagResource", access="write")
def untag_resource(call: Call, tx: Transaction) -> None:
    org = policy_editor(call, tx)
    old, keep = _of(tx, org, call.params["ResourceId"])
    for key in call.params["TagKeys"]:
        _check_key(key)
    keep(tx, {key: value for key, value in old.items() if key not in call.params["TagKeys"]})
    bump(tx)


@operation("organizations", "ListTagsForResource", access="read")
def list_tags_for_resource(call: Call, reader: Reader) -> dict[str, Any]:
    org = viewer(call, reader)
    tags, _ = _of(reader, org, call.params["ResourceId"])
    numbered, rest = page(call, enumerate(shown(tags)), key=lambda entry: f"{entry[0]:03d}")
    return {"Tags": [tag for _, tag in numbered], **rest}
