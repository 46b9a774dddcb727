"""EPSS scores: CSV with a first line `#model_version:v2025.03.14,score_date:2026-01-01T00:00:00+0000`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from garrison.scan.vulndb.record import NotUnderstood, Prediction

NAME = "epss"
_ABOUT = re.compile(r"#\s*model_version:(?P<model>[^,\s]+),\s*score_date:(?P<date>\S+)")


def recognises(name: str, head: bytes) -> bool:
    """CSV with the model's line or the column names."""
    return head.startswith((b"#model_version:", b"# model_version:", b"cve,epss"))


def read(name: str, data: bytes) -> Iterator[Prediction]:
    """One record per vulnerability."""
    text = data.decode("ascii", "replace")
    about = _ABOUT.match(text)
    model, date = (about["model"], about["date"]) if about else ("", "")
    lines = (line for line in io.StringIO(text) if not line.startswith("#"))
    for number, row in enumerate(csv.DictReader(lines), 1):
        try:
            score, percentile = float(row["epss"]), float(row.get("percentile") or 0)
            cve = row["cve"].strip()
        except (KeyError, TypeError, ValueError) as e:
            raise NotUnderstood(f"row {number} is no score: {e}") from e
        if not (0 <= score <= 1 and 0 <= percentile <= 1):
            raise NotUnderstood(f"row {number}: {cve} has a score outside 0 to 1")
        yield Prediction(cve=cve, score=score, percentile=percentile, model=model, date=date)
