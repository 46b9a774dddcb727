"""How CloudTrail writes calls of S3: other names, and parameters as they are on the wire.

Source: S3 user guide, "Amazon S3 CloudTrail events" (names; which are data events) and the examples of "Example: ...
log file entries for Amazon S3": members have the names of their headers and query parameters, documents those of their
XML elements, flags of the query ("acl", "policy") are empty. A bucket policy is written out, as `bucketPolicy`.
Whether HeadBucket is a data event is a guess, as is that an element that may come often, and came once, is no list.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec

from garrison.trail.elements import HIDDEN, print_time

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

EVENT_NAMES = {
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "ListObjectsV2": "ListObjects",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""Operations that CloudTrail calls otherwise."""
_DATA = frozenset(
    {"DeleteObjects", "HeadBucket", "ListMultipartUploads", "ListObjectVersions", "ListObjects", "ListObjectsV2"}
)
_SECRET = ("customer-key", "x-amz-mfa")
"""In names of headers whose values nobody keeps: keys of customers, codes of devices."""

Write = Callable[[Any], Any]


def is_data(model: OperationModel) -> bool:
    """Whether it is a data event: what is done with objects."""
    return "{Key+}" in model.http.get("requestUri", "") or model.name in _DATA


def writer(model: OperationModel) -> Write | None:
    """A function from parsed parameters to `requestParameters`; None where there are none."""
    shape = model.input_shape
    if shape is None:
        return None
    flags = dict(parse_qsl(model.http["requestUri"].partition("?")[2], keep_blank_values=True))
    payload = shape.serialization.get("payload")
    members: dict[str, tuple[str, Write]] = {}
    for name, inner in shape.members.items():
        told = inner.serialization.get("name", name)
        if name == "Bucket":
            members[name] = ("bucketName", _plain)
        elif name == "Key":
            members[name] = ("key", _plain)
        elif name == "Policy":
            members[name] = ("bucketPolicy", _document)
        elif inner.type_name == "map" or told == "Content-Length":
            continue  # x-amz-meta-... is the user's own
        elif inner.serialization.get("location") in ("header", "querystring"):
            secret = any(word in told.lower() for word in _SECRET) and not told.lower().endswith("-md5")
            members[name] = (told, (lambda value: HIDDEN) if secret else _plain)
        elif name == payload and inner.type_name == "structure":
            members[name] = (told, _element(inner, {}))

    def write(params: Any) -> Any:
        out: dict[str, Any] = dict(flags)
        for name, value in params.items():
            member = members.get(name)
            if member is not None:
                out[member[0]] = member[1](value)
        return out

    return write


def _plain(value: Any) -> Any:
    return print_time(value) if isinstance(value, datetime) else value


def _document(value: Any) -> Any:
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, TypeError):
        return value


def _element(shape: Shape, seen: dict[str, Write]) -> Write:
    """Values as the XML document has them: by the names of its elements."""
    if shape.name in seen:
        return seen[shape.name]
    if shape.type_name != "structure":
        return _plain
    members: dict[str, tuple[str, str, Write]] = {}

    def structure(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        out: dict[str, Any] = {}
        for name, item in value.items():
            member = members.get(name)
            if member is None:
                continue
            told, listed, each = member
            if isinstance(item, list):
                some = [each(one) for one in item]
                item = some[0] if len(some) == 1 else some
                out[told] = {listed: item} if listed else item
            else:
                out[told] = each(item)
        return out

    seen[shape.name] = structure
    for name, inner in shape.members.items():  # type: ignore[attr-defined]
        told, listed, of = inner.serialization.get("name", name), "", inner
        if inner.type_name == "list":
            of = inner.member
            if not inner.serialization.get("flattened"):
                listed = of.serialization.get("name", "member")
        members[name] = (told, listed, _element(of, seen))
    return structure
