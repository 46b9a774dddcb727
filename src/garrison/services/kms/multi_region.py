"""ReplicateKey, UpdatePrimaryRegion, and what the keys of a set share.

All Regions are in one database, so that what AWS synchronizes within seconds is one transaction here. Shared by a set:
key id, material, spec, usage, origin, rotation; its own to each key: policy, tags, aliases, description, grants, state.
Source: KMS developer guide, "Multi-Region keys in AWS KMS".
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.aws.partitions import partition_of
from garrison.keys.material import Key as EngineKey
from garrison.keys.material import Place
from garrison.services.kms import key_policy, quotas, rows, service_events
from garrison.services.kms.answers import kms_operation
from garrison.services.kms.domains import current_domain, domain_of
from garrison.services.kms.errors import error, limit_exceeded, validation
from garrison.services.kms.located import EPOCH, arn_of, key_context, key_named
from garrison.services.kms.metadata import metadata
from garrison.services.kms.resources import KEY, MATERIALS, Key, Material, row_id
from garrison.services.kms.states import CREATING, UPDATING, require_state
from garrison.services.kms.tags import given, shown
from garrison.store import AlreadyExists, Reader, Resource, Transaction

_SETTLING = "KmsTransientSeconds"
"""By this name the operator says how long a key stays `Creating` or `Updating`. AWS takes seconds; here it is none."""


def is_primary(row: Resource[Key]) -> bool:
    """Whether a key is a multi-Region primary key."""
    return row.body.multi_region and row.body.primary == row.region


def require_primary(row: Resource[Key], arn: str) -> None:
    """Raise `UnsupportedOperationException` for every other key."""
    if not is_primary(row):
        raise error("UnsupportedOperation", f"{arn} is not a multi-region primary key.")


def others(reader: Reader, row: Resource[Key]) -> list[Resource[Key]]:
    """The other keys of a key's set."""
    found = [
        reader.get(KEY, row.account, row.name, region=region) for region in row.body.regions if region != row.region
    ]
    return [other for other in found if other is not None]


def moved(
    runtime: Runtime, tx: Transaction, row: Resource[Key], material: Material, region: str, now: float
) -> Material:
    """One of a key's materials, sealed for the key of its set in another Region."""
    body = row.body
    assert material.sealed is not None
    place = Place(row.account, row.region, row.name, body.spec, body.usage, body.origin)
    key = EngineKey(place, material.sealed, domain_of(runtime, tx, material.sealed.domain))
    there = msgspec.structs.replace(place, region=region)
    sealed = runtime.keys.move(key, there, current_domain(runtime, tx, row.account, region, now))
    tx.set_lookup(MATERIALS, f"{region}/{material.id}", row_id(region, row.name))
    return msgspec.structs.replace(material, sealed=sealed)


def _settled(runtime: Runtime, now: float) -> float:
    return now + runtime.quotas.get(_SETTLING, 0)


@kms_operation("ReplicateKey", access="write")
def replicate_key(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    region = params["ReplicaRegion"]
    row = key_named(call, tx, params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    require_primary(row, arn)
    require_state(call, tx, row, arn)
    if partition_of(region) != call.partition:
        raise validation(f"{region} is not a Region of the partition {call.partition}.")  # the text is a guess
    there = f"arn:{call.partition}:kms:{region}:{row.account}:key/{row.name}"
    if region in row.body.regions:
        raise error("AlreadyExists", f"Key {there} already exists")  # the text is a guess
    tags = given(call)
    if tx.count(KEY, row.account, region=region) >= quotas.keys(call.runtime):
        raise limit_exceeded("You have exceeded the number of keys allowed.")  # the text is a guess
    text = params.get("Policy") or key_policy.default(call.partition, call.account)
    policy = key_policy.accepted(call, tx, text)
    own = row.body
    regions = (*own.regions, region)
    materials = []
    for material in own.materials:
        if own.origin == "EXTERNAL":
            materials.append(msgspec.structs.replace(material, sealed=None, valid_to=None))
        else:
            materials.append(moved(call.runtime, tx, row, material, region, call.now))
    body = Key(
        spec=own.spec,
        usage=own.usage,
        policy=policy,
        origin=own.origin,
        description=params.get("Description", ""),
        tags=tags,
        materials=tuple(materials),
        multi_region=True,
        primary=own.primary,
        regions=regions,
        rotation_period=own.rotation_period,
        rotates=own.rotates,
        on_demand=own.on_demand,
        transient=CREATING,
        settled=_settled(call.runtime, call.now),
    )
    for other in others(tx, row):
        rows.update(call.runtime, tx, other, msgspec.structs.replace(other.body, regions=regions))
    rows.update(call.runtime, tx, row, msgspec.structs.replace(own, regions=regions))
    try:
        made = rows.insert(
            call.runtime, tx, KEY, row.account, row.name, body,
            id=row_id(region, row.name), region=region, created=call.now,
        )  # fmt: skip
    except AlreadyExists:
        raise error("AlreadyExists", f"Key {there} already exists") from None
    if "Policy" in params:
        key_policy.refuse_lock_out(call, tx, policy, there, key_context(body, made), tags)
    service_events.record(call.runtime, tx, "CreateKey", made, call.now)
    service_events.record(call.runtime, tx, "SynchronizeMultiRegionKey", made, call.now)
    return {
        # It is `Creating` in the answer even where it is ready at once: so AWS says, and so clients expect it.
        "ReplicaKeyMetadata": metadata(tx, made, call.partition, call.now, KeyState=CREATING, Enabled=False),
        "ReplicaPolicy": key_policy.shown(call, tx, policy),
        "ReplicaTags": shown(tags),
    }


@kms_operation("UpdatePrimaryRegion", access="write")
def update_primary_region(call: Call, tx: Transaction) -> None:
    region = call.params["PrimaryRegion"]
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    require_primary(row, arn)
    require_state(call, tx, row, arn)
    replica = next((other for other in others(tx, row) if other.region == region), None)
    if replica is None:
        raise error("NotFound", f"Key 'arn:{call.partition}:kms:{region}:{row.account}:key/{row.name}' does not exist")
    require_state(call, tx, replica, arn_of(replica, call.partition))
    settled = _settled(call.runtime, call.now)
    for one in (row, *others(tx, row)):
        changed = msgspec.structs.replace(one.body, primary=region)
        if one.region in (row.region, region):
            changed = msgspec.structs.replace(changed, transient=UPDATING, settled=settled)
        rows.update(call.runtime, tx, one, changed)
        service_events.record(call.runtime, tx, "SynchronizeMultiRegionKey", one, call.now)
    tx.bump(EPOCH, row.account)


def left(runtime: Runtime, tx: Transaction, gone: Resource[Key]) -> Resource[Key] | None:
    """A key of a set has been deleted; the primary key as it is now, if it is still there."""
    primary = None
    for other in others(tx, gone):
        regions = tuple(region for region in other.body.regions if region != gone.region)
        changed = rows.update(runtime, tx, other, msgspec.structs.replace(other.body, regions=regions))
        if is_primary(changed):
            primary = changed
    return primary
