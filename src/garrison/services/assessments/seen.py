"""Which assessments a caller may see: those of its own account, and of its organization's if it manages one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from garrison.access.call import Call
from garrison.access.organization import delegation, membership
from garrison.assess.kept import Kept, assessment
from garrison.assess.ledger import LedgerError
from garrison.assess.verified import intact
from garrison.aws.errors import AwsError
from garrison.store import Reader


def accounts(call: Call, reader: Reader) -> list[str]:
    """Accounts whose results the caller's account may see."""
    place, organizations = membership(call.runtime, reader, call.account), delegation()
    if place is None or not place.management or organizations is None:
        return [call.account]
    return sorted({call.account, *organizations.accounts(reader, call.account)})


def directory(call: Call) -> Path:
    """Where the evidence is."""
    if call.runtime.evidence is None:
        raise AwsError("InternalServerException", "No evidence is kept here.", status=500)
    return call.runtime.evidence


def wanted(call: Call, visible: list[str]) -> Kept:
    """The assessment the request means, from evidence that is what was written."""
    evidence, id = directory(call), call.params.get("assessmentId")
    told(lambda: intact(evidence))
    try:
        return assessment(evidence, visible, id)
    except LedgerError as e:
        fields = {"resourceType": "assessment", **({"resourceId": id} if id else {})}
        raise AwsError("ResourceNotFoundException", str(e), status=404, fields=fields) from None


def told(read: Callable[[], Any]) -> Any:
    """What is read from the evidence; an AWS error where it cannot be told."""
    try:
        return read()
    except (LedgerError, OSError) as e:
        raise AwsError("InternalServerException", str(e), status=500) from None


def empty(output: dict[str, Any]) -> dict[str, Any]:
    """The output without members that hold nothing."""
    return {name: value for name, value in output.items() if value is not None and value != ""}
