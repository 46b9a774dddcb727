"""SearchVulnerabilities: what the vulnerability database says of one CVE, whoever has it."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.access.vulnerabilities import database
from garrison.aws.errors import AwsError
from garrison.scan.match import Rating, Vulnerability
from garrison.scan.match.vulnerability import vulnerability_of
from garrison.scan.vulndb import DatabaseError
from garrison.services.inspector2.shown import when
from garrison.services.inspector2.state import needed
from garrison.services.operation import operation
from garrison.store import Reader

_MEMBERS = {"2": "cvss2", "3": "cvss3", "4": "cvss4"}


@operation("inspector2", "SearchVulnerabilities", access="read")
def search_vulnerabilities(call: Call, reader: Reader) -> None:
    needed(call, reader)
    call.later = lambda: _found(call)


def _found(call: Call) -> dict[str, Any]:
    id = call.params["filterCriteria"]["vulnerabilityIds"][0]
    try:
        known = vulnerability_of(database(call.runtime), id)
    except DatabaseError as e:
        raise AwsError("InternalServerException", str(e), status=500) from None
    return {"vulnerabilities": [] if known is None else [_shown(known)]}


def _shown(known: Vulnerability) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "id": known.id,
        "source": "NVD",
        "sourceUrl": known.url,
        "description": known.description,
        "cwes": [f"CWE-{number}" for number in known.cwes],
        "relatedVulnerabilities": list(known.related)[:100],
        "referenceUrls": list(known.references)[:100],
    }
    if known.vendor_severity:
        answer["vendorSeverity"] = known.vendor_severity
    for rating in sorted(known.ratings, key=_worth):
        answer.setdefault(_MEMBERS[rating.version[0]], {"baseScore": rating.score, "scoringVector": rating.vector})
    for member, text in (("vendorCreatedAt", known.published), ("vendorUpdatedAt", known.modified)):
        if (moment := when(text)) is not None:
            answer[member] = moment
    if known.epss is not None:
        answer["epss"] = {"score": known.epss}
    if (moment := when(known.exploit_last_seen)) is not None:
        answer["exploitObserved"] = {"lastSeen": moment}
    if known.kev_added:
        dates = (("dateAdded", known.kev_added), ("dateDue", known.kev_due))
        cisa: dict[str, Any] = {member: moment for member, text in dates if (moment := when(text)) is not None}
        answer["cisaData"] = {**cisa, **({"action": known.kev_action} if known.kev_action else {})}
    return answer


def _worth(rating: Rating) -> tuple[bool, str]:
    """The NVD's before others', the newer version first."""
    return rating.source != "NVD", {"3.1": "0", "3.0": "1"}.get(rating.version, "2")
