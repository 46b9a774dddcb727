"""What is done is recorded."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, behaviour, failed, passed
from garrison.checks.probe import Probe
from garrison.checks.reasoning.recorded import events_of
from garrison.checks.snapshot import Snapshot


@behaviour(
    "cloudtrail.call-recorded",
    "A call that changes something is in the record, with who made it",
    severity="high",
    cells=("cloudtrail/logging/customer", "*/logging/customer"),
    why="What is not recorded did not happen, for whoever looks into it later.",
)
def call_recorded(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    with probe.user() as person:
        events = events_of(probe, "CreateUser", person.name)
        if events and (events[0].get("userIdentity") or {}).get("arn"):
            observed = {"eventID": events[0].get("eventID"), "by": events[0]["userIdentity"]["arn"]}
            yield passed(account.root, "the making of a throw-away user is in the record", observed)
        else:
            yield failed(account.root, "the making of a throw-away user is not in the record", {"found": len(events)})
