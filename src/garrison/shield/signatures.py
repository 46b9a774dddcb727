"""What separates an attack from normal traffic: conjunctions of up to three attributes.

Requests of the attack's last seconds stand beside recorded normal ones. A conjunction is worth the requests that it
has beyond what is normal; it may be used if hardly any normal request has it (`BUDGET`). The best is taken, then the
best for what is left, until nearly all of the excess is covered. Of conjunctions that cover about the same, the one is
taken that the fewest normal requests are to be expected to have, even of those never recorded.

Sources are one attribute more: those that ask far more often than any normal one does, together.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from garrison.shield.attributes import PLACE
from garrison.shield.mix import loudness
from garrison.shield.slices import Sample

BUDGET = 0.001
"""Share of recorded normal requests that a signature may hit."""
FEWEST = 100
"""Normal requests without which nothing is said."""
COVER = 0.95
WORTH = 0.03
"""Share of the excess that a signature has to add."""
_VALUES = 10
"""Values of an attribute that are looked at."""
_SHARE = 0.02
_ALIKE = 0.97
_EXPECTED = 0.005
"""Share of normal requests that may be expected to have a signature if its attributes were independent: with few normal
requests recorded, that none of them has it says little."""
_MOST_SOURCES = 10_000
"""Source: WAF quotas, addresses of an IP set."""

SINGLE = (
    "network", "forwarded", "asn", "country", "ja4", "user_agent", "method", "host", "uri", "prefix", "query",
    "argument", "headers", "order", "referrer",
)  # fmt: skip
SOURCES = ("source", "forwarded")
NOVEL = ("argument", "user_agent", "ja4", "country", "asn", "host", "referrer")
"""Attributes of which values never seen are a mark, where the normal ones are few."""
_KNOWN = 10
_WITHOUT = frozenset({"user_agent", "referrer"})
"""Attributes whose absence is one, too."""


class Part(msgspec.Struct, frozen=True, order=True):
    """An attribute, and the values of it that count."""

    dimension: str
    values: tuple[str, ...]
    novel: bool = False
    """True: any value but these, which are the normal ones."""

    def has(self, value: str) -> bool:
        """Whether a value of the attribute is meant."""
        return bool(value) and value not in self.values if self.novel else value in self.values


class Signature(msgspec.Struct, frozen=True):
    """What an attack's requests have in common, and why that is thought."""

    parts: tuple[Part, ...]
    attack: float
    """Share of the requests of the attack's last seconds that have it."""
    normal: float
    """Share of the recorded normal requests that do."""
    recorded: int
    """How many normal requests were asked."""

    def test(self, sample: Sample) -> bool:
        """Whether a request has all of it."""
        values = sample.values
        return all(part.has(values[PLACE[part.dimension]]) for part in self.parts)

    @property
    def ratio(self) -> float:
        """How much likelier a request of the attack is to have it than a normal one."""
        return self.attack / max(self.normal, 1 / (self.recorded + 1))


class _Item:
    __slots__ = ("expected", "mask", "normal", "part")

    def __init__(self, part: Part, mask: int, normal: int, expected: float) -> None:
        self.part = part
        self.mask = mask
        self.normal = normal
        self.expected = expected


def search(
    attack: Sequence[tuple[Sample, float]],
    normal: Sequence[Sample],
    *,
    seconds: float,
    usual: float,
    busiest: dict[str, float],
    spare: Iterable[Sample] = (),
    most: int = 8,
) -> list[Signature]:
    """Signatures for the attack, best first; none where nothing separates it.

    `attack`: requests of its last `seconds`, with the weight each stands for, normal ones among them. `usual`: normal
    requests per second. `busiest`: requests per second of the busiest normal source, by dimension. `spare`: requests
    of this moment that were found to be hit though they are normal: no signature may have them.
    """
    if len(normal) < FEWEST or not attack:
        return []
    protected = [*normal, *spare]
    saved = len(normal)
    weights = [weight for _, weight in attack]
    total = sum(weights)
    excess = total - usual * seconds
    if excess <= 0:
        return []
    items = _items(attack, protected, seconds, busiest)
    allowed = int(BUDGET * saved)
    bound = max(_EXPECTED, 1.01 / (len(protected) + 2))
    spared = ((1 << (len(protected) - saved)) - 1) << saved
    mean = total / len(attack)
    left = (1 << len(attack)) - 1
    found: list[Signature] = []
    covered = 0.0
    while len(found) < most and covered < COVER * excess:
        best = _best(items, left, allowed, spared, len(attack), usual * seconds / saved / mean, bound)
        if best is None:
            break
        gain = (best.mask & left).bit_count() * mean
        if gain < WORTH * excess:
            break
        covered += gain
        left &= ~best.mask
        parts = tuple(sorted(best.parts))
        found.append(
            Signature(parts, best.mask.bit_count() / len(attack), best.normal.bit_count() / len(protected), saved)
        )
    return found


class _Candidate:
    __slots__ = ("expected", "mask", "normal", "parts")

    def __init__(self, parts: tuple[Part, ...], mask: int, normal: int, expected: float) -> None:
        self.parts = parts
        self.mask = mask
        self.normal = normal
        self.expected = expected


