"""Findings in code: told with the code of functions and projects, and the lines they stand in.

Snippets are sealed at rest. Where a customer managed key is set for them they are shown only as long as that key lets
Inspector use it, as at AWS; they are not encrypted under the key itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.services.inspector2 import state
from garrison.services.inspector2.destinations import Undeliverable, usable
from garrison.services.inspector2.errors import no_access
from garrison.services.inspector2.resources import CODE, FINDING, RESOURCE, SNIPPET, Covered, Finding, Snippet
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

_PURPOSE = "inspector2-snippet"


def key_of(told: Mapping[str, Any]) -> str:
    """What makes a finding in code the same from scan to scan: the rule, the file, and the line."""
    what = f"{told['detectorId']}/{told.get('ruleId', '')}/{told['filePath']}/{told['startLine']}"
    return f"code/{hashlib.sha256(what.encode()).hexdigest()[:32]}"


def findings(given: Sequence[Mapping[str, Any]]) -> dict[str, Finding]:
    """Findings as they were told. Raises `ValidationException`."""
    return {key_of(told): _finding(told) for told in given}


def _finding(told: Mapping[str, Any]) -> Finding:
    if not 1 <= told["startLine"] <= told["endLine"]:
        raise AwsError("ValidationException", "startLine must be at least 1, and not greater than endLine.")
    path = told["filePath"]
    details = {
        "filePath": {
            "fileName": path.rpartition("/")[2] or path,
            "filePath": path,
            "startLine": told["startLine"],
            "endLine": told["endLine"],
        },
        "detectorId": told["detectorId"],
        "detectorName": told["detectorName"],
        "cwes": told["cwes"],
    }
    details |= {name: told[name] for name in ("detectorTags", "referenceUrls", "ruleId") if name in told}
    return Finding(
        type=CODE,
        severity=told["severity"],
        title=told["title"],
        first=0.0,
        updated=0.0,
        description=told["description"][:1024],
        remedy=told.get("recommendation", ""),
        code=details,
    )


def keep_snippets(call: Call, tx: Transaction, row: Resource[Covered], given: Sequence[Mapping[str, Any]]) -> None:
    """The lines of these findings, and of no others of the resource."""
    for old in tx.page(SNIPPET, row.account, region=row.region, parent=row.id):
        tx.delete(old)
    for key, told in {key_of(told): told for told in given if told.get("snippet")}.items():
        sealed = call.runtime.seal.seal(_PURPOSE, msgspec.json.encode(told["snippet"]), f"{row.id}/{key}")
        tx.insert(
            SNIPPET, row.account, key, Snippet(sealed), id=f"{row.id}/{key}", region=row.region, parent=row.id,
            created=call.now,
        )  # fmt: skip


@operation("inspector2", "BatchGetCodeSnippet", access="read")
def batch_get_code_snippet(call: Call, reader: Reader) -> dict[str, Any]:
    accounts = state.seen(call, reader)
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for text in dict.fromkeys(call.params["findingArns"]):
        arn = Arn.parse(text)
        row = None if arn is None else reader.by_id(FINDING, arn.resource.removeprefix("finding/"))
        if row is None or arn is None or (row.region, row.account) != (call.region, arn.account):
            errors.append(_error(text, "CODE_SNIPPET_NOT_FOUND", "The finding does not exist."))
        elif row.account not in accounts:
            errors.append(_error(text, "ACCESS_DENIED", no_access()))
        else:
            told = _snippet(call, reader, row, text)
            (errors if "errorCode" in told else results).append(told)
    return {"codeSnippetResults": results, "errors": errors}


def _snippet(call: Call, reader: Reader, row: Resource[Finding], arn: str) -> dict[str, Any]:
    kept = reader.get(SNIPPET, row.account, row.name, region=row.region, parent=row.parent)
    resource = reader.by_id(RESOURCE, row.parent)
    if kept is None or resource is None or row.body.type != CODE:
        return _error(arn, "CODE_SNIPPET_NOT_FOUND", "There is no code of this finding.")
    key = state.account(reader, row.account, row.region).keys.get(f"CODE/{resource.body.type}")
    if key is not None:
        try:
            usable(call, reader, key)
        except Undeliverable as e:
            return _error(arn, "ACCESS_DENIED", e.text)
    lines = msgspec.json.decode(call.runtime.seal.open(_PURPOSE, kept.body.sealed, kept.id))
    numbers = [line["lineNumber"] for line in lines]
    return {"findingArn": arn, "startLine": min(numbers), "endLine": max(numbers), "codeSnippet": lines}


def _error(arn: str, code: str, text: str) -> dict[str, Any]:
    return {"findingArn": arn, "errorCode": code, "errorMessage": text}
