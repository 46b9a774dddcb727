"""Buckets that are opened: to everybody, to every AWS account, to other accounts; and Block Public Access turned off.

Logic: specification 2, `Policy:S3/*` and `S3BucketPolicyExternalAccess`. A bucket policy is judged by the policy
engine (`detect.exposure`); an access list by the two groups S3 has for everybody (S3 user guide, "Access control list
overview"). Where the bucket is known to restrict public buckets, its policy makes nobody else's; where the policy
before was as open, no access was granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from garrison.detect.bucket_access import ACCOUNTS, EVERYBODY
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.exposure import Exposure, exposure
from garrison.detect.parameters import items, text, truth
from garrison.detect.registry import on_event
from garrison.detect.saying import bucket_details, of_call, of_rule

ANONYMOUS = "Policy:S3/BucketAnonymousAccessGranted"
PUBLIC = "Policy:S3/BucketPublicAccessGranted"
ACCOUNT_BLOCK = "Policy:S3/AccountBlockPublicAccessDisabled"
BUCKET_BLOCK = "Policy:S3/BucketBlockPublicAccessDisabled"
EXTERNAL = "Exfiltration:S3/TransferDataToCloudAccount"

_CANNED = {"public-read": EVERYBODY, "public-read-write": EVERYBODY, "authenticated-read": ACCOUNTS}
_GRANT_HEADERS = ("x-amz-grant-read", "x-amz-grant-write", "x-amz-grant-read-acp", "x-amz-grant-write-acp",
                  "x-amz-grant-full-control")  # fmt: skip
_LOG_DELIVERY = frozenset(
    {
        "127311923021", "033677994240", "027434742980", "797873946194", "098369216593", "754344448648",
        "589379963580", "718504428378", "383597477331", "600734575887", "114774131450", "783225319266",
        "582318560864", "985666609251", "054676820928", "156460612806", "652711504416", "635631232127",
        "009996457667", "897822967062", "076674570225", "507241528517",
    }
)  # fmt: skip
"""Accounts from which Elastic Load Balancing delivers access logs (its user guide, "Enable access logs"): they put
objects, and that alone is nobody else's access."""


@on_event(ApiCall, ANONYMOUS, PUBLIC, EXTERNAL, names=("PutBucketPolicy",))
def bucket_policy(call: ApiCall, context: Context) -> Iterable[Detection]:
    bucket = text(call.params.get("bucketName"))
    if call.source != "s3" or call.error or not bucket:
        return
    if context.known("bucket", bucket).get("restrictPublicBuckets"):
        return
    arn = f"arn:aws:s3:::{bucket}"
    policy = call.params.get("bucketPolicy") or call.params.get("policy")
    found = exposure(policy, "s3", arn, call.account, context.own_account)
    if (found.anonymous or found.everyone) and not _as_before(found, call, context, bucket):
        yield _opened(ANONYMOUS if found.anonymous else PUBLIC, call, context, bucket)
    accounts = [a for a, may in found.accounts.items() if a not in _LOG_DELIVERY or may - {"s3:PutObject"}]
    if accounts:
        yield of_rule(
            "S3BucketPolicyExternalAccess", call, context, resource=bucket, details=bucket_details(bucket),
            additional={"accounts": accounts},
        )  # fmt: skip


@on_event(ApiCall, ANONYMOUS, PUBLIC, names=("PutBucketAcl", "CreateBucket"))
def bucket_acl(call: ApiCall, context: Context) -> Iterable[Detection]:
    bucket = text(call.params.get("bucketName"))
    if call.source != "s3" or call.error or not bucket:
        return
    groups = set(_grantees(call.params))
    known = context.known("bucket", bucket)
    if known.get("ignorePublicAcls"):
        return
    if EVERYBODY in groups:
        yield _opened(ANONYMOUS, call, context, bucket)
    elif ACCOUNTS in groups:
        yield _opened(PUBLIC, call, context, bucket)


def _as_before(found: Exposure, call: ApiCall, context: Context, bucket: str) -> bool:
    """Whether the policy that this one replaces is known to have let in as many: then nothing was granted."""
    policy = context.known("bucket", bucket, before=call.id).get("policy")
    if policy is None:
        return False
    before = exposure(policy, "s3", f"arn:aws:s3:::{bucket}", call.account, context.own_account)
    return before.anonymous >= found.anonymous and before.everyone >= found.everyone


def _opened(type: str, call: ApiCall, context: Context, bucket: str) -> Detection:
    details = bucket_details(bucket, "PUBLIC", context.known("bucket", bucket))
    return of_call(type, call, context, (bucket,), resource=bucket, details=details)


def _grantees(params: dict[str, Any]) -> Iterator[str]:
    """URIs of groups that an access list grants anything, canned or written out."""
    for canned in items(params.get("x-amz-acl")):
        yield _CANNED.get(text(canned), "")
    for header in _GRANT_HEADERS:
        for value in items(params.get(header)):
            yield from (uri for uri in (EVERYBODY, ACCOUNTS) if uri in text(value))
    acl = params.get("AccessControlPolicy")
    grants = acl.get("AccessControlList", {}) if isinstance(acl, dict) else {}
    for grant in items(grants.get("Grant")) if isinstance(grants, dict) else ():
        grantee = grant.get("Grantee") if isinstance(grant, dict) else None
        if isinstance(grantee, dict):
            yield text(grantee.get("URI"))


@on_event(ApiCall, BUCKET_BLOCK, names=("PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock"))
def bucket_block(call: ApiCall, context: Context) -> Iterable[Detection]:
    bucket = text(call.params.get("bucketName"))
    if call.source != "s3" or call.error or not bucket or not _unblocks(call):
        return ()
    details = bucket_details(bucket, known=context.known("bucket", bucket))
    return (of_call(BUCKET_BLOCK, call, context, (bucket,), resource=bucket, details=details),)


@on_event(ApiCall, ACCOUNT_BLOCK, names=("PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock"))
def account_block(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source not in ("s3", "s3control") or call.error or not _unblocks(call):
        return ()
    return (of_call(ACCOUNT_BLOCK, call, context, (call.account,)),)


def _unblocks(call: ApiCall) -> bool:
    if call.name.startswith("Delete"):
        return True
    config = call.params.get("PublicAccessBlockConfiguration")
    return isinstance(config, dict) and any(truth(value) is False for value in config.values())
