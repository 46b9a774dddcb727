"""Logging configurations: where the records of a web ACL's requests go.

Source: WAF API reference, LoggingConfiguration, and developer guide, "Logging AWS WAF web ACL traffic": one destination
per web ACL, its name begins with `aws-waf-logs-`, and only four fields can be redacted.
"""

from __future__ import annotations

import re
from typing import Any

from garrison.access.call import Call
from garrison.aws.arn import Arn
from garrison.services.operation import operation
from garrison.services.wafv2 import entities, quotas
from garrison.services.wafv2.documents import given, kept
from garrison.services.wafv2.paging import page
from garrison.services.wafv2.resources import EPOCH, LOGGING, WEB_ACL, LoggingConfiguration
from garrison.services.wafv2.scope import named, scope_of
from garrison.store import Reader, Resource, Transaction
from garrison.waf.errors import BAD_ARN, EXACTLY_ONE, invalid, nonexistent

WAF_LOGS = "WAF_LOGS"
CUSTOMER = "CUSTOMER"

_DESTINATION = {
    "logs": re.compile(r"log-group:aws-waf-logs-[^:]+(:\*)?"),
    "s3": re.compile(r"aws-waf-logs-[^/]+(/.*)?"),
    "firehose": re.compile(r"deliverystream/aws-waf-logs-.+"),
}
_REDACTABLE = frozenset({"UriPath", "QueryString", "SingleHeader", "Method"})


def logging_name(web_acl: str, log_type: str, log_scope: str) -> str:
    """The name of the row."""
    return f"{web_acl}/{log_type}/{log_scope}"


def forget_logging(tx: Transaction, web_acl: str) -> None:
    """The web ACL is going."""
    for row in _of(tx, web_acl):
        tx.delete(row)


def _of(reader: Reader, web_acl: str) -> list[Resource[LoggingConfiguration]]:
    parts = named(web_acl)
    if parts is None:
        return []
    rows = reader.page(LOGGING, parts.account, region=parts.region, parent=parts.scope)
    return [row for row in rows if row.name.startswith(f"{web_acl}/")]


def _load(call: Call, reader: Reader) -> Resource[LoggingConfiguration]:
    params = call.params
    arn = params["ResourceArn"]
    entities.by_arn(call, reader, arn, WEB_ACL)
    name = logging_name(arn, params.get("LogType", WAF_LOGS), params.get("LogScope", CUSTOMER))
    row = next((row for row in _of(reader, arn) if row.name == name), None)
    if row is None:
        raise nonexistent()
    return row


def _check(call: Call, document: dict[str, Any]) -> None:
    destinations = document["LogDestinationConfigs"]
    if len(destinations) > quotas.LOG_DESTINATIONS:
        raise invalid("LOG_DESTINATION", str(len(destinations)), "You can only have one log destination")
    arn = Arn.parse(destinations[0])
    pattern = None if arn is None else _DESTINATION.get(arn.service)
    if arn is None or pattern is None or not pattern.fullmatch(arn.resource):
        raise invalid("LOG_DESTINATION", destinations[0], BAD_ARN)
    for field in document.get("RedactedFields", ()):
        if len(field) != 1 or not field.keys() <= _REDACTABLE:
            raise invalid("FIELD_TO_MATCH", "RedactedFields", EXACTLY_ONE)
    for chosen in document.get("LoggingFilter", {}).get("Filters", ()):
        for condition in chosen["Conditions"]:
            if len(condition) != 1:
                raise invalid("FILTER_CONDITION", "Condition", EXACTLY_ONE)


@operation("wafv2", "PutLoggingConfiguration", access="write")
def put_logging_configuration(call: Call, tx: Transaction) -> dict[str, Any]:
    document = kept(call.params["LoggingConfiguration"])
    arn = document["ResourceArn"]
    row = entities.by_arn(call, tx, arn, WEB_ACL)
    _check(call, document)
    document.setdefault("LogType", WAF_LOGS)
    document.setdefault("LogScope", CUSTOMER)
    document["ManagedByFirewallManager"] = False
    name = logging_name(arn, document["LogType"], document["LogScope"])
    old = next((one for one in _of(tx, arn) if one.name == name), None)
    body = LoggingConfiguration(document)
    if old is None:
        tx.insert(
            LOGGING, call.account, name, body,
            id=name, region=row.region, parent=row.parent, created=call.now,
        )  # fmt: skip
    else:
        tx.update(old, body, updated=call.now)
    entities.rotate(tx, row)
    tx.bump(EPOCH, call.account)
    return {"LoggingConfiguration": given(document)}


@operation("wafv2", "GetLoggingConfiguration", access="read")
def get_logging_configuration(call: Call, reader: Reader) -> dict[str, Any]:
    return {"LoggingConfiguration": given(_load(call, reader).body.document)}


@operation("wafv2", "DeleteLoggingConfiguration", access="write")
def delete_logging_configuration(call: Call, tx: Transaction) -> None:
    tx.delete(_load(call, tx))
    tx.bump(EPOCH, call.account)


@operation("wafv2", "ListLoggingConfigurations", access="read")
def list_logging_configurations(call: Call, reader: Reader) -> dict[str, Any]:
    rows = reader.page(LOGGING, call.account, region=call.region, parent=scope_of(call))
    wanted = call.params.get("LogScope")
    rows = [row for row in rows if wanted is None or row.body.document["LogScope"] == wanted]
    shown, rest = page(call, rows, key=lambda row: row.name)
    return {"LoggingConfigurations": [given(row.body.document) for row in shown], **rest}
