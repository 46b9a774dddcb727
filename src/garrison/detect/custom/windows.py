"""Rules of the operator's own over what arrived lately: each row of a result is a detection."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Set
from typing import Any

import msgspec

from garrison.detect.context import Context
from garrison.detect.custom.engine import BadExpression, Engine
from garrison.detect.custom.rules import CustomRule
from garrison.detect.detection import Detection
from garrison.detect.engine import Spanned
from garrison.detect.events import WebRequest
from garrison.detect.formats.cloudtrail_record import event as api_call
from garrison.detect.network import TCP, connection
from garrison.detect.saying import access_key, api_action

log = logging.getLogger("garrison.detect")

HOUR = 3600.0
_MOST = 100_000
"""Rows of a table, the newest: a rule over more sees these."""
_WORDS = {"api": re.compile(r"\bcloudtrail\b", re.IGNORECASE), "web": re.compile(r"\bweb\b", re.IGNORECASE)}

Row = dict[str, Any]


def run_windows(
    engine: Engine,
    wanted: Iterable[CustomRule],
    tables: Spanned,
    first: float,
    now: float,
    fresh: Set[str],
    context: Context,
) -> list[Detection]:
    """What rules find from `first` to `now`, and the hour before it. A rule that fails is told of and passed over, one
    that reads nothing `fresh` (names of tables) is not asked."""
    asked = {rule.id: (rule, _tables(rule)) for rule in wanted}
    asked = {id: (rule, reads) for id, (rule, reads) in asked.items() if reads & fresh}
    if not asked:
        return []
    since = (first - HOUR) // HOUR * HOUR
    needed: set[str] = set().union(*(reads for _, reads in asked.values()))
    rows = {name: _newest(tables, name, since, now) if name in needed else [] for name in _WORDS}
    engine.load_rows(rows["api"], rows["web"])
    by_id = {row["id"]: (row, name) for name, some in rows.items() for row in some}
    found = []
    for rule, _ in asked.values():
        try:
            said = engine.found(rule.expression)
        except BadExpression as e:
            log.error("the custom detection rule %s failed: %s", rule.name, e)
            continue
        for one in said:
            event = by_id.get(str(one["eventid"]))
            if event is not None:
                row, name = event
                found.append(_of_call(rule, row, one, context) if name == "api" else _of_web(rule, row, one, context))
    return found


def _tables(rule: CustomRule) -> frozenset[str]:
    return frozenset(name for name, word in _WORDS.items() if word.search(rule.expression))


def _newest(tables: Spanned, name: str, since: float, now: float) -> list[Row]:
    span = tables.between(since, now)
    table = span.table(name)
    return span.rows(table.order_by(table.time.desc()).limit(_MOST))


def _of_call(rule: CustomRule, row: Row, said: Mapping[str, Any], context: Context) -> Detection:
    call = api_call(msgspec.json.decode(row["record"]))
    resource = {"resourceType": "AccessKey", "accessKeyDetails": access_key(call)}
    action = {"actionType": "AWS_API_CALL", "awsApiCallAction": api_action(call, context)}
    return _detection(rule, row, said, call.principal or call.user_name, resource, action)


def _of_web(rule: CustomRule, row: Row, said: Mapping[str, Any], context: Context) -> Detection:
    request = WebRequest(**{name: row[name] for name in WebRequest.__struct_fields__})
    blocked = request.action == "BLOCK"
    action = connection(context, remote=request.source, outbound=False, protocol=TCP, blocked=blocked)
    resource = {"resourceType": "WebApplication"}
    more = {"resource": request.resource, "host": request.host, "path": request.path, "userAgent": request.user_agent}
    return _detection(rule, row, said, request.source, resource, action, more)


def _detection(
    rule: CustomRule, row: Row, said: Mapping[str, Any], actor: str, resource: Row, action: Row, more: Row | None = None
) -> Detection:
    actor = str(said.get("actor") or actor or "somebody")
    additional = {name: value for name, value in (more or {}).items() if value}
    if isinstance(said.get("matches"), int):
        additional["matches"] = said["matches"]
    return Detection(
        type=rule.type, account=row["account"], region=row["region"], key=(actor, rule.type),
        occurrence=f"{rule.name}/{actor}/{row['id']}", first=row["time"], last=row["time"], severity=rule.severity,
        title=rule.title.replace("{actor}", actor), description=rule.description.replace("{actor}", actor),
        resource=resource, action=action, additional=additional, rule=rule.name, events=(row["id"],),
    )  # fmt: skip
