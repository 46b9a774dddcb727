"""Custom detection rules over S3: objects that expire within days, keys of the caller's own.

Logic: specification 2, table of custom detection rules. A rule that expires current objects of the whole bucket, or
of its logs, within a week destroys data; one for a prefix of temporary files, for old versions or unfinished uploads
does not. Since S3 blocks SSE-C where a bucket says nothing, the encryption configuration tells whether it is let in
(`BlockedEncryptionTypes`; S3 API reference, "ServerSideEncryptionRule").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import items, text
from garrison.detect.registry import on_event
from garrison.detect.saying import bucket_details, of_rule

KEYS = "DefenseImpairment:S3/DisableOrModifyTools"
EXPIRY = "Impact:S3/DataDestruction"
DAYS = 7
"""At most so many: `s3.expiration_days` in the settings."""


@on_event(ApiCall, KEYS, names=("PutBucketEncryption",))
def caller_keys(call: ApiCall, context: Context) -> Iterable[Detection]:
    config = call.params.get("ServerSideEncryptionConfiguration")
    bucket = text(call.params.get("bucketName"))
    if call.source != "s3" or call.error or not isinstance(config, dict):
        return ()
    for rule in items(config.get("Rule") or config.get("Rules")):
        blocked = rule.get("BlockedEncryptionTypes") if isinstance(rule, dict) else None
        if isinstance(blocked, dict) and "SSE-C" not in items(blocked.get("EncryptionType")):
            return (
                of_rule(
                    "S3CustomerProvidedKeysEnabled", call, context, resource=bucket, details=bucket_details(bucket)
                ),
            )
    return ()


@on_event(ApiCall, EXPIRY, names=("PutBucketLifecycle", "PutBucketLifecycleConfiguration"))
def expiry(call: ApiCall, context: Context) -> Iterable[Detection]:
    config = call.params.get("LifecycleConfiguration")
    bucket = text(call.params.get("bucketName"))
    if call.source != "s3" or call.error or not isinstance(config, dict):
        return ()
    most = context.settings.get("s3.expiration_days", DAYS)
    rules = items(config.get("Rule") or config.get("Rules"))
    if not any(isinstance(rule, dict) and _destroys(rule, most) for rule in rules):
        return ()
    return (of_rule("S3LifecycleRapidExpiration", call, context, resource=bucket, details=bucket_details(bucket)),)


def _destroys(rule: dict[str, Any], most: float) -> bool:
    if rule.get("Status", "Enabled") != "Enabled":
        return False
    expiration = rule.get("Expiration")
    try:
        days = float(expiration["Days"]) if isinstance(expiration, dict) else None
    except (KeyError, TypeError, ValueError):
        return False
    return days is not None and days <= most and _wide(rule)


def _wide(rule: dict[str, Any]) -> bool:
    """Whether it covers the bucket, or what CloudTrail and others write to it (`AWSLogs/`)."""
    given = rule.get("Filter")
    if isinstance(given, dict) and set(given) - {"Prefix", "xmlns"}:
        return False
    prefix = text(rule.get("Prefix")) or text(given.get("Prefix") if isinstance(given, dict) else "")
    return prefix.strip("/*") == "" or "AWSLogs" in prefix or "cloudtrail" in prefix.lower()
