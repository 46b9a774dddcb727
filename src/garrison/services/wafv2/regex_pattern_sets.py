"""Regex pattern sets: create, read, change, delete."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.wafv2 import entities, judge, quotas
from garrison.services.wafv2.resources import REGEX_PATTERN_SET, Document
from garrison.services.wafv2.scope import arn_of
from garrison.store import Reader, Transaction
from garrison.waf.validate import check_regex_pattern_set


def _document(call: Call) -> Document:
    patterns = call.params["RegularExpressionList"]
    with judge.needs_engine():
        check_regex_pattern_set(patterns)
    document: Document = {"RegularExpressionList": patterns}
    if "Description" in call.params:
        document["Description"] = call.params["Description"]
    return document


@operation("wafv2", "CreateRegexPatternSet", access="write")
def create_regex_pattern_set(call: Call, tx: Transaction) -> dict[str, Any]:
    return entities.create(call, tx, REGEX_PATTERN_SET, _document(call), quota=quotas.REGEX_PATTERN_SETS)


@operation("wafv2", "GetRegexPatternSet", access="read")
def get_regex_pattern_set(call: Call, reader: Reader) -> dict[str, Any]:
    row = entities.load(call, reader, REGEX_PATTERN_SET)
    own = {"Name": row.name, "Id": row.id, "ARN": arn_of(call.partition, row)}
    return {"RegexPatternSet": {**row.body.document, **own}, "LockToken": row.body.lock_token}


@operation("wafv2", "UpdateRegexPatternSet", access="write")
def update_regex_pattern_set(call: Call, tx: Transaction) -> dict[str, Any]:
    row = entities.load(call, tx, REGEX_PATTERN_SET)
    return entities.replace(call, tx, row, _document(call))


@operation("wafv2", "DeleteRegexPatternSet", access="write")
def delete_regex_pattern_set(call: Call, tx: Transaction) -> None:
    entities.delete(call, tx, REGEX_PATTERN_SET)


@operation("wafv2", "ListRegexPatternSets", access="read")
def list_regex_pattern_sets(call: Call, reader: Reader) -> dict[str, Any]:
    return entities.listed(call, reader, REGEX_PATTERN_SET, "RegexPatternSets")
