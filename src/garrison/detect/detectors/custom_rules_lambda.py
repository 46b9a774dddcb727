"""Custom detection rules over Lambda: functions outsiders may use.

Logic: specification 2, table of custom detection rules. AddPermission adds a statement to the function's policy; what
it lets in is the policy engine's to say (`detect.exposure`), with the statement as CloudTrail has it in the answer,
or made of the parameters as Lambda does (API reference, "AddPermission").
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.exposure import exposure
from garrison.detect.parameters import text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule

PERMISSION = "Persistence:Lambda/AccountManipulation"
URL = "Persistence:Lambda/ModifyAuthenticationProcess"


@on_event(ApiCall, PERMISSION, names=("AddPermission",))
def permission(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "lambda" or call.error:
        return ()
    name = text(call.params.get("functionName"))
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{call.region}:{call.account}:function:{name}"
    policy = {"Version": "2012-10-17", "Statement": _statement(call, arn)}
    found = exposure(policy, "lambda", arn, call.account, context.own_account)
    if not found.outside:
        return ()
    return (of_rule("LambdaFunctionPublicAccess", call, context, resource=arn.rpartition(":function:")[2]),)


def _statement(call: ApiCall, arn: str) -> dict[str, Any]:
    try:
        written = json.loads(text(call.response.get("statement")))
    except ValueError:
        written = None
    if isinstance(written, dict):
        return written
    params = call.params
    principal = text(params.get("principal"))
    conditions: dict[str, dict[str, str]] = {}
    for parameter, operator, key in (
        ("sourceArn", "ArnLike", "AWS:SourceArn"),
        ("sourceAccount", "StringEquals", "AWS:SourceAccount"),
        ("principalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("functionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
        ("eventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ):
        if text(params.get(parameter)):
            conditions.setdefault(operator, {})[key] = text(params[parameter])
    who: Any = "*" if principal == "*" else {"AWS": principal}
    if principal.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")):
        who = {"Service": principal}
    statement = {"Effect": "Allow", "Principal": who, "Action": text(params.get("action")), "Resource": arn}
    return statement | ({"Condition": conditions} if conditions else {})


@on_event(ApiCall, URL, names=("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig"))
def function_url(call: ApiCall, context: Context) -> Iterable[Detection]:
    if call.source != "lambda" or call.error or call.params.get("authType") != "NONE":
        return ()
    name = text(call.params.get("functionName")).rpartition(":function:")[2]
    return (of_rule("LambdaFunctionUrlPublicAccess", call, context, resource=name),)
