"""Use of buckets that is unlike its principal: `*:S3/AnomalousBehavior*`.

By what is new (a bucket, from elsewhere, with another program), and by amounts far above the hours before. The
statistics are ours: AWS's model is not published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from garrison.detect.baseline.callers import agent, network
from garrison.detect.baseline.learning import watched
from garrison.detect.baseline.memory import DAY
from garrison.detect.baseline.rarity import THRESHOLD, attend, far_above, fresh, learn, rarity, suspect
from garrison.detect.catalogue import TYPES
from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.detectors.anomalous_iam import by_somebody, features_of, of_anomaly
from garrison.detect.events import ApiCall
from garrison.detect.parameters import text
from garrison.detect.registry import on_event, on_window
from garrison.detect.saying import bucket_details
from garrison.detect.tables import Tables
from garrison.detect.windows import bucketed, threshold

if TYPE_CHECKING:
    import ibis

_DISCOVERY = "Discovery:S3/AnomalousBehavior"
_EXFILTRATION = "Exfiltration:S3/AnomalousBehavior"
_DELETE = "Impact:S3/AnomalousBehavior.Delete"
_PERMISSION = "Impact:S3/AnomalousBehavior.Permission"
_WRITE = "Impact:S3/AnomalousBehavior.Write"
_NAMES = {
    _DISCOVERY: "ListObjects ListObjectsV2 ListObjectVersions ListBuckets HeadBucket GetBucketAcl GetBucketPolicy"
    " GetBucketPublicAccessBlock GetBucketVersioning ListMultipartUploads",
    _EXFILTRATION: "GetObject CopyObject SelectObjectContent GetObjectTorrent",
    _DELETE: "DeleteObject DeleteObjects DeleteObjectVersion DeleteBucket PutBucketLifecycle",
    _PERMISSION: "PutBucketPolicy PutBucketAcl PutBucketPublicAccessBlock DeleteBucketPolicy PutObjectAcl"
    " DeleteBucketPublicAccessBlock",
    _WRITE: "PutObject CreateMultipartUpload CompleteMultipartUpload UploadPart",
}
_TYPE = {name: type for type, names in _NAMES.items() for name in names.split()}
_SSE_C = "x-amz-server-side-encryption-customer-algorithm"


@on_event(ApiCall, *_NAMES, names=_TYPE)
def anomalous_use_of_bucket(call: ApiCall, context: Context) -> Iterator[Detection]:
    """A bucket that is new to its principal, or a call that is, and something more that is new."""
    if call.source != "s3" or not by_somebody(call):
        return
    bucket, own_key = text(call.params.get("bucketName")), bool(call.params.get(_SSE_C))
    # Of most calls all is known, and the principal was seen this day: those end here.
    short = (call.time // DAY, call.account, call.principal, call.name, bucket, own_key, call.source_address,
             call.user_agent)  # fmt: skip
    if context.memory.usual.get(short):
        return
    features = features_of(call, context) | {"bucket": bucket}
    if own_key:
        features["encryption"] = "a key of the customer's"
    learned = watched(context, call.account, "s3", call.time)
    attend(context.memory, call.account, call.principal, call.time)
    rare = rarity(context.memory, call.account, call.principal, features, call.time)
    if rare.known:
        context.memory.usual.put(short, True)
        return
    what = any(f.kind in ("api", "bucket", "encryption") for f in rare.features)
    done = not call.error or _TYPE[call.name] == _DISCOVERY  # what was refused took, wrote and opened nothing
    if learned and what and done and rare.unusual(context.settings.get("anomalous.nats", THRESHOLD)):
        suspect(context.memory, call.account, call.principal, rare, call.time)
        details = bucket_details(bucket) if bucket else {}
        key = (call.principal, bucket)
        yield of_anomaly(_TYPE[call.name], call, context, key, rare, features, bucket, details)
    elif not call.error:
        learn(context.memory, call.account, call.principal, features, call.time)


_FLOOR = {_EXFILTRATION: 100, _DELETE: 50, _WRITE: 200}
"""Objects an hour, below which nothing is far above."""
_PLACES = 100
_ALONE = 10
"""Times that many it must be, where they are read from the usual place with the usual program: work is done in batches
(specification 2: of reading, "and new ASN/UA")."""


@on_window(*_FLOOR, reads=("api",), window=7200)
def anomalous_amounts(tables: Tables, context: Context) -> Iterator[Detection]:
    """Objects (and octets read) of an hour, more than `volume.z` (6) robust deviations above the principal's hours:
    `volume.objects` of them from where or with what the principal never worked, ten times as many otherwise."""
    t = bucketed(tables, "api", 3600)
    t = t.filter((t.source == "s3") & (t.bucket != "") & (t.error == ""))
    for type, floor in _FLOOR.items():
        of = t.filter(t.name.isin(_NAMES[type].split()))
        found = of.group_by("account", "region", "principal", "bucket", "slot").agg(
            n=of.count(), octets=of.octets.sum(), first=of.time.min(), last=of.time.max(), event=of.id.max()
        )
        for row in tables.rows(found.order_by("slot", "region")):
            scope = f"{row['account']}|amounts|{row['principal']}|{row['bucket']}"
            n = context.memory.volume(scope, type, row["first"], row["n"])
            octets = context.memory.volume(scope, type + "/octets", row["first"], row["octets"])
            z, amount, word = (octets, row["octets"], "bytes") if octets > n else (n, row["n"], "objects")
            least = threshold(context, "volume.objects", floor)
            if z > threshold(context, "volume.z", 6) and row["n"] >= least:
                hour = of.filter((of.principal == row["principal"]) & (of.account == row["account"]))
                hour = hour.filter((hour.bucket == row["bucket"]) & (hour.slot == row["slot"]))
                if row["n"] >= _ALONE * least or _from_elsewhere(tables, hour, row, context):
                    yield _amount(type, row, amount, word, z)


def _from_elsewhere(tables: Tables, hour: ibis.Table, row: Mapping[str, Any], context: Context) -> bool:
    """Whether some of the calls came from where, or with what, the principal did not work a day before."""
    for each in tables.rows(hour.select("source_address", "user_agent").distinct().limit(_PLACES)):
        for kind, value in (
            ("network", network(context, each["source_address"])),
            ("agent", agent(each["user_agent"])),
        ):
            if value and fresh(context.memory, row["account"], row["principal"], kind, value, row["first"]):
                return True
    return False


def _amount(type: str, row: dict[str, object], amount: float, word: str, z: float) -> Detection:
    kind = TYPES[type]
    principal, bucket = str(row["principal"]), str(row["bucket"])
    words = {"principal": principal.rpartition(":")[2], "resource": bucket, "name": bucket}
    first, last = float(str(row["first"])), float(str(row["last"]))
    return Detection(
        type=type, account=str(row["account"]), region=str(row["region"]), key=(principal, bucket, "amount"),
        occurrence=f"{principal}/{bucket}/{row['slot']}", first=first, last=last, severity=kind.severity,
        title=kind.titled(**words), description=kind.described(**words),
        resource={"resourceType": kind.resource, "accessKeyDetails": {"userName": principal.rpartition("/")[2]}}
        | bucket_details(bucket),
        action={
            "actionType": "AWS_API_CALL",
            "awsApiCallAction": {"api": _NAMES[type].split()[0], "serviceName": "s3.amazonaws.com"},
        },
        anomaly=far_above("userIdentity", word, amount, z), additional={word: amount, "z": round(z, 1)},
        events=(str(row["event"]),),
    )  # fmt: skip
