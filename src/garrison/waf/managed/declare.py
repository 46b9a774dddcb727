"""How the managed groups say which detectors look at which part of a request."""

from __future__ import annotations

from typing import Any

from garrison.waf.detectors.views import header_readings, path_readings, readings
from garrison.waf.rule_group import Detector, Inspection, ManagedRule, Statement
from garrison.waf.screen import Views

_COOKIES = {"Cookies": {"MatchPattern": {"All": {}}, "MatchScope": "ALL", "OversizeHandling": "CONTINUE"}}
_HEADERS = {
    "Headers": {
        "MatchPattern": {"ExcludedHeaders": ["cookie", "host", "content-length"]},
        "MatchScope": "VALUE",
        "OversizeHandling": "CONTINUE",
    }
}

FIELDS: dict[str, tuple[tuple[dict[str, Any], Views], ...]] = {
    "URIPATH": (({"UriPath": {}}, path_readings),),
    "QUERYARGUMENTS": (({"AllQueryArguments": {}}, readings), ({"QueryArgumentNames": {}}, readings)),
    "QUERYSTRING": (({"AllQueryArguments": {}}, readings), ({"QueryArgumentNames": {}}, readings)),
    "BODY": (({"BodyValues": {"Names": True}}, readings),),
    "COOKIE": ((_COOKIES, readings),),
    "HEADER": ((_HEADERS, header_readings), (_COOKIES, readings)),
    "HEADER_ONLY": ((_HEADERS, header_readings),),
}
"""What a part of a rule's name means. A body, a query string and cookies are looked at value by value, names too."""

_LABEL = {
    "URIPATH": "URIPath",
    "QUERYARGUMENTS": "QueryArguments",
    "QUERYSTRING": "QueryString",
    "BODY": "Body",
    "COOKIE": "Cookie",
    "HEADER": "Header",
}


def looking(part: str, *detectors: Detector) -> Statement:
    """The statement that is true if one of the detectors finds something in that part of a request."""
    statements: list[Statement] = [
        {"DetectorStatement": {"Detector": detector, "FieldToMatch": field, "Views": views}}
        for detector in detectors
        for field, views in FIELDS[part]
    ]
    return statements[0] if len(statements) == 1 else {"OrStatement": {"Statements": statements}}


def rule(name: str, *detectors: Detector, part: str = "", label: str = "", action: str = "Block") -> ManagedRule:
    """A rule called `Something_PART` with AWS's label for it, `Something_Part`."""
    stem, _, suffix = name.rpartition("_")
    return ManagedRule(
        name=name,
        labels=(label or f"{stem}_{_LABEL[suffix]}",),
        statement=looking(part or suffix, *detectors),
        action=action,
    )


def _never(inspection: Inspection) -> None:
    return None


def not_yet(name: str, label: str, action: str = "Block") -> ManagedRule:
    """A rule AWS has that does not run here yet: it is listed and described, and matches nothing."""
    return ManagedRule(
        name=name,
        labels=(label,) if label else (),
        statement={"RequestStatement": {"Find": _never}},
        action=action,
        runs=False,
    )


def listed_addresses(name: str) -> Statement:
    """The statement that is true if the client's address is in one of the operator's lists."""
    return {"IPSetReferenceStatement": {"ARN": f"garrison:ip-list:{name}"}}
