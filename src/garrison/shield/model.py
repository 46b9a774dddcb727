"""The traffic of one resource: what is normal, whether it is attacked, what is done about it.

A second is looked at once, when it is over. Calm seconds become part of what is normal a while later, so that the
beginning of an attack never does. An attack begins when at least three of five seconds are far beyond what is expected
and the traffic is not made up as it was (or the application suffers); it is over when it was near what is expected for
a while.
"""

from __future__ import annotations

import enum
import math
import random
from collections import deque

import msgspec

from garrison.shield.baseline import Rates
from garrison.shield.event import Event
from garrison.shield.familiar import Familiar
from garrison.shield.mix import Mix
from garrison.shield.response import Response
from garrison.shield.signatures import FEWEST, Signature
from garrison.shield.slices import Answers, Sample, Slice
from garrison.shield.suffering import suffering
from garrison.shield.suspicion import Suspicion

FLOOR = 20.0
"""Requests per second that are never an attack."""
TIMES = 4.0
TIMES_SUFFERING = 2.0
_MOST_TIMES = 10.0
_OF, _ENOUGH = 5, 3
_NEAR = 1.5
_WINDOW = 5
_NORMAL = 8000
"""Normal requests that are remembered."""
_KEPT_YOUNG, _KEPT = 50, 4
"""Requests of a second that are remembered, until there are enough and afterwards."""
_RING = 3600
_LATE = 3


class Learning(enum.StrEnum):
    """How long traffic is watched before anything is called an attack, and when one is over."""

    NORMAL = "normal"
    FAST = "fast"
    """For tests and demonstrations: ten seconds are enough, and ten quiet ones end an attack."""

    @property
    def seconds(self) -> int:
        """Calm seconds that make a baseline."""
        return 600 if self is Learning.NORMAL else 10

    @property
    def delay(self) -> int:
        """Seconds until a calm second counts as normal."""
        return 10 if self is Learning.NORMAL else 3

    @property
    def quiet(self) -> int:
        """Seconds near what is expected after which an attack is over."""
        return 60 if self is Learning.NORMAL else 10


class Second(msgspec.Struct):
    """One second of a resource."""

    second: int
    requests: int = 0
    refused: int = 0
    size: int = 0
    samples: list[tuple[Sample, float]] = []
    answers: Answers | None = None
    high: bool = False


class Step(msgspec.Struct):
    """What the last look changed."""

    opened: Event | None = None
    closed: Event | None = None
    rules: bool = False
    """Whether `Model.rules` are others than before."""
    seconds: list[Second] = []
    """What was looked at."""


class Memory(msgspec.Struct):
    """What outlives a restart."""

    rates: Rates
    normal: list[Sample]
    busiest: dict[str, float] = {}


