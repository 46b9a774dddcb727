"""Web ACLs and rules as files have them.

The API's SearchString is binary: base64 in JSON, as the AWS CLI prints and takes it, and bytes in an SDK. Files written
by hand, and the console's JSON editor, have plain text. Where every SearchString of a document is base64, all are taken
for it; otherwise all for text. `SearchStringBase64` is CloudFormation's name.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from garrison.aws.models import service
from garrison.waf.errors import invalid
from garrison.waf.validate import check_web_acl

SearchStrings = Literal["auto", "base64", "text"]


_ARN = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/{}/00000000-0000-0000-0000-000000000000"
"""Of web ACLs in files that have none: labels have the account in them."""


class NotAWebAcl(ValueError):
    """The file is none of the forms that are understood."""


def parse(text: str) -> dict[str, Any]:
    """A web ACL of a JSON text: GetWebACL's answer, CreateWebACL's input, a web ACL, a list of rules, one rule.

    Rules alone become a web ACL that allows by default. Raises `NotAWebAcl`.
    """
    try:
        document = json.loads(text)
    except ValueError as e:
        raise NotAWebAcl(f"This is no JSON: {e}.") from e
    if isinstance(document, dict) and isinstance(document.get("WebACL"), dict):
        document = document["WebACL"]
    if isinstance(document, dict) and "Statement" in document and "DefaultAction" not in document:
        document = [document]
    if isinstance(document, dict) and "Rules" in document and "DefaultAction" not in document:
        document = document["Rules"]
    if isinstance(document, list):
        document = {"DefaultAction": {"Allow": {}}, "Rules": document}
    if not isinstance(document, dict) or "DefaultAction" not in document:
        raise NotAWebAcl("This is no web ACL: neither DefaultAction nor Rules is in it.")
    return completed(document)


def completed(document: Mapping[str, Any]) -> dict[str, Any]:
    """With what rules can do without and the API demands: names, priorities, VisibilityConfig."""
    whole = dict(document)
    whole.setdefault("Name", "web-acl")
    whole.setdefault("ARN", _ARN.format(whole["Name"]))
    whole.setdefault("VisibilityConfig", _visibility(str(whole["Name"])))
    whole["Rules"] = completed_rules(whole)
    return whole


def completed_rules(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules of a web ACL or a rule group, each with name, priority and VisibilityConfig."""
    rules = []
    for number, rule in enumerate(document.get("Rules") or ()):
        if not isinstance(rule, dict):
            raise NotAWebAcl(f"Rules[{number}] is no rule.")
        name = str(rule.get("Name", f"rule-{number}"))
        rules.append({"Name": name, "Priority": number, "VisibilityConfig": _visibility(name), **rule})
    return rules


def _visibility(name: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}


def read_web_acl(document: Mapping[str, Any], search_strings: SearchStrings = "auto") -> dict[str, Any]:
    """A web ACL ready to be compiled: search strings as bytes, its shape checked against the API's model.

    Raises AwsError (WAFInvalidParameterException) for what AWS would not take.
    """
    whole = with_bytes(document, search_strings)
    # Only files need it, and it is slow to import: servers do without.
    from botocore.model import StructureShape
    from botocore.validate import ParamValidator

    known = service("wafv2").shape_for("WebACL")
    assert isinstance(known, StructureShape)
    shown = {key: value for key, value in whole.items() if key in known.members}
    for key in ("Id", "ARN"):
        shown.setdefault(key, "-" * 36)
    report = ParamValidator().validate(shown, known)
    if report.has_errors():
        raise invalid("WEB_ACL", "WebACL", report.generate_report())
    check_web_acl(whole)
    return whole


def with_bytes(document: Mapping[str, Any], search_strings: SearchStrings = "auto") -> dict[str, Any]:
    """The same with every SearchString as bytes."""
    decode = _decoder(document, search_strings)

    def copy(node: Any) -> Any:
        if isinstance(node, Mapping):
            made = {}
            for key, value in node.items():
                if key == "SearchString" and isinstance(value, str):
                    made[key] = decode(value)
                elif key == "SearchStringBase64" and isinstance(value, str):
                    made["SearchString"] = base64.b64decode(value)
                else:
                    made[key] = copy(value)
            return made
        return [copy(item) for item in node] if isinstance(node, list | tuple) else node

    whole = copy(document)
    assert isinstance(whole, dict)
    return whole


def _decoder(document: Mapping[str, Any], search_strings: SearchStrings) -> Callable[[str], bytes]:
    if search_strings == "text":
        return str.encode
    if search_strings == "base64":
        return _base64
    try:
        for text in _search_strings(document):
            base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return str.encode
    return _base64


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise invalid("BYTE_MATCH_STATEMENT", text, f"SearchString is not base64: {e}.") from e


def _search_strings(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "SearchString" and isinstance(value, str):
                yield value
            else:
                yield from _search_strings(value)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from _search_strings(item)
