"""The encoded text some services (EC2) put behind "Encoded authorization failure message: " instead of a reason.

It carries what the decision rested on, compressed and sealed for the caller's account: only
`sts:DecodeAuthorizationMessage`, called in that account, reads it. Source: STS API reference,
DecodeAuthorizationMessage; the shape of the document as seen in public bug reports.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable
from typing import Any

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.keys.seal import SealBroken
from garrison.policy.request import Decision
from garrison.policy.statement import Statement

LONGEST = 10_240
"""Characters that DecodeAuthorizationMessage takes."""
_PURPOSE = "authorization-message/v1"
_LARGEST = 1024 * 1024


class NoMessage(Exception):
    """Not a message that was encoded here for this account."""


def encode(call: Call) -> str:
    """The encoded message of a call that was just denied. Raises `ValueError` for one that was not."""
    decision = call.decision
    if decision is None or decision.allowed:
        raise ValueError("only a denied call has an authorization failure message")
    document = _document(call, decision)
    text = _seal(call, document)
    if len(text) > LONGEST:
        # What is longest goes: the reader still learns who, what and which statement.
        document["context"]["conditions"] = _items(())
        text = _seal(call, document)
    if len(text) > LONGEST:
        document["matchedStatements"] = _items(())
        text = _seal(call, document)
    return text


def decode(runtime: Runtime, account: str, text: str) -> str:
    """The document (JSON) in a message encoded for an account. Raises `NoMessage`."""
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        opener = zlib.decompressobj()
        document = opener.decompress(runtime.seal.open(_PURPOSE, raw, account), _LARGEST)
    except (binascii.Error, UnicodeError, SealBroken, zlib.error) as e:
        raise NoMessage(str(e)) from e
    return document.decode()


def _seal(call: Call, document: dict[str, Any]) -> str:
    packed = zlib.compress(
        json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"), 9
    )
    sealed = call.runtime.seal.seal(_PURPOSE, packed, call.caller.account or call.account)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _document(call: Call, decision: Decision) -> dict[str, Any]:
    principal = call.caller.principal
    asked = call.checks[-1] if call.checks else None
    context = dict(call.context) if asked is None else {**call.context, **asked.context}
    statement = None
    if decision.policy is not None and decision.statement is not None:
        statement = decision.policy.document.statements[decision.statement]
    return {
        "allowed": False,
        "explicitDeny": decision.code.startswith("DENY_EXPLICIT"),
        "matchedStatements": {"items": [] if statement is None else [_statement(statement)]},
        "failures": {"items": []},
        "context": {
            "principal": {"id": principal.user_id, "arn": principal.arn},
            "action": f"{call.service}:{call.operation}" if asked is None else asked.action,
            "resource": "*" if asked is None else asked.resource,
            "conditions": {"items": [_values(key, value) for key, value in sorted(context.items())]},
        },
    }


def _items(values: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    return {"items": [{"value": value} for value in values]}


def _values(key: str, value: str | tuple[str, ...]) -> dict[str, Any]:
    return {"key": key, "values": _items((value,) if isinstance(value, str) else value)}


def _statement(statement: Statement) -> dict[str, Any]:
    written = statement.values

    def element(name: str) -> dict[str, list[dict[str, str]]]:
        return _items((*written.get(name, ()), *written.get(f"Not{name}", ())))

    return {
        "statementId": statement.sid or "",
        "effect": "ALLOW" if statement.allow else "DENY",
        "principals": _items(entry.partition(":")[2] for entry in written.get("Principal", ())),
        "principalGroups": {"items": []},
        "actions": element("Action"),
        "resources": element("Resource"),
        "conditions": {"items": [_values(one.key, one.values) for one in statement.conditions]},
    }
