"""Finding in the record what a check has just done."""

from __future__ import annotations

import json
import time
from typing import Any

from garrison.checks.api import NotRead
from garrison.checks.probe import Probe

_TAKES = 5.0
"""Seconds for which the record may be behind. AWS's own may be behind by minutes: there, nobody knows."""


def events_of(probe: Probe, name: str, user: str) -> list[dict[str, Any]]:
    """Events of that name about a throw-away user, newest first. Raises `NotRead` where the record cannot be read."""
    asked = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}], "MaxResults": 50}
    deadline = time.monotonic() + _TAKES
    while True:
        answer = probe.call("cloudtrail", "LookupEvents", asked, keys=probe.own)
        if not answer.ok:
            raise NotRead("cloudtrail:LookupEvents", f"{answer.code}: {answer.message}")
        events = [json.loads(event["CloudTrailEvent"]) for event in answer.output.get("Events", ())]
        found = [e for e in events if (e.get("requestParameters") or {}).get("userName") == user]
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.2)
