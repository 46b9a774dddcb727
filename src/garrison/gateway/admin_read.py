"""`POST /_garrison/read`: what operations that change nothing say of an account, whatever binds its principals.

Whoever assesses a deployment must see all of it, and leave no trace in what is assessed: nothing is authorized here but
the operator's token, and nothing is recorded.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from garrison.access.accounts import ACCOUNT, ACCOUNTS
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller
from garrison.access.runtime import Runtime
from garrison.aws import models
from garrison.aws.errors import AwsError
from garrison.policy.principal import Root
from garrison.services.iam import credential_report
from garrison.services.operation import OPERATIONS
from garrison.store import Reader

NOT_SERVED = "NotServed"
MOST = 500
"""Calls in one request."""


class One(msgspec.Struct, forbid_unknown_fields=True):
    """One call."""

    service: str
    operation: str
    params: dict[str, Any] = {}


class Calls(msgspec.Struct, forbid_unknown_fields=True):
    """Calls to one account."""

    account: str
    calls: list[One]
    region: str = ""


def read(runtime: Runtime, asked: Calls) -> dict[str, Any]:
    """`answers` of the store as it is; on a thread of its own, as some operations read much."""
    with runtime.store.reading() as reader:
        return answers(runtime, reader, asked)


def answers(runtime: Runtime, reader: Reader, asked: Calls) -> dict[str, Any]:
    """`answers`, one each: `{"output": ...}` with times as ISO 8601 and blobs as base64 texts, or `{"error": {"code",
    "message"}}`. Raises `AwsError` for an account there is not."""
    if reader.get(ACCOUNT, ACCOUNTS, asked.account) is None:
        raise AwsError("NoSuchEntity", f"There is no account {asked.account}.", status=404)
    if len(asked.calls) > MOST:
        raise AwsError("InvalidInput", f"At most {MOST} calls at once.", status=400)
    return {"answers": [_answer(runtime, reader, asked, one) for one in asked.calls]}


def _answer(runtime: Runtime, reader: Reader, asked: Calls, one: One) -> dict[str, Any]:
    try:
        return {"output": _read(runtime, reader, asked, one)}
    except AwsError as e:
        return {"error": {"code": e.code, "message": e.message}}
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        # Parameters are the operator's own, and are not held against the model.
        return {"error": {"code": "ValidationError", "message": f"{type(e).__name__}: {e}"}}


def _read(runtime: Runtime, reader: Reader, asked: Calls, one: One) -> dict[str, Any]:
    operation = OPERATIONS.get((one.service, one.operation))
    if operation is None or operation.access != "read" or operation.identify is not None:
        raise AwsError(NOT_SERVED, f"Garrison has no operation {one.operation} of {one.service} that only reads.")
    now = runtime.clock.now()
    if operation.function is credential_report.get_credential_report:
        # A report is kept for hours; who looks from outside needs none that was asked for.
        content = credential_report.written(runtime, reader, asked.account)
        return {"Content": base64.b64encode(content).decode(), "GeneratedTime": _iso(now)}
    call = Call(
        service=one.service,
        operation=one.operation,
        params=one.params,
        caller=Caller(Root(asked.account, runtime.partition)),
        account=asked.account,
        region=asked.region or runtime.region,
        partition=runtime.partition,
        request=HttpRequest("POST", "/", "", (), b"", "127.0.0.1"),
        request_id="",
        now=now,
        runtime=runtime,
    )
    shape = models.service(one.service).operation_model(one.operation).output_shape
    output = operation.function(call, reader)
    if call.later is not None:
        output = call.later()
    plain: dict[str, Any] = _plain(output or {}, shape)
    return plain


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _plain(value: Any, shape: Any) -> Any:
    """An output as JSON has it."""
    kind = None if shape is None else shape.type_name
    if isinstance(value, Mapping):
        if kind == "structure":
            return {k: _plain(v, shape.members.get(k)) for k, v in value.items()}
        return {str(k): _plain(v, None if shape is None else shape.value) for k, v in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list | tuple):
        return [_plain(v, None if shape is None else shape.member) for v in value]
    if kind == "timestamp" and isinstance(value, int | float):
        return _iso(value)
    return value
