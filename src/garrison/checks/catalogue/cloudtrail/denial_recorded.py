"""What was refused is recorded as well."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.checks.check import Outcome, behaviour, failed, passed
from garrison.checks.probe import Probe
from garrison.checks.reasoning.recorded import events_of
from garrison.checks.snapshot import Snapshot


@behaviour(
    "cloudtrail.denial-recorded",
    "A call that was refused is in the record, with the refusal",
    severity="medium",
    cells=("cloudtrail/logging/customer", "*/logging/customer"),
    why="An intruder tries what it may not do first; that is when it can be noticed.",
)
def denial_recorded(account: Snapshot, probe: Probe) -> Iterator[Outcome]:
    with probe.user() as person:
        probe.call("iam", "DeleteUser", {"UserName": person.name}, keys=person.keys)
        events = events_of(probe, "DeleteUser", person.name)
        refused = [event for event in events if "AccessDenied" in str(event.get("errorCode"))]
        if refused:
            yield passed(account.root, "a refused call is in the record", {"errorCode": refused[0]["errorCode"]})
        else:
            yield failed(account.root, "a refused call is not in the record", {"found": len(events)})