class Model:
    """One resource. Not for several threads at once."""

    def __init__(
        self,
        resource: str,
        learning: Learning = Learning.NORMAL,
        memory: Memory | None = None,
        seed: int = 1,
        *,
        mitigates: bool = True,
    ) -> None:
        """`mitigates`: whether rules against attacks are looked for, or attacks only told of."""
        self.resource = resource
        self._mitigates = mitigates
        self.learning = learning
        self.rates = Rates() if memory is None else memory.rates
        self.normal: list[Sample] = [] if memory is None else memory.normal
        self.mix = Mix()
        self.event: Event | None = None
        self.response = Response()
        self.suspicion: Suspicion | None = None
        """How suspicious requests are, while there is an attack."""
        self.ring: deque[tuple[int, int, int]] = deque(maxlen=_RING)
        """(second, requests, refused) of the last hour."""
        self.distances: dict[str, float] = {}
        """Of the last seconds' mix, where it was last looked at."""
        self._open: dict[int, Second] = {}
        self._last: int | None = None
        self._window: deque[Second] = deque(maxlen=_WINDOW)
        self._pending: deque[Second] = deque()
        self._stretch: list[Second] = []
        self._quiet = 0
        self._random = random.Random(seed)  # noqa: S311 - which samples are kept is no secret
        self._familiar = Familiar()
        self._refreshed = 0
        self._normal_answers: deque[Answers] = deque(maxlen=600)
        if memory is not None:
            self.mix.remember(memory.busiest)
            self._refresh()

    # What comes in.

    def add(self, part: Slice) -> None:
        """A part of a second. One that comes a little after its second was looked at counts for the next."""
        at = part.second
        if self._last is not None and at <= self._last:
            if at < self._last - _LATE:
                return
            at = self._last + 1
        bucket = self._open.setdefault(at, Second(at, samples=[]))
        bucket.requests += part.requests
        bucket.refused += part.refused
        bucket.size += part.size
        if part.samples:
            weight = part.requests / len(part.samples)
            bucket.samples += [(sample, weight) for sample in part.samples]

    def take(self, whole: Second) -> None:
        """A whole second, put together elsewhere."""
        if self._last is None or whole.second > self._last:
            self._open[whole.second] = whole

    def answers(self, part: Answers) -> None:
        """How the application did; for the next second that is looked at, if it comes after its own."""
        at = part.second if self._last is None else max(part.second, self._last + 1)
        self._open.setdefault(at, Second(at, samples=[])).answers = part

    def tick(self, now: float) -> Step:
        """Look at every second that is over by `now`."""
        until = math.floor(now) - 1
        step = Step()
        if self._last is None:
            if not self._open:
                return step
            self._last = min(self._open) - 1
        if until - self._last > 120:
            # Nobody looked for long: what was in between is not known to have been quiet.
            self._last = until - 10
            self._open = {second: one for second, one in self._open.items() if second > self._last}
        while self._last < until:
            self._last += 1
            self._look(self._open.pop(self._last, Second(self._last, samples=[])), step)
        return step

    # What is known.

    @property
    def ready(self) -> bool:
        """Whether enough is known to tell an attack."""
        return self.rates.seen >= self.learning.seconds and len(self.normal) >= FEWEST

    @property
    def rules(self) -> list[tuple[Signature, bool]]:
        """(signature, whether it acts or is only counted) in the order of their making."""
        return [(rule.signature, rule.acting) for rule in self.response.standing]

    def offenders(self, event: Event) -> list[str]:
        """Addresses that attacked, and were not known as normal before."""
        return [source for source in event.offenders if not self._familiar.knows(source)]

    def memory(self) -> Memory:
        """What to keep for the next time."""
        return Memory(self.rates, self.normal, self.mix.busiest)

    def line(self, second: int) -> tuple[float, float]:
        """(requests per second that are expected, from how many on they are too many)."""
        expected, scatter = self.rates.expected(second)
        times = min(_MOST_TIMES, max(TIMES, math.exp(6 * scatter)))
        return expected, max(FLOOR, times * expected)

    # One second.

    def _look(self, one: Second, step: Step) -> None:
        step.seconds = [*step.seconds, one]
        self.ring.append((one.second, one.requests, one.refused))
        expected, line = self.line(one.second)
        one.high = one.requests > line
        self._window.append(one)
        if self.event is None:
            self._pending.append(one)
            if self.ready:
                self._judge(one, expected, step)
            if self.event is None:
                self._absorb(one.second)
                return
        self._go_on(one, expected, step)

    def _judge(self, one: Second, expected: float, step: Step) -> None:
        """Whether it is an attack: far too many requests of another make-up, or that the application cannot bear.

        Where the application suffers, half as many are too many.
        """
        troubles = self._troubles()
        least = max(FLOOR, TIMES_SUFFERING * expected) if troubles else math.inf
        high = [each for each in self._window if each.high or each.requests > least]
        if len(high) < _ENOUGH:
            return
        beyond = sum(each.high for each in high) >= _ENOUGH
        weighted = [pair for each in high for pair in each.samples]
        self.distances = self.mix.distances(weighted, len(high))
        moved = {name: far for name, far in self.distances.items() if far > self.mix.threshold(name)}
        if not moved and not (beyond and troubles):
            return
        moved |= troubles
        self.event = step.opened = Event(high[0].second, one.second, expected, moved, self.learning)
        self.response = Response()
        self._quiet = 0
        self._pending.clear()
        self._stretch.clear()
        for each in high[:-1] if high[-1] is one else high:
            self.event.add(each.requests, each.refused, each.size, each.samples)

    def _troubles(self) -> dict[str, float]:
        return suffering([each.answers for each in self._window if each.answers], self._normal_answers)

    def _go_on(self, one: Second, expected: float, step: Step) -> None:
        assert self.event is not None
        self.event.add(one.requests, one.refused, one.size, one.samples)
        recent = sum(each.requests for each in self._window) / len(self._window)
        self._quiet = self._quiet + 1 if recent < max(_NEAR * expected, FLOOR / 2) else 0
        if self._quiet >= self.learning.quiet:
            self.event.ended = one.second - self._quiet + 1
            step.closed, self.event = self.event, None
            step.rules = step.rules or bool(self.response.standing)
            self.response.end(one.second)
            self.suspicion = None
            self._window.clear()
            return
        if self._mitigates:
            self._mitigate(one, expected, step)

    def _mitigate(self, one: Second, expected: float, step: Step) -> None:
        assert self.event is not None
        busiest = self.mix.busiest
        window = [pair for each in self._window for pair in each.samples]
        changed = self.response.step(
            one.second, window, self.normal, seconds=len(self._window), usual=expected, busiest=busiest,
            familiar=self._familiar.now(window, busiest, len(self._window)), urgent=bool(self._troubles()),
        )  # fmt: skip
        step.rules = step.rules or changed
        if self.event.mitigated is None and any(acting for _, acting in self.rules):
            self.event.mitigated = one.second
        if self.suspicion is None or one.second % _WINDOW == 0:
            self.suspicion = Suspicion.fit([sample for sample, _ in window], self.normal)

    # What is normal.

    def _absorb(self, second: int) -> None:
        while self._pending and self._pending[0].second <= second - self.learning.delay:
            one = self._pending.popleft()
            self.rates.add(one.second, one.requests)
            if one.answers is not None:
                self._normal_answers.append(one.answers)
            passed = [sample for sample, _ in one.samples if not sample.refused]
            if len(self.normal) < _NORMAL:
                self.normal += passed if len(passed) <= _KEPT_YOUNG else self._random.sample(passed, _KEPT_YOUNG)
            elif passed:
                for sample in self._random.sample(passed, min(_KEPT, len(passed))):
                    self.normal[self._random.randrange(_NORMAL)] = sample
            self._stretch.append(one)
            if len(self._stretch) == _WINDOW:
                self._learn()

    def _learn(self) -> None:
        weighted = [pair for each in self._stretch for pair in each.samples]
        self._stretch = []
        if not weighted:
            return
        self._refreshed += 1
        if self._refreshed % 2 == 1:
            self._refresh()
        self.mix.learn(weighted, _WINDOW)
        self.mix.count_sources(weighted, _WINDOW)

    def _refresh(self) -> None:
        self.mix.refresh(self.normal)
        self._familiar.refresh(self.normal)
