"""Which resources an event is about, as `LookupEvents` lists them and finds events by.

CloudTrail does not document its derivation; this one takes the names AWS's own examples show: what the request names,
and what the response says was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_NAMED = {
    "iam.amazonaws.com": {
        "userName": "AWS::IAM::User",
        "groupName": "AWS::IAM::Group",
        "roleName": "AWS::IAM::Role",
        "instanceProfileName": "AWS::IAM::InstanceProfile",
        "policyArn": "AWS::IAM::Policy",
        "policyName": "AWS::IAM::Policy",
        "accessKeyId": "AWS::IAM::AccessKey",
        "serialNumber": "AWS::IAM::MfaDevice",
    },
    "sts.amazonaws.com": {
        "roleArn": "AWS::IAM::Role",
        "roleSessionName": "AWS::STS::AssumedRole",
    },
    "kms.amazonaws.com": {"keyId": "AWS::KMS::Key"},
    "s3.amazonaws.com": {"bucketName": "AWS::S3::Bucket"},
}

_MADE = {
    "iam.amazonaws.com": {
        ("user", "arn"): "AWS::IAM::User",
        ("user", "userId"): "AWS::IAM::User",
        ("group", "arn"): "AWS::IAM::Group",
        ("group", "groupId"): "AWS::IAM::Group",
        ("role", "arn"): "AWS::IAM::Role",
        ("role", "roleId"): "AWS::IAM::Role",
        ("policy", "arn"): "AWS::IAM::Policy",
        ("policy", "policyId"): "AWS::IAM::Policy",
        ("instanceProfile", "arn"): "AWS::IAM::InstanceProfile",
        ("accessKey", "accessKeyId"): "AWS::IAM::AccessKey",
        ("virtualMFADevice", "serialNumber"): "AWS::IAM::MfaDevice",
    },
    "sts.amazonaws.com": {
        ("credentials", "accessKeyId"): "AWS::IAM::AccessKey",
        ("assumedRoleUser", "assumedRoleId"): "AWS::STS::AssumedRole",
        ("assumedRoleUser", "arn"): "AWS::STS::AssumedRole",
    },
}


_KMS, _S3 = "kms.amazonaws.com", "s3.amazonaws.com"


def named_resources(source: str, request: Any, response: Any, decided: Sequence[str] = ()) -> list[tuple[str, str]]:
    """(type, name) pairs of the resources that an event's two elements name, and of those it was decided about."""
    found: list[tuple[str, str]] = []
    if source == _KMS:
        found += [("AWS::KMS::Key", arn) for arn in _keys(decided)]
    named = _NAMED.get(source)
    if named is not None and isinstance(request, dict):
        for name, value in request.items():
            if name in named and isinstance(value, str) and (named[name], value) not in found:
                found.append((named[name], value))
    made = _MADE.get(source)
    if made is not None and isinstance(response, dict):
        for (outer, inner), type_ in made.items():
            part = response.get(outer)
            value = part.get(inner) if isinstance(part, dict) else None
            if isinstance(value, str) and (type_, value) not in found:
                found.append((type_, value))
    return found


def _keys(decided: Sequence[str]) -> list[str]:
    """The keys among the resources a call was decided about, in their order, each once."""
    return [arn for arn in dict.fromkeys(decided) if ":key/" in arn and not arn.endswith("*")]


def record_resources(
    source: str, request: Any, decided: Sequence[str] = (), owner: str = "", partition: str = "aws"
) -> list[dict[str, str]]:
    """The record's own `resources` element: ARNs with their owners, which STS, KMS and S3 give.

    A KMS key may be named by its id, an alias or a ciphertext: its ARN is that of `decided`, the resources that the
    call was allowed to act on. `owner` is the account that a bucket without one in its ARN belongs to.
    """
    if source == _KMS:
        return [{"accountId": arn.split(":", 5)[4], "type": "AWS::KMS::Key", "ARN": arn} for arn in _keys(decided)]
    if not isinstance(request, dict):
        return []
    if source == _S3:
        return _bucket(request, owner, f"arn:{partition}:s3:::")
    named = _NAMED.get(source, {})
    for name in ("roleArn", "keyId"):
        arn = request.get(name)
        if isinstance(arn, str) and name in named and arn.count(":") >= 5:
            return [{"accountId": arn.split(":", 5)[4], "type": named[name], "ARN": arn}]
    return []


def _bucket(request: dict[str, Any], owner: str, prefix: str) -> list[dict[str, str]]:
    """A bucket, after the object in it that is meant."""
    bucket, key = request.get("bucketName"), request.get("key")
    if not isinstance(bucket, str) or bucket.startswith("arn:"):
        return []
    found = [{"accountId": owner, "type": "AWS::S3::Bucket", "ARN": prefix + bucket}]
    if isinstance(key, str):
        found.insert(0, {"type": "AWS::S3::Object", "ARN": f"{prefix}{bucket}/{key}"})
    return found
