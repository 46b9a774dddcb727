"""What is done about an attack: rules tried, put to work, narrowed, taken back.

A new rule only counts for `TRIAL` seconds (`URGENT` where the application suffers). Meanwhile it is held against the
requests of sources that were known before the attack and ask no more than they did: if it hits more than `COLLATERAL`
of those it is taken back, and what it hit is spared by the next search. The same goes for a rule that acts already.
What is left uncovered is searched again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from garrison.shield.rules import name_of
from garrison.shield.signatures import Part, Signature, explain, search
from garrison.shield.slices import Sample

TRIAL, URGENT = 5, 2
"""Seconds."""
COLLATERAL = 0.005
AGAIN = 3
"""Seconds between searches."""
IDLE = 60
"""Seconds without a hit after which a rule goes."""
_SPARED = 500
_ADDRESSES = 10_000

Weighted = Sequence[tuple[Sample, float]]


class Standing(msgspec.Struct):
    """A rule of this attack's."""

    signature: Signature
    since: int
    hit: int
    acting: bool = False


class Response:
    """The rules against one attack. `step` once a second."""

    def __init__(self) -> None:
        self.standing: list[Standing] = []
        self.history: list[dict[str, Any]] = []
        """What was done, when and why, for the attack's record."""
        self._spared: list[Sample] = []
        self._searched = 0

    def step(
        self,
        second: int,
        window: Weighted,
        normal: Sequence[Sample],
        *,
        seconds: float,
        usual: float,
        busiest: dict[str, float],
        familiar: Callable[[Sample], bool],
        urgent: bool = False,
    ) -> bool:
        """Whether the rules changed. `window` are the requests of the last `seconds`."""
        changed = self._review(second, window, familiar, URGENT if urgent else TRIAL)
        if second - self._searched >= AGAIN:
            rest = [one for one in window if not any(rule.signature.test(one[0]) for rule in self.standing)]
            uncovered = sum(weight for _, weight in rest) - usual * seconds
            attack = sum(weight for _, weight in window)
            if uncovered > max(0.5 * usual * seconds, 0.02 * attack):
                self._searched = second
                found = search(
                    rest, normal, seconds=seconds, usual=usual, busiest=busiest, spare=self._spared,
                    most=max(0, 10 - len(self.standing)),
                )  # fmt: skip
                for signature in found:
                    changed |= self._take(second, signature)
        return changed

    def _review(self, second: int, window: Weighted, familiar: Callable[[Sample], bool], trial: int) -> bool:
        known = [sample for sample, _ in window if familiar(sample)]
        changed = False
        for rule in list(self.standing):
            hit = [sample for sample in known if rule.signature.test(sample)]
            if len(hit) >= 2 and len(hit) > COLLATERAL * len(known):
                self.standing.remove(rule)
                self._spared = [*self._spared, *hit][-_SPARED:]
                self._searched = 0
                share = len(hit) / len(known)
                self._note(second, "withdrawn", rule, f"it hit {share:.1%} of requests of sources known before")
                changed = True
                continue
            if any(rule.signature.test(sample) for sample, _ in window):
                rule.hit = second
            elif second - rule.hit >= IDLE:
                self.standing.remove(rule)
                self._note(second, "withdrawn", rule, f"nothing met it for {IDLE} seconds")
                changed = True
                continue
            if not rule.acting and second - rule.since >= trial:
                rule.acting = True
                counted = second - rule.since
                self._note(second, "promoted", rule, f"in {counted} seconds of counting it hit no normal traffic")
                changed = True
        return changed

    def _take(self, second: int, signature: Signature) -> bool:
        name = name_of(signature)
        for rule in self.standing:
            if name_of(rule.signature) == name:
                # The same rule with more addresses: those found now join those it has.
                parts = tuple([_joined(*pair) for pair in zip(rule.signature.parts, signature.parts, strict=True)])
                changed = parts != rule.signature.parts
                rule.signature = msgspec.structs.replace(signature, parts=parts)
                return changed
        rule = Standing(signature, since=second, hit=second)
        self.standing.append(rule)
        self._note(second, "counting", rule, explain(signature))
        return True

    def end(self, second: int) -> None:
        """The attack is over: take everything back."""
        for rule in self.standing:
            self._note(second, "withdrawn", rule, "the attack ended")
        self.standing = []

    def _note(self, second: int, what: str, rule: Standing, why: str) -> None:
        if len(self.history) < 200:
            self.history.append({"time": second, "rule": name_of(rule.signature), "became": what, "why": why})


def _joined(one: Part, other: Part) -> Part:
    if one.values == other.values or len(one.values) == len(other.values) == 1:
        return one
    return Part(one.dimension, tuple(sorted({*one.values, *other.values}))[:_ADDRESSES])
