"""What an attack did, to whom, and what was done about it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.edge.flood import Crowd

from bench._floods.attacks import Attack, Defender
from bench._floods.defenders import Garrison, Seen

REFUSED = frozenset({403, 429})
_OURS = ("127.0.1.", "198.18.")
"""Where legitimate requests come from."""
HEAD = (
    "| attack | defender | offered/s (x capacity) | detected | mitigated | refused then | legitimate answered "
    "before / until mitigated / then | their p99 (ms) | of them refused | |\n|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Span:
    """Legitimate clients, for a while."""

    answered: float
    """Share."""
    p99: float
    """Seconds."""


@dataclass(frozen=True)
class Figures:
    """One row."""

    attack: str
    defender: str
    requests: bool
    offered: float
    """Requests per second."""
    detected: float | None
    mitigated: float | None
    """Seconds from the attack's start until nine of ten of its requests were refused."""
    refused: float | None
    """Share of the attack's requests from then on; None if there were none."""
    spans: tuple[Span, Span, Span]
    collateral: float
    """Share of legitimate requests that were refused."""
    told: str

    def row(self, capacity: float) -> str:
        """In Markdown."""
        offered = f"{self.offered:.0f} ({self.offered / capacity:.1f} x)" if self.requests else "-"
        answered = " / ".join([f"{span.answered:.1%}" for span in self.spans])
        p99 = " / ".join([f"{span.p99 * 1000:.0f}" for span in self.spans])
        refused = "-" if not self.requests or self.refused is None else f"{self.refused:.1%}"
        cells = (
            self.attack, self.defender, offered, _seconds(self.detected), _seconds(self.mitigated), refused,
            answered, p99, f"{self.collateral:.2%}", self.told,
        )  # fmt: skip
        return f"| {' | '.join(cells)} |"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def figures(
    attack: Attack, defender: Defender, crowd: Crowd, seen: Sequence[Seen], wall: float, began: float, ended: float,
    detected: float | None, told: str,
) -> Figures:  # fmt: skip
    """Of one attack, which began at `wall` (time of day) and `began` (monotonic)."""
    hostile = [one for one in seen if one.time >= wall and not one.source.startswith(_OURS)]
    length = ended - began
    by_second: dict[int, Counter[bool]] = {}
    for one in hostile:
        by_second.setdefault(int(one.time - wall), Counter())[one.status in REFUSED] += 1
    mitigated = next((float(s + 1) for s, n in sorted(by_second.items()) if n[True] >= 0.9 * n.total()), None)
    # Of what only connects, nothing is to be told but how others fare.
    since = mitigated if attack.requests and mitigated is not None else 0.0
    then = [one.status in REFUSED for one in hostile if wall + since <= one.time < wall + length]
    marks = (began - 3, began, began + since, ended)
    spans = [
        Span(crowd.share(200, since=a, until=b), crowd.p99(since=a, until=b)) for a, b in itertools.pairwise(marks)
    ]
    if not since:
        spans[1] = spans[2]
    return Figures(
        attack.name, defender.name, attack.requests, len(hostile) / length, detected,
        mitigated if attack.requests else None, sum(then) / len(then) if then else None, (spans[0], spans[1], spans[2]),
        crowd.share(*REFUSED, since=began, until=ended), told,
    )  # fmt: skip


def aims(rows: Sequence[Figures], capacity: float) -> list[str]:
    """What was missed, by Garrison, and the worst of everything."""
    ours = [row for row in rows if row.defender == Garrison.name]
    missed = []
    for row in ours:
        wrong = {
            "legitimate answered": row.spans[2].answered < 0.99,
            "legitimate refused": row.collateral >= 0.005,
            "detected": row.requests and (row.detected is None or row.detected > 10),
            "mitigated": row.requests and (row.mitigated is None or row.mitigated > 20),
            "refused": row.requests and (row.refused is None or row.refused < 0.95),
            "offered": row.requests and row.offered < 3 * capacity,
        }
        missed += [f"missed: {what} ({row.attack})" for what, is_wrong in wrong.items() if is_wrong]
    floods = [row for row in ours if row.requests and row.mitigated is not None]
    if floods:
        slowest = max(floods, key=lambda row: row.mitigated or 0)
        print(f"\nslowest to be mitigated: {slowest.attack}, {slowest.mitigated} s")
        weakest = min(floods, key=lambda row: row.refused or 0)
        print(f"least refused: {weakest.attack}, {weakest.refused or 0:.2%}")
    if ours:
        worst = min(ours, key=lambda row: row.spans[2].answered)
        print(f"legitimate clients fared worst in: {worst.attack}, {worst.spans[2].answered:.2%} answered")
    return missed
