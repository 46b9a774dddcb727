"""One resource or protection group that is watched, and its attack, if there is one."""

from __future__ import annotations

import time

from garrison.access.floods import ResourceStatus, RuleStatus
from garrison.shield import Event, Model
from garrison.shield.model import Step
from garrison.shield.rules import name_of
from garrison.shield.signatures import explain

_MINUTE = 60


class Watched:
    """What the watcher knows of it. `resource` is an ARN."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.attack: str | None = None
        self.event: Event | None = None
        self.mitigations: list[str] = []
        self.stored = False
        """Whether its rules are in its web ACL: automatic response is enabled."""
        self.recorded = 0.0
        self.told: list[dict[str, str]] = []
        self.about: dict[str, object] = {}
        """What else an attack's record is to explain."""

    def tick(self, now: float) -> Step:
        """Look at the seconds that are over."""
        step = self.model.tick(now)
        for signature, acts in self.model.rules:
            name = name_of(signature)
            if acts and name not in self.mitigations:
                self.mitigations.append(name)
        return step

    def status(self) -> ResourceStatus:
        """For people and metrics."""
        model, event = self.model, self.event
        expected, line = model.line(int(time.time()))
        return ResourceStatus(
            resource=model.resource,
            learning=str(model.learning),
            ready=model.ready,
            learned=model.rates.seen,
            needed=model.learning.seconds,
            expected=round(expected, 2),
            line=round(line, 1),
            rates=[(requests, refused) for _, requests, refused in list(model.ring)[-_MINUTE:]],
            distances={name: round(far, 3) for name, far in model.distances.items()},
            attack=self.attack,
            started=None if event is None else event.started,
            sources=0 if event is None else event.distinct.count(),
            vectors={} if event is None else dict.fromkeys(event.vectors, event.volumes),
            rules=[
                RuleStatus(name_of(signature), acts, self.stored, explain(signature)) for signature, acts in model.rules
            ],
        )
