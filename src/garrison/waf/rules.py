"""Rules of one container, compiled, and how they are gone through.

Rules are taken in the order of their priority. Neighbouring rules that can match only if something was found in a field
are gone through together: what was found tells which of them to ask, so that a thousand rules cost what their fields
cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from garrison.waf.actions import Action
from garrison.waf.plan import FieldPlan
from garrison.waf.statements.node import Located, Node
from garrison.waf.token import Reading
from garrison.waf.verdict import MatchDetail, Response, RuleMatch, TokenResponse
from garrison.waf.walk import Walk

Interstitial = Callable[[Walk, str], Response]
"""The page that sends a client away to solve something: `CAPTCHA` or `CHALLENGE`."""


class Ending(NamedTuple):
    """A rule that ends the evaluation of its container."""

    match: RuleMatch
    respond: Callable[[], Response | None]
    """What to answer; None lets the request through. Made only when it is sent."""


class Rule:
    """One rule that is no reference to a group."""

    __slots__ = (
        "action",
        "captcha_immunity",
        "challenge_immunity",
        "excluded",
        "interstitial",
        "kind",
        "labels",
        "listed",
        "metric",
        "name",
        "node",
        "overridden",
        "sampled",
    )

    def __init__(
        self,
        *,
        name: str,
        node: Node,
        action: Action,
        labels: tuple[str, ...],
        metric: str,
        sampled: bool,
        kind: str = "REGULAR",
        captcha_immunity: int = 300,
        challenge_immunity: int = 300,
        interstitial: Interstitial,
        overridden: str = "",
        excluded: bool = False,
        listed: bool = True,
    ) -> None:
        self.name = name
        self.node = node
        self.action = action
        self.labels = labels
        self.metric = metric
        self.sampled = sampled
        self.kind = kind
        self.captcha_immunity = captcha_immunity
        self.challenge_immunity = challenge_immunity
        self.interstitial = interstitial
        self.overridden = overridden
        self.excluded = excluded
        self.listed = listed

    def matches(self, walk: Walk) -> bool:
        """Whether the rule applies and its statement is true."""
        node = self.node
        if node.forwarded and not node.forwarded <= walk.parts.headers.keys():
            return False
        for effect in node.effects:
            effect(walk)
        return node.test(walk)

    def apply(self, walk: Walk, matched: list[RuleMatch], inserted: dict[str, tuple[str, str]]) -> Ending | None:
        """Ask the rule, and do what it does. `matched` and `inserted` take what does not end the evaluation."""
        holds = self.matches(walk)
        new = walk.settle(self.labels if holds else ())
        if not holds:
            return None
        action = self.action
        if action.name == "BLOCK":
            return Ending(self._match(walk, new), lambda: action.response)
        if action.name in ("CAPTCHA", "CHALLENGE"):
            outcome = self._solved(walk)
            match = self._match(walk, (*new, *walk.settle()), outcome)
            if outcome.failure_reason:
                return Ending(match, lambda: self.interstitial(walk, action.name))
        else:
            match = self._match(walk, new)
        for header in action.headers:
            inserted[header[0].lower()] = header
        if action.name == "ALLOW":
            return Ending(match, lambda: None)
        if self.listed:
            matched.append(match)
        return None

    def _solved(self, walk: Walk) -> TokenResponse:
        captcha = self.action.name == "CAPTCHA"
        reading: Reading = walk.reading()
        code = 405 if captcha else 202
        if reading.token is None:
            return TokenResponse(code, 0, reading.failure)
        at = reading.token.captcha_at if captcha else reading.token.challenge_at
        if not at:
            return TokenResponse(code, 0, "TOKEN_MISSING")
        immunity = self.captcha_immunity if captcha else self.challenge_immunity
        return TokenResponse(0, at, "") if walk.now < at + immunity else TokenResponse(code, at, "TOKEN_EXPIRED")

    def _match(self, walk: Walk, labels: tuple[str, ...], outcome: TokenResponse | None = None) -> RuleMatch:
        captcha = self.action.name == "CAPTCHA"
        return RuleMatch(
            rule=self.name,
            action=self.action.name,
            metric=self.metric,
            sampled=self.sampled,
            overridden_action=self.overridden,
            excluded=self.excluded,
            details=details_of(self.node.locate(walk)) if self.node.detects else (),
            captcha=outcome if captcha else None,
            challenge=None if captcha else outcome,
            labels=labels,
        )


def details_of(places: Sequence[Located]) -> tuple[MatchDetail, ...]:
    """What the log tells of a match: that of injection and scripting alone."""
    return tuple(
        MatchDetail(
            place.condition_type,
            place.location,
            tuple(data.decode("utf-8", "replace") for data in place.data),
            place.name,
            place.sensitivity,
        )
        for place in places
        if place.condition_type in ("SQL_INJECTION", "XSS")
    )


class Gate:
    """Neighbouring rules behind what they need to be found."""

    __slots__ = ("_fields", "_rules")

    def __init__(self, rules: Sequence[tuple[Rule, Mapping[FieldPlan, int]]]) -> None:
        self._rules = [rule for rule, _ in rules]
        table: dict[FieldPlan, dict[int, int]] = {}
        for position, (_, needed) in enumerate(rules):
            for field, bits in needed.items():
                by_bit = table.setdefault(field, {})
                while bits:
                    bit = bits & -bits
                    by_bit[bit] = by_bit.get(bit, 0) | 1 << position
                    bits ^= bit
        self._fields = [(field, sum(by_bit), by_bit) for field, by_bit in table.items()]

    def candidates(self, walk: Walk) -> Iterator[Rule]:
        """Rules worth asking, in order."""
        asked = 0
        known = walk.known
        for field, mask, by_bit in self._fields:
            bits = known.get(field.index)
            found = (walk.bits(field) if bits is None else bits) & mask
            while found:
                bit = found & -found
                asked |= by_bit[bit]
                found ^= bit
        rules = self._rules
        while asked:
            bit = asked & -asked
            yield rules[bit.bit_length() - 1]
            asked ^= bit


class RuleList:
    """The rules of a web ACL's stretch between group references, or of a group."""

    __slots__ = ("_steps", "rules")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._steps: list[Rule | Gate] = []
        run: list[tuple[Rule, Mapping[FieldPlan, int]]] = []
        for rule in rules:
            if rule.node.needed is not None and not rule.node.effects:
                run.append((rule, rule.node.needed))
                continue
            self._close(run)
            self._steps.append(rule)
        self._close(run)

    def _close(self, run: list[tuple[Rule, Mapping[FieldPlan, int]]]) -> None:
        if run:
            self._steps.append(Gate(run))
            run.clear()

    def run(self, walk: Walk, matched: list[RuleMatch], inserted: dict[str, tuple[str, str]]) -> Ending | None:
        """Go through the rules. Answers the one that ended it, if one did."""
        for step in self._steps:
            for rule in step.candidates(walk) if isinstance(step, Gate) else (step,):
                if (ending := rule.apply(walk, matched, inserted)) is not None:
                    return ending
        return None
