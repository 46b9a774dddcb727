"""An edge without an edge: requests of a simulated clock through the engine, and its rules through WAF's."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from garrison.shield import Event, Learning, Model, Sample, Slice, attributes
from garrison.shield.rules import address_sets, rule, within
from garrison.shield.slices import Answers
from garrison.waf import CompiledWebAcl, State, compile_web_acl

from .traffic import Make

START = 1_800_000_000
ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/0123456789abcdef"
SAMPLED = 250


@dataclass
class Tally:
    """What became of requests, by second: (legitimate, refused of them, attack, refused of them)."""

    seconds: dict[int, list[int]] = field(default_factory=dict)
    detected: int | None = None
    mitigated: int | None = None
    events: list[Event] = field(default_factory=list)

    def share(self, kind: int, since: int, until: int) -> float:
        """Refused share of one kind (0 legitimate, 1 attack) in some seconds."""
        rows = [row for second, row in self.seconds.items() if since <= second < until]
        return sum(row[2 * kind + 1] for row in rows) / max(1, sum(row[2 * kind] for row in rows))


class Simulation:
    """`run(seconds, rate, people, attack_rate, attack)` as often as wanted; the clock goes on."""

    def __init__(self, seed: int, learning: Learning = Learning.FAST, sampled: int = SAMPLED) -> None:
        self.rng = random.Random(seed)
        self.model = Model(ARN, learning)
        self.now = START
        self.tally = Tally()
        self._sampled = sampled
        self._state = State()
        self._acl = self._compiled()

    def _compiled(self) -> CompiledWebAcl:
        signatures = [signature for signature, _ in self.model.rules]
        sets = address_sets(signatures)
        made = [rule(one, "Block" if acts else "Count", n) for n, (one, acts) in enumerate(self.model.rules)]
        known = {one.name: {"Addresses": one.addresses, "IPAddressVersion": one.version} for one in sets}
        visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
        document = {
            "Name": "shop", "Rules": within(made, sets), "DefaultAction": {"Allow": {}}, "VisibilityConfig": visible,
        }  # fmt: skip
        return compile_web_acl(document, known.get)

    def run(
        self,
        seconds: int,
        rate: float,
        people: Make,
        attack_rate: float = 0,
        attack: Make | None = None,
        *,
        failing: float = 0.0,
        unhealthy: float = 0.0,
    ) -> None:
        """So many seconds; rates are of requests per second, and vary as such things do.

        `failing`: share of the passed requests that the application fails.
        """
        for _ in range(seconds):
            legitimate = [people(self.rng) for _ in range(self._count(rate))]
            hostile = [] if attack is None else [attack(self.rng) for _ in range(self._count(attack_rate))]
            row = self.tally.seconds[self.now] = [len(legitimate), 0, len(hostile), 0]
            samples = []
            for kind, requests in ((0, legitimate), (1, hostile)):
                for request in requests:
                    refused = bool(self.model.rules) and self._acl.inspect(request, self._state, self.now).blocked
                    row[2 * kind + 1] += refused
                    samples.append(Sample(attributes(request, request.location), refused))
            kept = samples if len(samples) <= self._sampled else self.rng.sample(samples, self._sampled)
            self.model.add(Slice(ARN, self.now, len(samples), row[1] + row[3], samples=kept))
            passed = len(samples) - row[1] - row[3]
            self.model.answers(Answers(self.now, passed, round(failing * passed), 0.02, unhealthy))
            self.now += 1
            self._tick()

    def _count(self, rate: float) -> int:
        return max(0, round(self.rng.gauss(rate, rate**0.5)))

    def _tick(self) -> None:
        step = self.model.tick(self.now)
        if step.opened is not None:
            self.tally.detected = self.tally.detected or self.now
            self.tally.events.append(step.opened)
        if step.rules:
            self._acl = self._compiled()
            if self.tally.mitigated is None and any(acts for _, acts in self.model.rules):
                self.tally.mitigated = self.now
