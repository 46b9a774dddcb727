"""A bucket stops logging accesses.

Logic: specification 2, `Stealth:S3/ServerAccessLoggingDisabled`: PutBucketLogging without LoggingEnabled turns
logging off (S3 API reference, "PutBucketLogging").
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import text
from garrison.detect.registry import on_event
from garrison.detect.saying import bucket_details, of_call

TYPE = "Stealth:S3/ServerAccessLoggingDisabled"


@on_event(ApiCall, TYPE, names=("PutBucketLogging",))
def access_logging(call: ApiCall, context: Context) -> Iterable[Detection]:
    status = call.params.get("BucketLoggingStatus")
    bucket = text(call.params.get("bucketName"))
    if call.source != "s3" or call.error or not bucket or status is None:
        return ()
    if isinstance(status, dict) and status.get("LoggingEnabled"):
        return ()
    return (of_call(TYPE, call, context, (bucket,), resource=bucket, details=bucket_details(bucket)),)
