"""What a finding is about, in a few words."""

from __future__ import annotations

from typing import Any

_NAMED = (
    ("accessKeyDetails", ("userName", "principalId", "accessKeyId")),
    ("instanceDetails", ("instanceId",)),
    ("eksClusterDetails", ("name",)),
    ("rdsDbInstanceDetails", ("dbInstanceIdentifier",)),
    ("lambdaDetails", ("functionName",)),
)


def subject(finding: dict[str, Any]) -> str:
    """The bucket, instance, user, cluster ... it names; its kind of resource where it names none."""
    resource: dict[str, Any] = finding.get("resource") or {}
    kind = str(resource.get("resourceType") or "resource")
    for bucket in resource.get("s3BucketDetails") or ():
        if bucket.get("name"):
            return f"{kind} {bucket['name']}"
    for details, names in _NAMED:
        told = resource.get(details) or {}
        for name in names:
            if told.get(name):
                return f"{kind} {told[name]}"
    return kind
