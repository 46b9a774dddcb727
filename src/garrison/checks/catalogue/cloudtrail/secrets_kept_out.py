"""The record tells no secrets."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, behaviour, failed, passed
from garrison.checks.probe import Probe
from garrison.checks.reasoning.recorded import events_of
from garrison.checks.snapshot import Snapshot


@behaviour(
    "cloudtrail.secrets-kept-out",
    "The record of a new access key holds its id, and not its secret",
    severity="high",
    cells=("cloudtrail/logging/customer", "cloudtrail/data/customer"),
    why="Whoever may read the record would have everybody's keys.",
)
def secrets_kept_out(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    with probe.user() as person:
        events = events_of(probe, "CreateAccessKey", person.name)
        told = [event for event in events if person.keys.secret_access_key in str(event)]
        if told:
            yield failed(
                account.root, "the record holds the secret of a new access key", {"eventName": "CreateAccessKey"}
            )
        elif events:
            yield passed(account.root, "the record holds no secret of a new access key", {"events": len(events)})
        else:
            yield failed(account.root, "the making of an access key is not in the record")
