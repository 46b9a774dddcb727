"""The trail as files, named and shaped as CloudTrail delivers them.

Source: CloudTrail user guide, "Finding your CloudTrail log files" and "CloudTrail log file name format".
"""

from __future__ import annotations

import gzip
import secrets
import string
from datetime import UTC, datetime
from pathlib import Path

from garrison.trail.log import Trail

_RECORDS_PER_FILE = 5000
_LETTERS = string.ascii_letters + string.digits


def export(
    trail: Trail, directory: Path, *, account: str, start: float | None = None, end: float | None = None
) -> list[Path]:
    """Write an account's events as `AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/*.json.gz`; gives the files."""
    written: list[Path] = []
    waiting: dict[tuple[str, str], list[bytes]] = {}
    for event in trail.history(account, start=start, end=end):
        day = datetime.fromtimestamp(event.time, UTC).strftime("%Y/%m/%d")
        records = waiting.setdefault((event.region, day), [])
        records.append(event.body)
        if len(records) >= _RECORDS_PER_FILE:
            written.append(_write(directory, account, event.region, day, records))
            records.clear()
    written += [_write(directory, account, *key, records) for key, records in waiting.items() if records]
    return written


def _write(directory: Path, account: str, region: str, day: str, records: list[bytes]) -> Path:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%MZ")
    unique = "".join(secrets.choice(_LETTERS) for _ in range(16))
    path = directory / "AWSLogs" / account / "CloudTrail" / region / day
    path.mkdir(parents=True, exist_ok=True)
    path /= f"{account}_CloudTrail_{region}_{now}_{unique}.json.gz"
    # Newest first is how they were found; files run forward in time.
    path.write_bytes(gzip.compress(b'{"Records":[' + b",".join(reversed(records)) + b"]}"))
    return path
