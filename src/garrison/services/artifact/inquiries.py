"""Compliance inquiries: questions in, answers with citations out, told from what assessments have recorded.

Nothing here guesses: an answer is looked up (`garrison.assess.answers`), and what evidence does not tell is said to be
so. An inquiry is answered when it is made, so clients find it complete. `reviewType` is `AI`, AWS's word for what no
person wrote; there is no model behind it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.assess.answers import Answer, answer
from garrison.assess.answers.questionnaire import BadQuestionnaire, Question, read, written
from garrison.assess.known import results
from garrison.assess.ledger import LedgerError
from garrison.responsibility.results import CheckResult
from garrison.services.artifact import content, downloads
from garrison.services.artifact.errors import conflict, invalid, not_found, quota
from garrison.services.artifact.ids import new_id
from garrison.services.artifact.reports import page
from garrison.services.artifact.resources import INQUIRY, QUERY, Feedback, Inquiry, Query
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

MOST = 1000
"""Inquiries of an account and region; AWS names no number (a guess)."""
_PREFIX = "compliance-inquiry-"
_DONE = "Compliance inquiry processing is complete."
_QUERY_DONE = "Query processing is complete."
_SAID = 2048


class _Asked(msgspec.Struct, frozen=True):
    """What the slow part of CreateComplianceInquiry has made."""

    questions: tuple[Question, ...]
    answers: tuple[Answer, ...]
    digest: str


def _prepare(call: Call, reader: Reader) -> _Asked:
    asked = call.params["inquiryContent"]
    if ("query" in asked) == ("fileContent" in asked):
        raise invalid("inquiryContent is either a query or a file.", "inquiryContent")
    if "query" in asked:
        raw = str(asked["query"]).encode()
        questions = [Question("", 1, " ".join(str(asked["query"]).split()))]
    else:
        raw = bytes(asked["fileContent"]["content"])
        try:
            questions = read(raw, asked["fileContent"].get("fileSections") or ())
        except BadQuestionnaire as e:
            raise invalid(str(e), "fileContent", "cannotParse") from e
    known = _known(call)
    answers = tuple(answer(question.text, known, call.now) for question in questions)
    return _Asked(tuple(questions), answers, hashlib.sha256(raw).hexdigest())


def _known(call: Call) -> Mapping[str, CheckResult]:
    if call.runtime.evidence is None:
        return {}
    try:
        return {one.check: one for one in results(call.runtime.evidence, call.account)}
    except LedgerError as e:
        raise invalid(str(e), reason="other") from e


def arn_of(partition: str, row: Resource[Inquiry]) -> str:
    return f"arn:{partition}:artifact:{row.region}:{row.account}:compliance-inquiry/{row.name}"


def load(call: Call, reader: Reader, id: str) -> Resource[Inquiry]:
    """The caller's inquiry. Raises `ResourceNotFoundException`."""
    row = reader.get(INQUIRY, call.account, id, region=call.region)
    if row is None:
        raise not_found("compliance-inquiry", id)
    return row


def _queries(reader: Reader, row: Resource[Inquiry]) -> list[Resource[Query]]:
    return reader.page(QUERY, row.account, region=row.region, parent=row.name)


def _summary(call: Call, row: Resource[Inquiry]) -> dict[str, Any]:
    return {
        "arn": arn_of(call.partition, row),
        "name": row.body.title,
        "id": row.name,
        "status": "COMPLETED",
        "statusMessage": _DONE,
        "inputSource": row.body.source,
        "createdAt": row.created,
    }


@operation("artifact", "CreateComplianceInquiry", access="write", prepare=_prepare)
def create_compliance_inquiry(call: Call, tx: Transaction) -> dict[str, Any]:
    asked: _Asked = call.prepared
    there = tx.page(INQUIRY, call.account, region=call.region)
    token = call.params.get("clientToken") or ""
    for row in there:
        if token and row.body.client_token == token:
            if (row.body.digest, row.body.title) != (asked.digest, call.params["name"]):
                raise conflict("The client token stands for another inquiry.", "compliance-inquiry", row.name)
            return {"complianceInquirySummary": _summary(call, row), "tags": row.body.tags}
    if len(there) >= MOST:
        text = f"There can be {MOST} inquiries."
        raise quota(text, "compliance-inquiry", call.account, "ComplianceInquiries")
    id = new_id(_PREFIX)
    tags = dict(call.params.get("tags") or {})
    source = "TEXT" if "query" in call.params["inquiryContent"] else "FILE"
    body = Inquiry(call.params["name"], source, asked.digest, token, tags, len(asked.questions))
    row = tx.insert(INQUIRY, call.account, id, body, id=id, region=call.region, created=call.now)
    for n, (question, found) in enumerate(zip(asked.questions, asked.answers, strict=True), 1):
        name = f"{n:05d}"
        one = Query(
            number=n, section=question.section, row=question.row, text=_plain(question.text),
            response=_plain(found.text), verdict=found.verdict.value,
            citations=tuple(
                {
                    "sourceLabel": f"Evidence {cited.evidence}".strip(),
                    "sourceContent": _plain(f"{cited.check}: {cited.text}"),
                    "sourceLink": f"garrison evidence show {cited.evidence}",
                }
                for cited in found.citations
                if cited.evidence
            ),
        )  # fmt: skip
        tx.insert(QUERY, call.account, name, one, id=f"{id}/{name}", region=call.region, parent=id, created=call.now)
    return {"complianceInquirySummary": _summary(call, row), "tags": tags}


