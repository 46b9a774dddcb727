"""The same events by somebody else, somewhere else, with another program: no detector may live on names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from garrison.detect.events import Event
from tests.detect.case import Case

_T = TypeVar("_T")

NAMES: Mapping[str, str] = {
    "111122223333": "121212121212",
    "444455556666": "565656565656",
    "eu-west-1": "ap-southeast-2",
    "morgan": "alexis",
    "MORGAN": "ALEXIS",
    "release": "pipeline",
    "RELEASE": "PIPELIN",
    "SESSION": "SESSONN",
    "deploy": "nightly",
    "harbour": "lagoon",
    "ledger": "reader",
    "accounts-db": "orders-db",
    "aws-cli/2.31.0": "Boto3/1.40.1",
    "md/Botocore#1.44.5": "md/Botocore#1.40.1",
    "kubectl/v1.34.0": "k9s/v0.50",
    "00000000-0000-4000-8000": "00000000-0000-4000-9000",
    "i-0aa11bb22cc33dd44": "i-0ee55ff66aa77bb88",
    "invoices": "drawings",
}


def renamed(case: Case) -> Case:
    """The case under other names."""
    events: tuple[Event, ...] = tuple(_renamed(event) for event in case.events)
    known = {(kind, _text(id)): of for (kind, id), of in case.known.items()}
    return msgspec.structs.replace(case, name=f"{case.name} (renamed)", events=events, known=known)


def _renamed(event: Event) -> Any:
    return msgspec.structs.replace(event, **{f: _value(getattr(event, f)) for f in event.__struct_fields__})


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {name: _value(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_value(one) for one in value)
    return value


def _text(text: str) -> str:
    for old, new in NAMES.items():
        text = text.replace(old, new)
    return text
