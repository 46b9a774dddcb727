"""Which operation a record is of, and its parameters as the operation's model spells them.

CloudTrail writes members with a small first letter, and a few services differently from their models; what is not
found here stays unknown, and is told so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from garrison.aws import models
from garrison.aws.reference import Unmapped
from garrison.aws.reference.resolve import plan
from garrison.aws.service_index import index

if TYPE_CHECKING:
    from botocore.model import Shape, StructureShape

_DATED = re.compile(r"\d{4}_?\d{2}_?\d{2}(v\d+)?$")
"""`CreateFunction20150331v2`, `CreateDistribution2020_05_31`. Source: the event names in Lambda's and CloudFront's
CloudTrail guides."""

_OTHER_NAMES = {
    # Source: S3 user guide, "Amazon S3 CloudTrail events".
    ("s3", "PutBucketPublicAccessBlock"): "PutPublicAccessBlock",
    ("s3", "GetBucketPublicAccessBlock"): "GetPublicAccessBlock",
    ("s3", "DeleteBucketPublicAccessBlock"): "DeletePublicAccessBlock",
    ("s3", "GetBucketObjectLockConfiguration"): "GetObjectLockConfiguration",
    ("s3", "PutBucketObjectLockConfiguration"): "PutObjectLockConfiguration",
    ("s3", "GetAccelerateConfiguration"): "GetBucketAccelerateConfiguration",
    ("s3", "PutAccelerateConfiguration"): "PutBucketAccelerateConfiguration",
    ("lambda", "Invoke"): "Invoke",
}
_OTHER_MEMBERS = {"s3": {"bucketname": "Bucket"}}

Reader = Callable[[Any], Any]


class Operation:
    """One operation as records name it."""

    __slots__ = ("actions", "name", "params", "service", "told", "why")

    def __init__(self, service: str, name: str) -> None:
        self.service = service
        """botocore's name."""
        self.name = name
        self.why: str | None = None
        """Why its meaning is not known; None where it is."""
        self.actions: tuple[str, ...] = ()
        """Every action it may ask for."""
        self.told: frozenset[str] = frozenset()
        """Condition keys (the part before a placeholder) that come from its parameters."""
        self.params: Reader = _as_is
        """From `requestParameters` to the model's parameters."""
        try:
            compiled = plan(service, name)
        except Unmapped as e:
            self.why = str(e)
            return
        more = ("sts:TagSession", "sts:SetSourceIdentity") if name == "AssumeRole" else ()
        self.actions = tuple(dict.fromkeys([*(check.action for check in compiled.checks), *more]))
        self.told = frozenset(
            key for check in compiled.checks for key in (*(e.key for e in check.extractors), *check.fixed)
        )
        shape = models.service(service).operation_model(name).input_shape
        if shape is not None:
            self.params = _structure(shape, {}, _OTHER_MEMBERS.get(service, {}), ec2=service == "ec2")


@lru_cache(maxsize=16384)
def operation_of(source: str, name: str, version: str | None = None) -> Operation | None:
    """The operation a record names, or None."""
    host = source.removesuffix(".amazonaws.com")
    known = index()
    plain = _OTHER_NAMES.get((host, name)) or name
    candidates = [*known.by_signing_name.get(host, ()), *known.by_endpoint_prefix.get(host, ())]
    if version is not None:
        candidates.sort(key=lambda entry: entry.version != version)
    for spelled in dict.fromkeys((plain, _DATED.sub("", plain))):
        for entry in candidates:
            if spelled in entry.names:
                return Operation(entry.name, spelled)
    return None


def _as_is(value: Any) -> Any:
    return value


def _structure(shape: StructureShape, seen: dict[str, Reader], other: dict[str, str], *, ec2: bool = False) -> Reader:
    if shape.name in seen:
        return seen[shape.name]
    members: dict[str, tuple[str, Reader]] = {}
    items: dict[str, str] = {}

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        out: dict[str, Any] = {}
        for name, item in value.items():
            member = members.get(name.lower())
            if member is not None:
                out[member[0]] = member[1](item)
            elif ec2 and isinstance(item, dict) and isinstance(item.get("items"), list):
                # EC2 prints lists as `instancesSet: {items: [{instanceId: ...}]}`.
                for one in item["items"]:
                    for key, inner in one.items() if isinstance(one, dict) else ():
                        listed = items.get(key.lower())
                        if listed is not None:
                            out.setdefault(listed, []).append(inner)
        return out

    seen[shape.name] = read
    for name, inner in shape.members.items():
        found = (name, _reader(inner, seen))
        wire = inner.serialization.get("name")
        if wire and inner.serialization.get("location") in ("header", "querystring", "uri"):
            members.setdefault(wire.lower(), found)
        if ec2 and inner.type_name == "list":
            items[name.lower().removesuffix("s")] = name
    members |= {name.lower(): (name, _reader(inner, seen)) for name, inner in shape.members.items()}
    members |= {alias: members[name.lower()] for alias, name in other.items() if name.lower() in members}
    return read


def _items(value: Any) -> Any:
    """A list, also as EC2 prints it: `{items: [...]}`."""
    return value["items"] if isinstance(value, dict) and isinstance(value.get("items"), list) else value


def _reader(shape: Shape, seen: dict[str, Reader]) -> Reader:
    if shape.type_name == "structure":
        return _structure(shape, seen, {})  # type: ignore[arg-type]
    if shape.type_name == "list":
        each = _reader(shape.member, seen)  # type: ignore[attr-defined]
        if each is _as_is:
            return _as_is
        return lambda value: [each(item) for item in listed] if isinstance(listed := _items(value), list) else value
    if shape.type_name == "map":
        of = _reader(shape.value, seen)  # type: ignore[attr-defined]
        if of is _as_is:
            return _as_is
        return lambda value: {k: of(item) for k, item in value.items()} if isinstance(value, dict) else value
    return _as_is
