"""Buckets used as they never were, and far more of them than ever."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.detect.events import ApiCall
from tests.detect.case import Case
from tests.detect.habits import ELSEWHERE, STRANGE, by, reads
from tests.detect.making import NOW, api

_USES = {
    "Discovery:S3/AnomalousBehavior": "ListObjects",
    "Exfiltration:S3/AnomalousBehavior": "GetObject",
    "Impact:S3/AnomalousBehavior.Delete": "DeleteObject",
    "Impact:S3/AnomalousBehavior.Permission": "PutObjectAcl",
    "Impact:S3/AnomalousBehavior.Write": "PutObject",
}
_FROM = {"address": ELSEWHERE, "agent": STRANGE}


def _use(name: str, bucket: str = "payroll", **more: Any) -> ApiCall:
    return by(api("s3", name, {"bucketName": bucket, "key": "a"}, data=True, **more), "morgan")


CASES: tuple[Case, ...] = tuple(
    Case(name=f"a bucket nobody uses: {name}", before=reads(), events=(_use(name, **_FROM),), fires=(type,))
    for type, name in _USES.items()
)
CASES += tuple(
    Case(
        name=f"near to a bucket nobody uses: {name}",
        before=reads(),
        events=(
            _use(name, "invoices"),
            _use(name, time=NOW + 60),
            msgspec.structs.replace(_use(name, "films", time=NOW + 70, **_FROM), source="mediastore"),
            *([] if name == "ListObjects" else [_use(name, "salaries", error="AccessDenied", time=NOW + 90, **_FROM)]),
        ),
        near=(type,),
    )
    for type, name in _USES.items()
)
CASES += tuple(
    Case(name=f"after six days, {name}", before=reads(6), events=(_use(name, **_FROM),), near=(type,))
    for type, name in _USES.items()
)

_HOUR = NOW - NOW % 3600
_MANY = {
    "Exfiltration:S3/AnomalousBehavior": ("GetObject", 300),
    "Impact:S3/AnomalousBehavior.Delete": ("DeleteObject", 150),
    "Impact:S3/AnomalousBehavior.Write": ("PutObject", 600),
}


def _hours(name: str, days: int = 8, each: int = 3) -> tuple[ApiCall, ...]:
    return tuple(
        _use(name, "invoices", time=_HOUR - h * 3600) for h in range(24 * days - 1, 0, -1) for _ in range(each)
    )


def _burst(name: str, n: int, **more: Any) -> tuple[ApiCall, ...]:
    return tuple(_use(name, "invoices", time=_HOUR + i * 2, **more) for i in range(n))


CASES += tuple(
    Case(
        name=f"far more than ever, with another program: {name}",
        before=_hours(name),
        events=_burst(name, n, agent=STRANGE),
        fires=(type,),
    )
    for type, (name, n) in _MANY.items()
)
CASES += (
    Case(
        name="very many, as usual",
        before=_hours("GetObject"),
        events=_burst("GetObject", 1100),
        fires=("Exfiltration:S3/AnomalousBehavior",),
        times=1,
    ),
)
CASES += tuple(
    Case(name=f"a batch, as usual: {name}", before=_hours(name), events=_burst(name, n), near=(type,))
    for type, (name, n) in _MANY.items()
)
CASES += tuple(
    Case(
        name=f"more than ever, but not many, and many refused: {name}",
        before=_hours(name),
        events=(*_burst(name, 20, agent=STRANGE), *_burst(name, n, error="AccessDenied", agent=STRANGE)),
        near=(type,),
    )
    for type, (name, n) in _MANY.items()
)
CASES += (
    Case(
        name="many, after five days",
        before=_hours("GetObject", days=5),
        events=_burst("GetObject", 300, agent=STRANGE),
        near=("Exfiltration:S3/AnomalousBehavior",),
    ),
)