def _best(
    items: list[_Item], left: int, allowed: int, spared: int, size: int, usual: float, bound: float
) -> _Candidate | None:
    """The best candidate for what is left. `usual`: attack samples that one normal request stands for."""
    least = max(3, int(_SHARE * size))
    singles = [
        _Candidate((item.part,), item.mask, item.normal, item.expected)
        for item in items
        if (item.mask & left).bit_count() >= least
    ]
    found: list[tuple[float, _Candidate]] = []
    level = singles
    for width in (1, 2, 3):
        grown: list[_Candidate] = []
        for candidate in level:
            hit = candidate.normal & ~spared
            if candidate.expected <= bound and not candidate.normal & spared and hit.bit_count() <= allowed:
                gain = (candidate.mask & left).bit_count() - hit.bit_count() * usual
                found.append((gain, candidate))
            if width < 3:
                grown.append(candidate)
        if width == 3:
            break
        # The most of the attack first; a bounded number of them.
        grown.sort(key=lambda one: (one.mask & left).bit_count(), reverse=True)
        level = _wider(grown[:120], singles, left, least)
    if not found:
        return None
    most = max(gain for gain, _ in found)
    alike = [candidate for gain, candidate in found if gain >= _ALIKE * most]
    # An attribute that everybody has makes a signature no narrower: only halves count.
    return min(alike, key=lambda one: (one.normal.bit_count(), round(math.log2(one.expected)), len(one.parts)))


def _wider(level: list[_Candidate], singles: list[_Candidate], left: int, least: int) -> list[_Candidate]:
    found: dict[frozenset[Part], _Candidate] = {}
    for candidate in level:
        names = {part.dimension for part in candidate.parts}
        for single in singles:
            part = single.parts[0]
            if part.dimension in names:
                continue
            key = frozenset((*candidate.parts, part))
            if key in found:
                continue
            mask = candidate.mask & single.mask
            if (mask & left).bit_count() < least:
                continue
            found[key] = _Candidate(
                (*candidate.parts, part), mask, candidate.normal & single.normal, candidate.expected * single.expected
            )
    return list(found.values())


def _items(
    attack: Sequence[tuple[Sample, float]], normal: Sequence[Sample], seconds: float, busiest: dict[str, float]
) -> list[_Item]:
    parts: list[Part] = []
    least = max(3.0, _SHARE * len(attack))
    for name in SINGLE:
        place = PLACE[name]
        counts = Counter([sample.values[place] for sample, _ in attack])
        for value, count in counts.most_common(_VALUES):
            if count >= least and (value or name in _WITHOUT):
                parts.append(Part(name, (value,)))
    for name in SOURCES:
        busy = _busy(attack, normal, name, seconds, busiest.get(name))
        if busy:
            parts.append(Part(name, tuple(sorted(busy))))
    for name in NOVEL:
        place = PLACE[name]
        before = Counter([sample.values[place] for sample in normal if sample.values[place]])
        known = before.most_common(_KNOWN)
        if known and sum(before.values()) - sum(count for _, count in known) <= BUDGET * len(normal):
            parts.append(Part(name, tuple(sorted(value for value, _ in known)), novel=True))
    found = []
    for part in parts:
        place = PLACE[part.dimension]
        many = frozenset(part.values)
        has: Callable[[str], bool] = part.has if part.novel else many.__contains__
        mask = _mask([has(sample.values[place]) for sample, _ in attack])
        own = _mask([has(sample.values[place]) for sample in normal])
        # With a share of one that was never seen, as if two more had been asked.
        found.append(_Item(part, mask, own, (own.bit_count() + 1) / (len(normal) + 2)))
    return found


def _mask(bits: list[bool]) -> int:
    return int("".join(["1" if bit else "0" for bit in reversed(bits)]), 2)


def _busy(
    attack: Sequence[tuple[Sample, float]],
    normal: Sequence[Sample],
    dimension: str,
    seconds: float,
    busiest: float | None,
) -> set[str]:
    """Sources that ask more than twice as often as the busiest normal one, within the budget of normal requests."""
    if busiest is None:
        return set()
    place = PLACE[dimension]
    counts: dict[str, float] = {}
    times: Counter[str] = Counter()
    for sample, weight in attack:
        if source := sample.values[place]:
            counts[source] = counts.get(source, 0.0) + weight
            times[source] += 1
    line = loudness(busiest, seconds)
    busy = {source: count for source, count in counts.items() if count > line and times[source] > 2}
    if not busy:
        return set()
    before = Counter([sample.values[place] for sample in normal if sample.values[place] in busy])
    taken: set[str] = set()
    spent, allowed = 0, BUDGET * len(normal)
    for source in sorted(busy, key=lambda one: (before[one] / busy[one], -busy[one])):
        spent += before[source]
        if spent > allowed or len(taken) >= _MOST_SOURCES:
            break
        taken.add(source)
    return taken


def explain(signature: Signature) -> str:
    """One sentence: what it looks for and what speaks for it."""
    what = " and ".join([_said(part) for part in signature.parts])
    return (
        f"{what}: {signature.attack:.1%} of the attack's requests, {signature.normal:.2%} of {signature.recorded} "
        f"recorded normal ones (at least {signature.ratio:.0f} times likelier in the attack)"
    )


_NAMES = {
    "user_agent": "user agent", "uri": "path", "prefix": "path below", "argument": "first query argument",
    "ja4": "JA4 fingerprint", "asn": "autonomous system", "order": "header order", "forwarded": "forwarded",
    "headers": "set of usual headers",
}  # fmt: skip


def _said(part: Part) -> str:
    name = _NAMES.get(part.dimension, part.dimension)
    if len(part.values) > 1:
        return (
            f"one of {len(part.values)} {part.dimension} addresses that ask more than twice as often as any normal one"
        )
    if part.dimension == "query":
        return "a query string" if part.values[0] == "yes" else "no query string"
    return f"no {name}" if not part.values[0] else f"{name} {part.values[0]!r}"
