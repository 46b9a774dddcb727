"""Records and the lines they are written as."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from garrison.evidence import merkle
from garrison.evidence.canonical import canonical, digest
from garrison.evidence.redact import redacted
from garrison.evidence.signing import Signer, fingerprint

VERSION = 1
NOTHING = "0" * 64
"""What the very first record follows."""

Record = dict[str, Any]


def sealed_run(number: int, run: str, previous: str, records: Iterable[Record], signer: Signer) -> list[bytes]:
    """The lines of a run: its records, chained after `previous` and redacted, and the seal.

    `number` counts runs from 1; `run` is its id. Raises `NotCanonical` for a record with fractions.
    """
    lines: list[bytes] = []
    hashes: list[str] = []
    before = previous
    for n, record in enumerate(records, 1):
        body = {**redacted(record), "v": VERSION, "run": run, "n": n, "prev": before}
        before = body["hash"] = digest(body)
        hashes.append(before)
        lines.append(canonical(body))
    seal = {
        "v": VERSION,
        "type": "seal",
        "run": run,
        "n": len(lines) + 1,
        "number": number,
        "records": len(lines),
        "root": merkle.root(hashes),
        "prev": before,
        "key": fingerprint(signer.public_key),
        "signer": signer.name,
        "algorithm": signer.algorithm,
    }
    seal["signature"] = base64.b64encode(signer.sign(canonical(seal))).decode()
    seal["hash"] = digest(seal)
    lines.append(canonical(seal))
    return lines


def signed_head(number: int, last: str, signer: Signer) -> bytes:
    """The head: how many runs there are and the hash of the last one's seal."""
    head = {
        "v": VERSION,
        "type": "head",
        "runs": number,
        "head": last,
        "key": fingerprint(signer.public_key),
        "algorithm": signer.algorithm,
    }
    head["signature"] = base64.b64encode(signer.sign(canonical(head))).decode()
    return canonical(head)


def records_of(lines: Iterable[bytes]) -> Iterator[Record]:
    """The records of a run's lines, unverified and without the seal. Raises `ValueError` for what is no JSON."""
    for line in lines:
        record = msgspec.json.decode(line)
        if record.get("type") != "seal":
            yield record
