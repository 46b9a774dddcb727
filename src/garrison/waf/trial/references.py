"""IP sets, regex pattern sets and rule groups out of files, for web ACLs that refer to them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from garrison.waf.documents import completed_rules, with_bytes
from garrison.waf.trial.case import NotUnderstood

_WRAPPERS = ("IPSet", "RegexPatternSet", "RuleGroup")


def references(text: str, where: str) -> dict[str, dict[str, Any]]:
    """By ARN. The text is what GetIPSet, GetRegexPatternSet or GetRuleGroup answer, or a list of that.

    Raises `NotUnderstood`. Where an ARN is missing, the Name stands for it.
    """
    try:
        document = json.loads(text)
    except ValueError as e:
        raise NotUnderstood(f"{where} is no JSON: {e}.") from e
    found = {}
    for each in _each(document):
        arn = each.get("ARN") or each.get("Name")
        if not isinstance(arn, str):
            raise NotUnderstood(f"{where}: a set or group without ARN.")
        if "Rules" in each:
            each = {"Capacity": 1, **with_bytes({**each, "Rules": completed_rules(each)})}
        found[arn] = dict(each)
    return found


def _each(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for item in document:
            yield from _each(item)
    elif isinstance(document, Mapping):
        wrapped = next((document[key] for key in _WRAPPERS if isinstance(document.get(key), Mapping)), document)
        yield wrapped
