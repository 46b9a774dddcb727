"""API calls from addresses on lists: known to be malicious, exits of Tor, lists of the user's own.

Logic: specification 2, class I over API callers. Of S3 buckets: reading what there is is discovery, reading objects
is exfiltration, everything else impact; of the other APIs, reading is reconnaissance and the rest unauthorized
access. Calls that AWS's services make come from no address and are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context, Match
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.listed import KINDS, by_kind, evidence
from garrison.detect.parameters import text
from garrison.detect.registry import on_event
from garrison.detect.saying import bucket_details, of_call

_IAM = tuple(f"{tactic}:IAMUser/{kind}" for tactic in ("Recon", "UnauthorizedAccess") for kind in KINDS)
_S3 = (
    "Discovery:S3/MaliciousIPCaller",
    "Discovery:S3/MaliciousIPCaller.Custom",
    "Discovery:S3/TorIPCaller",
    "Exfiltration:S3/MaliciousIPCaller",
    "Impact:S3/MaliciousIPCaller",
    "UnauthorizedAccess:S3/MaliciousIPCaller.Custom",
    "UnauthorizedAccess:S3/TorIPCaller",
)
_OBJECTS_READ = frozenset({"GetObject", "CopyObject", "GetObjectTorrent", "SelectObjectContent", "GetObjectVersion"})


@on_event(ApiCall, *_IAM, *_S3)
def listed_caller(call: ApiCall, context: Context) -> Iterable[Detection]:
    address = call.source_address
    if not (address[:1].isdigit() or ":" in address) or call.identity_type == "AWSService":
        return ()
    matches = context.intel.address(address)
    return _said(call, context, matches) if matches else ()


def _said(call: ApiCall, context: Context, matches: list[Match]) -> Iterable[Detection]:
    bucket = text(call.params.get("bucketName")) if call.source == "s3" else ""
    for kind, some in by_kind(matches).items():
        proof = evidence(some)
        if bucket:
            type, key = f"{_bucket_tactic(call, kind)}:S3/{kind}", (bucket, call.principal)
            yield of_call(type, call, context, key, resource=bucket, details=bucket_details(bucket), evidence=proof)
        else:
            tactic = "Recon" if _reads(call) else "UnauthorizedAccess"
            yield of_call(f"{tactic}:IAMUser/{kind}", call, context, (call.principal,), evidence=proof)


def _bucket_tactic(call: ApiCall, kind: str) -> str:
    if call.name not in _OBJECTS_READ and _reads(call):
        return "Discovery"
    if kind != "MaliciousIPCaller":
        return "UnauthorizedAccess"
    return "Exfiltration" if call.name in _OBJECTS_READ else "Impact"


def _reads(call: ApiCall) -> bool:
    if call.read_only is not None:
        return call.read_only
    return call.name.startswith(("Get", "List", "Describe", "Head", "Lookup", "Search"))
