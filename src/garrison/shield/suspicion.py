"""How suspicious a single request is while its resource is attacked: what the Anti-DDoS rule group goes by.

The likelihood ratio of a request's attributes, attack to normal, as if they were independent. Where it is cut is said
by the normal requests themselves: hardly any of them (0.1 %, 1 %, 5 %) are above the cuts of high, medium and low.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import msgspec

from garrison.shield.attributes import PLACE
from garrison.shield.signatures import FEWEST
from garrison.shield.slices import Sample

LEVELS = (("high", 0.001), ("medium", 0.01), ("low", 0.05))
"""Source of the names: WAF developer guide, Anti-DDoS rule group. The shares are ours: AWS publishes none."""
_USED = (
    "source", "network", "forwarded", "asn", "country", "ja4", "user_agent", "method", "host", "uri", "query",
    "argument", "headers", "order", "referrer",
)  # fmt: skip
_VALUES = 200
_LEAST = (math.log(100), math.log(20), math.log(5))
"""A request is not called suspicious below these, however few normal ones are above."""


class Suspicion(msgspec.Struct, frozen=True):
    """What tells an attack's requests from normal ones. `level(values)` of `attributes`."""

    tables: dict[str, tuple[dict[str, float], float]]
    """Attribute -> (logarithms of the ratio by value, that of values seen in neither)."""
    cuts: tuple[float, float, float]

    @staticmethod
    def fit(attack: Sequence[Sample], normal: Sequence[Sample]) -> Suspicion | None:
        """From the attack's last requests, normal ones among them; None where too little is known."""
        if len(normal) < FEWEST or not attack:
            return None
        tables: dict[str, tuple[dict[str, float], float]] = {}
        for name in _USED:
            place = PLACE[name]
            now = Counter([sample.values[place] for sample in attack])
            before = Counter([sample.values[place] for sample in normal])
            kept = {value for value, _ in now.most_common(_VALUES)} | {v for v, _ in before.most_common(_VALUES)}
            table = {
                value: math.log((now[value] + 1) / (len(attack) + 2) / ((before[value] + 1) / (len(normal) + 2)))
                for value in kept
            }
            other_now = sum(count for value, count in now.items() if value not in kept)
            other_before = sum(count for value, count in before.items() if value not in kept)
            other = math.log((other_now + 1) / (len(attack) + 2) / ((other_before + 1) / (len(normal) + 2)))
            tables[name] = (table, min(other, 2.0))
        scores = sorted([_score(tables, sample.values) for sample in normal], reverse=True)
        cuts = [max(least, scores[int(share * len(scores))]) for (_, share), least in zip(LEVELS, _LEAST, strict=True)]
        return Suspicion(tables, (cuts[0], cuts[1], cuts[2]))

    def level(self, values: Sequence[str]) -> str | None:
        """`high`, `medium`, `low`, or None for a request that is not suspicious."""
        score = _score(self.tables, values)
        return next((name for (name, _), cut in zip(LEVELS, self.cuts, strict=True) if score > cut), None)


def _score(tables: dict[str, tuple[dict[str, float], float]], values: Sequence[str]) -> float:
    score = 0.0
    for name, (table, other) in tables.items():
        found = table.get(values[PLACE[name]])
        score += other if found is None else found
    return score
