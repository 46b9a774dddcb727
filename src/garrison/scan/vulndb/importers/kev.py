"""CISA's catalogue of known exploited vulnerabilities, as JSON or CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import msgspec

from garrison.scan.vulndb.record import Exploited, NotUnderstood

NAME = "kev"


class _Entry(msgspec.Struct):
    cveID: str  # noqa: N815
    dateAdded: str = ""  # noqa: N815
    dueDate: str = ""  # noqa: N815
    requiredAction: str = ""  # noqa: N815
    knownRansomwareCampaignUse: str = ""  # noqa: N815


class _Catalogue(msgspec.Struct):
    vulnerabilities: list[_Entry]


def recognises(name: str, head: bytes) -> bool:
    """JSON with a `catalogVersion`, or CSV whose first column is `cveID`."""
    return (name.endswith(".json") and b'"catalogVersion"' in head and b'"$schema"' not in head) or head.lstrip(
        b"\xef\xbb\xbf"
    ).startswith((b"cveID,", b'"cveID",'))


def read(name: str, data: bytes) -> Iterator[Exploited]:
    """One record per vulnerability."""
    if name.endswith(".json"):
        try:
            entries = msgspec.json.decode(data, type=_Catalogue).vulnerabilities
        except msgspec.MsgspecError as e:
            raise NotUnderstood(f"no catalogue of exploited vulnerabilities: {e}") from e
    else:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace")))
        fields = _Entry.__struct_fields__
        entries = [_Entry(**{f: row.get(f) or "" for f in fields}) for row in rows]
    for entry in entries:
        if not re.fullmatch(r"CVE-\d{4}-\d{4,}", entry.cveID):
            raise NotUnderstood(f"{entry.cveID[:40]!r} is no CVE id")
        yield Exploited(
            cve=entry.cveID,
            added=entry.dateAdded,
            due=entry.dueDate,
            action=entry.requiredAction,
            ransomware=entry.knownRansomwareCampaignUse == "Known",
        )
