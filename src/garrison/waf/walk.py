"""One request on its way through a web ACL: what has been taken out of it, found in it and added to it so far."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from garrison.waf.addresses import Address, parse
from garrison.waf.fields.field import Values
from garrison.waf.parts import Parts
from garrison.waf.plan import FieldPlan, Plan
from garrison.waf.request import Location, Request
from garrison.waf.rule_group import Span
from garrison.waf.scan import Hits, Scanner
from garrison.waf.screen import Found, Source
from garrison.waf.state import State
from garrison.waf.token import Reading, read_token
from garrison.waf.verdict import RateResult

EVERYTHING = -1
"""Bits of a field that matches whatever is asked of it."""

_UNKNOWN = Span(-1, -1)


class TokenSettings(NamedTuple):
    """What a web ACL says of tokens. Times in seconds."""

    domains: tuple[str, ...] = ()
    challenge_immunity: int = 300
    captcha_immunity: int = 300


class Walk:
    """What is known of one request. Everything is found out when first asked for, and then remembered."""

    __slots__ = (
        "_anchored",
        "_found",
        "_location",
        "_loose",
        "_pending",
        "_plan",
        "_reading",
        "_screened",
        "_steps",
        "_tokens",
        "_values",
        "client_asn",
        "forwarded_asn",
        "known",
        "label_set",
        "labels",
        "now",
        "parts",
        "rates",
        "request",
        "state",
    )

    def __init__(
        self, plan: Plan, request: Request, body_limit: int, state: State, now: float, tokens: TokenSettings
    ) -> None:
        self.request = request
        self.parts = Parts(request, body_limit)
        self.state = state
        self.now = now
        self.labels: list[str] = []
        self.label_set: set[str] = set()
        self.rates: list[RateResult] = []
        self.client_asn: int | None = None
        self.forwarded_asn: int | None = None
        self._pending: list[str] = []
        self._plan = plan
        self._values: dict[int, Values] = {}
        self.known: dict[int, int] = {}
        """What `bits` has answered, by index of the field."""
        self._steps: dict[tuple[int, int], list[bytes]] = {}
        self._loose: dict[bytes, Hits] = {}
        self._anchored: dict[bytes, Hits] = {}
        self._found: dict[tuple[Callable[[bytes], Span | None], bytes], Span | None] = {}
        self._screened: tuple[Mapping[int, int], Mapping[Source, Found]] | None = None
        self._location = request.location
        self._tokens = tokens
        self._reading: Reading | None = None

    # What fields hold.

    def values(self, field: FieldPlan) -> Values:
        """Values of a field, or how matching it is settled."""
        values = self._values.get(field.index)
        if values is None:
            values = self._values[field.index] = field.field.extract(self.parts)
        return values

    def bits(self, field: FieldPlan) -> int:
        """Bits of what was found in a field's values."""
        bits = self.known.get(field.index)
        if bits is None:
            bits = self.known[field.index] = self._look(field) | self._screen()[0].get(field.index, 0)
        return bits

    def screened(self, source: Source) -> Found:
        """Readings of a field in which detectors may find something."""
        return self._screen()[1].get(source, [])

    def _screen(self) -> tuple[Mapping[int, int], Mapping[Source, Found]]:
        if self._screened is None:
            self._screened = self._plan.screen.look(self)
        return self._screened

    def transformed(self, field: FieldPlan, step: int) -> list[bytes]:
        """The field's values after a step of its plan. Only for a field that is not settled."""
        key = (field.index, step)
        done = self._steps.get(key)
        if done is None:
            before, function, _ = field.steps[step]
            if function is None:
                values = self.values(field)
                assert isinstance(values, list)
                done = values
            else:
                done = [function(value) for value in self.transformed(field, before)]
            self._steps[key] = done
        return done

    def _look(self, field: FieldPlan) -> int:
        values = self.values(field)
        if isinstance(values, bool):
            return EVERYTHING if values else 0
        if field.empty:
            return 0
        bits = 0
        many = len(values) > 2
        joined: list[bytes | None] = []
        for index, (before, function, outcome) in enumerate(field.steps):
            if many:
                # Several values at once. Where nothing is found in all of them, nothing is in any.
                blob = None
                if outcome.separable:
                    if function is None:
                        blob = b"\0".join(values)
                    elif (earlier := joined[before]) is not None:
                        blob = function(earlier)
                joined.append(blob)
                if outcome.empty:
                    continue
                loose = outcome.loose
                if loose and blob is not None and not any(id_ in loose for id_ in self.loose(blob)):
                    loose = {}
                if not loose and not outcome.by_value:
                    continue
            elif outcome.empty:
                continue
            else:
                loose = outcome.loose
            by_value, anchored = outcome.by_value, outcome.anchored
            for value in self.transformed(field, index):
                if loose:
                    for id_ in self.loose(value):
                        bits |= loose.get(id_, 0)
                if by_value:
                    bits |= outcome.look(value)
                    if anchored:
                        for id_ in self.anchored(value):
                            bits |= anchored.get(id_, 0)
        return bits

    def loose(self, value: bytes) -> Hits:
        """Patterns without anchors that are in a value."""
        return _scan(self._plan.loose, self._loose, value)

    def anchored(self, value: bytes) -> Hits:
        """Patterns with anchors that match a value."""
        return _scan(self._plan.anchored, self._anchored, value)

    def detect(self, find: Callable[[bytes], Span | None], value: bytes) -> Span | None:
        """What a detector finds in a value."""
        found = self._found.get((find, value), _UNKNOWN)
        if found is _UNKNOWN:
            found = self._found[find, value] = find(value)
        return found

    def oversize(self) -> tuple[str, ...]:
        """The log's oversizeFields: what there was more of than was inspected, of the fields that were."""
        names = {
            field.field.oversize
            for field in self._plan.fields
            if field.field.exceeds is not None and field.index in self._values and field.field.exceeds(self.parts)
        }
        return tuple(sorted(names)) if names else ()

    # Who asks.

    def address(self) -> Address | None:
        """The client's address; None if the door gave none that is one."""
        return parse(self.request.source_ip)

    def location(self) -> Location:
        """Where the client's address is."""
        if self._location is None:
            self._location = self.state.locate(self.request.source_ip)
        return self._location

    def locate(self, address: str) -> Location:
        """Where another address is."""
        return self.state.locate(address)

    def digest(self, key: bytes) -> bytes:
        """What stands for a key in the counters."""
        return hashlib.blake2b(key, digest_size=16, key=self.state.secret).digest()

    def reading(self) -> Reading:
        """The token the request carries. Looking for it labels the request: see the developer guide, "Token labels"."""
        if self._reading is None:
            self._reading = read_token(self.parts, self.state.tokens, self._tokens.domains)
            token = self._reading.token
            state = self.token_state()
            labels = [f"awswaf:managed:token:{state}"]
            if state.startswith("rejected:"):
                labels.insert(0, "awswaf:managed:token:rejected")
            if token is not None:
                labels.append(f"awswaf:managed:token:id:{token.id}")
            solved = self._solved(token.captcha_at if token else 0, self._tokens.captcha_immunity)
            labels.append(f"awswaf:managed:captcha:{solved if token else state}")
            self.later(labels)
        return self._reading

    def token_state(self) -> str:
        """As in `Verdict.token`."""
        token, failure = self.reading()
        if token is None:
            return _STATES[failure]
        return self._solved(token.challenge_at, self._tokens.challenge_immunity)

    @property
    def token_was_read(self) -> bool:
        """Whether a rule has asked for the token."""
        return self._reading is not None

    def _solved(self, at: int, immunity: int) -> str:
        if not at:
            return "rejected:not_solved"
        return "accepted" if self.now < at + immunity else "rejected:expired"

    # What rules add.

    def later(self, labels: Iterable[str]) -> None:
        """Labels that come to be when the rule that is being evaluated is done."""
        self._pending += labels

    def settle(self, labels: Iterable[str] = ()) -> tuple[str, ...]:
        """The end of a rule: add its labels and what has waited. Answers those that are new."""
        new = []
        for label in (*self._pending, *labels):
            if label not in self.label_set:
                self.label_set.add(label)
                self.labels.append(label)
                new.append(label)
        self._pending.clear()
        return tuple(new)


_STATES = {
    "TOKEN_MISSING": "absent",
    "TOKEN_INVALID": "rejected:invalid",
    "TOKEN_DOMAIN_MISMATCH": "rejected:domain_mismatch",
}


def _scan(scanner: Scanner | None, known: dict[bytes, Hits], value: bytes) -> Hits:
    hits = known.get(value)
    if hits is None:
        hits = known[value] = scanner.find(value) if scanner is not None else ()
    return hits
