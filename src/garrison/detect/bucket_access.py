"""Whether a bucket is public, as findings say it: by its policy, its access list, and what blocks either.

The shape is that of `publicAccess` in GuardDuty's model. A policy is asked by the policy engine, as somebody without
credentials; an access list by the two groups S3 has for everybody (S3 user guide, "Access control list overview").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from garrison.detect.exposure import ANYWHERE
from garrison.policy.outsiders import UNNAMED, open_to
from garrison.policy.principal import Anonymous
from garrison.policy.request import PolicyType

EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
ACCOUNTS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_BLOCKS = ("IgnorePublicAcls", "RestrictPublicBuckets", "BlockPublicAcls", "BlockPublicPolicy")
_READS = (("s3:GetObject", f"/{UNNAMED}"), ("s3:ListBucket", ""))
_WRITES = (("s3:PutObject", f"/{UNNAMED}"), ("s3:DeleteObject", f"/{UNNAMED}"))


def bucket_access(
    name: str, policy: str | None, block: Iterable[str], groups: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """The settings of its public access block by name (`restrictPublicBuckets`), and `publicAccess`. `block` are those
    that are on, `groups` the (URI, permission) its access list grants."""
    on = {one[:1].lower() + one[1:]: one in set(block) for one in _BLOCKS}
    granted = {permission for uri, permission in groups if uri in (EVERYBODY, ACCOUNTS)}
    by_acl = _two(bool(granted & {"READ", "FULL_CONTROL"}), bool(granted & {"WRITE", "FULL_CONTROL"}))
    by_policy = _two(_any(policy, name, _READS), _any(policy, name, _WRITES))
    public = any(by_acl.values()) and not on["ignorePublicAcls"]
    public = public or (any(by_policy.values()) and not on["restrictPublicBuckets"])
    told = {"accessControlList": by_acl, "bucketPolicy": by_policy, "blockPublicAccess": on}
    access = {
        "permissionConfiguration": {"bucketLevelPermissions": told},
        "effectivePermission": "PUBLIC" if public else "NOT_PUBLIC",
    }
    return {**on, "publicAccess": access}


def _two(reads: bool, writes: bool) -> dict[str, bool]:
    return {"allowsPublicReadAccess": reads, "allowsPublicWriteAccess": writes}


def _any(policy: str | None, name: str, asked: Iterable[tuple[str, str]]) -> bool:
    if policy is None:
        return False
    arn = f"arn:aws:s3:::{name}"
    return any(
        open_to(policy, PolicyType.RESOURCE, action, Anonymous(), arn + rest, "", ANYWHERE) for action, rest in asked
    )
