"""Artifact: reports the person may see, and agreements. A report is had by its real terms, as anywhere."""

from __future__ import annotations

from urllib.parse import urlsplit

from garrison.centre.calls import Refusal, together
from garrison.centre.visit import Visit
from garrison.signin import answer
from garrison.signin.answer import Answer


def every(visit: Visit) -> Answer:
    """Reports and agreements."""
    calls = visit.calls
    found = together(
        reports=lambda: calls.pages("artifact", "ListReports", "reports"),
        entered=lambda: calls.pages("artifact", "ListCustomerAgreements", "customerAgreements"),
        offered=lambda: calls.pages("artifact", "ListAgreements", "agreements"),
        regulations=lambda: calls.ask("garrison", "GetAccountRegulations"),
    )
    refusals = [one.refusal for one in found.values() if one.refusal is not None]
    if len(refusals) == len(found):
        raise refusals[0]
    return visit.page("artifact.html", found=found)


def terms(visit: Visit) -> Answer:
    """A report's terms: read first, then accepted."""
    id = visit.path.split("/")[2]
    details = visit.calls.ask("artifact", "GetReportMetadata", reportId=id)["reportDetails"]
    told = visit.calls.ask("artifact", "GetTermForReport", reportId=id, reportVersion=details["version"])
    return visit.page(
        "terms.html", report=details, token=told["termToken"], link=told["documentPresignedUrl"],
        form_to=_origin(visit.calls.url),
    )  # fmt: skip


def get(visit: Visit) -> Answer:
    """The terms were accepted: on to the document, by the link Artifact gives."""
    form = visit.form
    if form.get("accepted") != "yes":
        raise Refusal("artifact:GetReport", "ValidationException", "The terms have to be accepted first.")
    version = form.get("version", "")
    told = visit.calls.ask(
        "artifact", "GetReport", reportId=form.get("report", ""), termToken=form.get("term", ""),
        **({"reportVersion": int(version)} if version.isdigit() and len(version) < 10 else {}),
    )  # fmt: skip
    return answer.redirect(told["documentPresignedUrl"])


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
