"""GuardDuty's lists of trusted and threatening addresses, in every region that is assessed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.api import Api, Refused, pages, readable
from garrison.checks.fact import fact

_KINDS = (("IPSet", "IpSet", "ipset"), ("ThreatIntelSet", "ThreatIntelSet", "threatintelset"))
"""A list's name in operations, in parameters, and in ARNs."""


@fact(
    "threat-lists",
    *("guardduty:ListDetectors", "guardduty:ListIPSets", "guardduty:GetIPSet"),
    *("guardduty:ListThreatIntelSets", "guardduty:GetThreatIntelSet"),
)
def threat_lists(api: Api) -> list[dict[str, Any]]:
    """For each list: `Region`, `DetectorId`, `Kind` (as in ARNs), `Id`, `Name`, `Status`."""
    return [one for place in api.regional() for one in _lists(place)]


def _lists(api: Api) -> Iterator[dict[str, Any]]:
    for detector in pages(api, "guardduty", "ListDetectors", "DetectorIds"):
        for name, member, kind in _KINDS:
            ids = list(pages(api, "guardduty", f"List{name}s", f"{member}Ids", DetectorId=detector))
            asked = [{"DetectorId": detector, f"{member}Id": id} for id in ids]
            found = readable(f"guardduty:Get{name}", api.several("guardduty", f"Get{name}", asked))
            for id, one in zip(ids, found, strict=True):
                if not isinstance(one, Refused):
                    yield {
                        "Region": api.region,
                        "DetectorId": detector,
                        "Kind": kind,
                        "Id": id,
                        "Name": one["Name"],
                        "Status": one["Status"],
                    }
