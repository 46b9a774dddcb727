"""Where items of an audit stand, once attestations are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

import msgspec

from garrison.assess.audit.read import Audited, ItemEvidence
from garrison.checks.check import Status

Opinion = Literal["SATISFIED", "NOT_SATISFIED", "NOT_APPLICABLE"]


class Standing(StrEnum):
    """How an item stands. Only `MET` and `ATTESTED` are good."""

    NOT_MET = "NOT_MET"
    """Something that ran failed, or whoever attested says that it is not so."""
    NOT_AVAILABLE = "NOT_AVAILABLE"
    """Something could not be read: nobody knows."""
    NEEDS_ATTESTATION = "NEEDS_ATTESTATION"
    """A person must say, and nobody has, or what was found has changed since; or too little ran to answer."""
    EXPIRED = "EXPIRED"
    """It was attested, and that is over."""
    MET = "MET"
    """Everything that ran passed, it is no less than what was not applicable, and nothing is left to say."""
    ATTESTED = "ATTESTED"
    """Everything that ran passed, and a person attested to the rest, over this very evidence."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """There is nothing it could be about."""

    @property
    def good(self) -> bool:
        return self in (Standing.MET, Standing.ATTESTED, Standing.NOT_APPLICABLE)


class Attestation(msgspec.Struct, frozen=True):
    """What a person said of an item. It is never edited: a later one takes its place."""

    id: str
    account: str
    checklist: str
    item: str
    audit: str
    """The run that was looked at."""
    digest: str
    """Of what was found: it holds over this, and nothing else."""
    evidence: str
    """Hash of the item's record in that run."""
    opinion: Opinion
    statement: str
    by: str
    """ARN of the principal."""
    when: int
    valid_until: int
    """Seconds since the epoch."""
    mfa: bool = True
    source_identity: str = ""
    document_sha256: str = ""
    """Of a document that shows it, kept elsewhere; "" where there is none."""
    withdrawn: bool = False


class ItemStanding(msgspec.Struct, frozen=True):
    """One item, and why it stands so."""

    evidence: ItemEvidence
    standing: Standing
    reason: str
    attestation: Attestation | None = None
    """The one that counts, or the last one, that does not count any more."""


def standing(audited: Audited, attestations: Iterable[Attestation], now: float) -> list[ItemStanding]:
    """Every item of an audit, in its order."""
    last: dict[tuple[str, str, str], Attestation] = {}
    for one in sorted(attestations, key=lambda a: (a.when, a.id)):
        last[one.account, one.checklist, one.item] = one
    return [_one(e, last.get((e.account, e.checklist, e.item)), now) for e in audited.items]


def counts(several: Iterable[ItemStanding]) -> dict[Standing, int]:
    """How many there are of each."""
    counted = Counter(one.standing for one in several)
    return {standing: counted[standing] for standing in Standing}


def _one(found: ItemEvidence, said: Attestation | None, now: float) -> ItemStanding:
    problem = _lapsed(found, said, now)
    if found.status in (Status.FAIL, Status.EXCEPTED):
        return ItemStanding(found, Standing.NOT_MET, _why(found), said)
    if said is not None and problem is None and said.opinion == "NOT_SATISFIED":
        return ItemStanding(found, Standing.NOT_MET, f"{said.by} attests that it is not so: {said.statement}", said)
    if found.status is Status.NOT_AVAILABLE:
        return ItemStanding(found, Standing.NOT_AVAILABLE, _why(found), said)
    if said is not None and problem is None:
        if said.opinion == "NOT_APPLICABLE":
            return ItemStanding(found, Standing.NOT_APPLICABLE, f"{said.by} attests so: {said.statement}", said)
        return ItemStanding(found, Standing.ATTESTED, f"{said.by}: {said.statement}", said)
    if not found.manual:
        if found.status is Status.NOT_APPLICABLE:
            return ItemStanding(found, Standing.NOT_APPLICABLE, _why(found), said)
        passed, nothing = _ran(found)
        if passed and passed >= nothing:
            return ItemStanding(found, Standing.MET, _why(found), said)
    if said is None or said.withdrawn:
        asked = found.attest or _ask(found) or f"{_why(found)}: too little to answer it, a person must say"
        return ItemStanding(found, Standing.NEEDS_ATTESTATION, asked, said)
    over = Standing.EXPIRED if now >= said.valid_until else Standing.NEEDS_ATTESTATION
    return ItemStanding(found, over, problem or "", said)


def _lapsed(found: ItemEvidence, said: Attestation | None, now: float) -> str | None:
    """Why an attestation does not count; None if it does."""
    if said is None:
        return "nobody attested to it"
    if said.withdrawn:
        return f"{said.by} withdrew the attestation"
    if now >= said.valid_until:
        return f"what {said.by} attested is over"
    if said.digest != found.digest:
        return f"what was found has changed since {said.by} attested"
    return None


def _ask(found: ItemEvidence) -> str:
    return str((found.sample or {}).get("ask", ""))


def _ran(found: ItemEvidence) -> tuple[int, int]:
    """Of an item nothing of which failed: how many of its checks and procedures passed, and had nothing to look at.

    A check passed if it did of any of its subjects.
    """
    ran = {c["check"] for c in found.checks} | {p["name"] for p in found.procedures}
    passed = {c["check"] for c in found.checks if c["status"] == Status.PASS.value}
    passed |= {p["name"] for p in found.procedures if p["status"] == Status.PASS.value}
    return len(passed), len(ran - passed)


def _why(found: ItemEvidence) -> str:
    """What decided an item, in a sentence."""
    if found.status is Status.NOT_AVAILABLE and found.unread:
        return found.unread
    for one in (*found.checks, *found.procedures):
        if one["status"] == found.status.value and found.status is not Status.PASS:
            return str(one["reason"])
    if found.missing and found.status is Status.NOT_AVAILABLE:
        return f"not asked: {', '.join(found.missing)}"
    if found.status is Status.PASS:
        passed, nothing = _ran(found)
        return f"{passed} passed" + (f", {nothing} not applicable" if nothing else "")
    return "there is nothing to look at"
