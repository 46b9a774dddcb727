"""Whether evidence is what was written, and all of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from garrison.evidence import merkle
from garrison.evidence.canonical import NotCanonical, canonical, digest
from garrison.evidence.record import NOTHING
from garrison.evidence.signing import BadKey, fingerprint, signed_by


class Problem(msgspec.Struct, frozen=True):
    """One thing that is not as it was written."""

    where: str
    """The file, and the line if it is one."""
    what: str


class Verified(msgspec.Struct, frozen=True):
    """What verification found."""

    runs: int
    records: int
    keys: tuple[str, ...]
    """Fingerprints of the keys that signed."""
    head: str
    """Hash of the last seal."""
    problems: tuple[Problem, ...]

    @property
    def intact(self) -> bool:
        return not self.problems


class _Chain:
    """What has been seen so far, from the first run to the last."""

    def __init__(self, keys: Mapping[str, bytes], pinned: str | None) -> None:
        self.keys = keys
        self.pinned = pinned
        self.problems: list[Problem] = []
        self.previous = NOTHING
        self.records = 0
        self.signers: dict[str, None] = {}
        self.seals: list[str] = []

    def problem(self, where: str, what: str) -> None:
        self.problems.append(Problem(where, what))


def verify(
    runs: Sequence[tuple[str, bytes]],
    keys: Mapping[str, bytes],
    head: bytes | None,
    *,
    pinned: str | None = None,
    head_hash: str | None = None,
) -> Verified:
    """Verify a whole chain: each run's file `(name, content)` in order, public keys (fingerprint -> DER), the head.

    `pinned` is the fingerprint of the only key that counts, `head_hash` the hash of a seal that must be in the chain:
    both from elsewhere than the evidence itself.
    """
    chain = _Chain(keys, pinned)
    for number, (name, content) in enumerate(runs, 1):
        _run(chain, number, name, content)
    _head(chain, head)
    if head_hash is not None and head_hash not in chain.seals:
        chain.problem("head", f"the seal {head_hash} is not in the chain: runs were taken away or written anew")
    last = chain.seals[-1] if chain.seals else NOTHING
    return Verified(len(runs), chain.records, tuple(chain.signers), last, tuple(chain.problems))


def _run(chain: _Chain, number: int, name: str, content: bytes) -> None:
    if content and not content.endswith(b"\n"):
        chain.problem(name, "its last line is not whole")
    hashes: list[str] = []
    seal: dict[str, Any] | None = None
    run: str | None = None
    for n, line in enumerate(content.removesuffix(b"\n").split(b"\n") if content else (), 1):
        where = f"{name}:{n}"
        if seal is not None:
            chain.problem(where, "there is something after the seal")
            return
        record = _record(chain, where, line)
        if record is None:
            # What follows is chained to what cannot be read; take its own word for it, so that one flipped byte is told
            # as one.
            hashes.append("")
            chain.previous = ""
            continue
        before, chain.previous = chain.previous, str(record["hash"])
        if before and record.get("prev") != before:
            chain.problem(
                where,
                "it does not follow the record before it"
                if n > 1
                else "this run does not follow the one before it: another run was there, or none",
            )
        if record.get("n") != n:
            chain.problem(where, f"it is record {record.get('n')} in place {n}: records are missing or moved")
        run = run or record.get("run")
        if record.get("run") != run:
            chain.problem(where, f"it belongs to the run {record.get('run')}")
        if record.get("type") == "seal":
            seal = record
        else:
            hashes.append(str(record["hash"]))
    chain.records += len(hashes)
    if seal is None:
        chain.problem(name, "it ends without its seal: the run was cut off")
        return
    chain.seals.append(str(seal["hash"]))
    _seal(chain, name, number, seal, hashes)


def _record(chain: _Chain, where: str, line: bytes) -> dict[str, Any] | None:
    """The record of a line whose hash is right, or None, with the problem noted."""
    try:
        record = msgspec.json.decode(line)
        if not isinstance(record, dict) or canonical(record) != line:
            chain.problem(where, "it is not spelled as it was written")
            return None
        told = record.get("hash")
        if digest({k: v for k, v in record.items() if k != "hash"}) != told:
            chain.problem(where, "its content does not match its hash: it was altered")
            return None
    except (msgspec.DecodeError, NotCanonical, UnicodeDecodeError) as e:
        chain.problem(where, f"it cannot be read: {e}")
        return None
    return record


def _seal(chain: _Chain, name: str, number: int, seal: Mapping[str, Any], hashes: Sequence[str]) -> None:
    if seal.get("number") != number:
        chain.problem(name, f"it is run {seal.get('number')} in place {number}: runs are missing or were swapped")
    if seal.get("records") != len(hashes):
        chain.problem(name, f"it has {len(hashes)} records where {seal.get('records')} were sealed")
    elif "" not in hashes and merkle.root(hashes) != seal.get("root"):
        chain.problem(name, "its records are not the ones that were sealed")
    unsigned = {k: v for k, v in seal.items() if k not in ("signature", "hash")}
    _signature(chain, f"{name} (seal)", seal, unsigned)


def _signature(chain: _Chain, where: str, signed: Mapping[str, Any], unsigned: Mapping[str, Any]) -> None:
    key = str(signed.get("key"))
    chain.signers[key] = None
    if chain.pinned is not None and key != chain.pinned:
        chain.problem(where, f"it is signed with the key {key}, not with {chain.pinned}")
        return
    public = chain.keys.get(key)
    if public is None or fingerprint(public) != key:
        chain.problem(where, f"the public key {key} is not with the evidence")
        return
    try:
        signature = base64.b64decode(str(signed.get("signature")), validate=True)
        good = signed_by(public, str(signed.get("algorithm")), canonical(unsigned), signature)
    except (binascii.Error, BadKey) as e:
        chain.problem(where, f"the signature cannot be verified: {e}")
        return
    if not good:
        chain.problem(where, "the signature is not that of its key")


def _head(chain: _Chain, head: bytes | None) -> None:
    if head is None:
        if chain.seals or chain.problems:
            chain.problem("head", "there is no head, which says how many runs there must be")
        return
    try:
        told = msgspec.json.decode(head)
        if not isinstance(told, dict):
            raise TypeError("not an object")
        unsigned = {k: v for k, v in told.items() if k != "signature"}
        _signature(chain, "head", told, unsigned)
        runs, last = int(told["runs"]), str(told["head"])
    except (msgspec.DecodeError, NotCanonical, KeyError, TypeError, ValueError) as e:
        chain.problem("head", f"it cannot be read: {e}")
        return
    # A run may be there that the head does not know yet: it is written first. It is chained and signed all the same.
    if len(chain.seals) < runs:
        chain.problem(
            "head", f"there were {runs} runs, and {len(chain.seals)} whole ones are left: the chain was cut off"
        )
    elif runs and chain.seals[runs - 1] != last:
        chain.problem("head", f"run {runs} is not the one the head names")
