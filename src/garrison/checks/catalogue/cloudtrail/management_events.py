"""Everything that is managed is recorded, reads and writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.check import Fix, Outcome, aws, check, failed, not_applicable, passed
from garrison.checks.snapshot import Snapshot


@check(
    "cloudtrail.management-events",
    "Some trail records every management event, reads and writes, of all services",
    severity="high",
    cells=("cloudtrail/logging/customer", "*/logging/customer"),
    needs=("trails",),
    why="An intruder looks round before taking anything: those are reads.",
)
def management_events(account: Snapshot) -> Iterator[Outcome]:
    trails = account.fact("trails")
    if not trails:
        yield not_applicable(account.root, "there are no trails")
        return
    whole = [trail for trail in trails if (trail["Status"] or {}).get("IsLogging") and _all(trail["Selectors"])]
    if whole:
        yield passed(whole[0]["TrailARN"], "every management event is recorded")
        return
    trail = trails[0]
    selector = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
    command = aws("cloudtrail", "put-event-selectors", region=trail["HomeRegion"], trail_name=trail["Name"])
    commands = (f"{command} --event-selectors {_quoted(selector)}",)
    fix = Fix(commands, account.account, "It replaces the trail's selectors: add those of its data events.")
    yield failed(trail["TrailARN"], "some management events are not recorded", fix=fix)


def _all(selectors: dict[str, Any] | None) -> bool:
    """Whether selectors (the older or the advanced ones) take every management event."""
    if selectors is None:
        return False
    for one in selectors.get("EventSelectors") or ():
        if (
            one.get("IncludeManagementEvents", True)
            and one.get("ReadWriteType", "All") == "All"
            and not one.get("ExcludeManagementEventSources")
        ):
            return True
    for one in selectors.get("AdvancedEventSelectors") or ():
        fields = {field["Field"]: field for field in one["FieldSelectors"]}
        # Any further field (readOnly, eventSource, ...) leaves something out.
        if fields.keys() == {"eventCategory"} and fields["eventCategory"].get("Equals") == ["Management"]:
            return True
    return False


def _quoted(value: Any) -> str:
    import json
    import shlex

    return shlex.quote(json.dumps(value))