def _plain(text: str) -> str:
    """Texts of Artifact have no angle brackets."""
    return text.replace("<", "(").replace(">", ")")[:_SAID]


@operation("artifact", "GetComplianceInquiryMetadata", access="read")
def get_compliance_inquiry_metadata(call: Call, reader: Reader) -> dict[str, Any]:
    row = load(call, reader, call.params["complianceInquiryId"])
    detail = _summary(call, row) | {"updatedAt": row.updated, "supportMode": "AI_ONLY"}
    return {"complianceInquiryDetail": detail, "tags": row.body.tags}


@operation("artifact", "ListComplianceInquiries", access="read")
def list_compliance_inquiries(call: Call, reader: Reader) -> dict[str, Any]:
    found = [_summary(call, row) for row in reader.page(INQUIRY, call.account, region=call.region)]
    some, rest = page(call, found, lambda one: one["id"])
    return {"complianceInquiries": some, **rest}


@operation("artifact", "ListComplianceInquiryQueries", access="read")
def list_compliance_inquiry_queries(call: Call, reader: Reader) -> dict[str, Any]:
    row = load(call, reader, call.params["complianceInquiryId"])
    found = [
        {
            "queryIdentifier": one.body.number,
            "query": one.body.text,
            "response": one.body.response,
            "reviewType": "AI",
            "citations": list(one.body.citations),
            "status": "COMPLETED",
            "statusMessage": _QUERY_DONE,
            "createdAt": one.created,
        }
        for one in _queries(reader, row)
    ]
    some, rest = page(call, found, lambda one: f"{one['queryIdentifier']:05d}")
    return {"queries": some, **rest}


@operation("artifact", "ExportComplianceInquiry", access="write")
def export_compliance_inquiry(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx, call.params["complianceInquiryId"])
    wanted = call.params.get("queryIdentifiers")
    found = [one.body for one in _queries(tx, row)]
    if wanted:
        unknown = sorted(set(wanted) - {one.number for one in found})
        if unknown:
            raise invalid(f"The inquiry has no query {unknown[0]}.", "queryIdentifiers")
        found = [one for one in found if one.number in wanted]
    cited = bool(call.params.get("includeCitations"))
    headings = ["Section", "Row", "Question", "Answer", "Response", *(["Evidence"] if cited else [])]
    rows = [
        [
            *(one.section, str(one.row), one.text, one.verdict, one.response),
            *(["; ".join(f"{c['sourceLabel']}: {c['sourceContent']}" for c in one.citations)] if cited else []),
        ]
        for one in found
    ]
    document, media_type = written(rows, headings)
    place = f"inquiries/{row.name}/{hashlib.sha256(document).hexdigest()[:16]}"
    content.keep(call.runtime, place, document)
    return {"documentPresignedUrl": downloads.link(call, place, media_type), "tags": row.body.tags}


@operation("artifact", "PutComplianceInquiryFeedback", access="write")
def put_compliance_inquiry_feedback(call: Call, tx: Transaction) -> dict[str, Any]:
    row = load(call, tx, call.params["complianceInquiryId"])
    number = call.params.get("queryIdentifier", 1)
    found = tx.get(QUERY, call.account, f"{number:05d}", region=call.region, parent=row.name)
    if found is None:
        raise invalid(f"The inquiry has no query {number}.", "queryIdentifier")
    said = Feedback(
        call.params["rating"], tuple(call.params.get("reasonCodes") or ()), call.params.get("comment") or "",
        call.caller.principal.arn, call.now,
    )  # fmt: skip
    others = tuple(one for one in found.body.feedback if one.by != said.by)
    tx.update(found, msgspec.structs.replace(found.body, feedback=(*others, said)))
    return {"submittedAt": call.now}
