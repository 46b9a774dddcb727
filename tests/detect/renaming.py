"""The same events by somebody else, somewhere else, with another program: no detector may live on names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.detect.events import Event
from tests.detect.case import Case
from tests.detect.making import ACCOUNT

NAMES: Mapping[str, str] = {
    "444455556666": "565656565656",
    "eu-west-1": "ap-southeast-2",
    "morgan": "alexis",
    "alexis": "jordan",
    "robin": "casey",
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
    "aws-cli/2.9": "aws-cli/1.44",
    "Boto3/1.26": "Boto3/1.40",
    "aws-sdk-go/1.44": "aws-sdk-go-v2/1.39",
    "Probe-kit/2.1": "Loot-kit/1.0",
    "00000000-0000-4000-8000": "00000000-0000-4000-9000",
    "i-0aa11bb22cc33dd44": "i-0ee55ff66aa77bb88",
    "i-0aa11": "i-0ff99",
    "eni-1": "eni-9",
    "invoices": "drawings",
    "10.0.1.5": "172.31.9.9",
    "198.51.100.7": "203.0.113.99",
}
"""Addresses are exchanged for others of their class: inside, and public."""
_WHOLE = frozenset({"deploy", "eni-1", "10.0.1.5", "198.51.100.7"})
"""Only where no letter or digit goes on."""


def renamed(case: Case) -> Case:
    """The case under other names."""
    return _replaced(case, f"{case.name} (renamed)", NAMES)


def moved(case: Case, account: str) -> Case:
    """The case in an account of its own, so that many can be asked about at once."""
    return _replaced(case, case.name, {ACCOUNT: account})


def _replaced(case: Case, name: str, names: Mapping[str, str]) -> Case:
    new = _Renaming(names)
    return msgspec.structs.replace(
        case, name=name, events=new.events(case.events), before=new.events(case.before),
        known={(kind, new.text(id)): new.value(dict(of)) for (kind, id), of in case.known.items()},
        intel={new.text(entry): categories for entry, categories in case.intel.items()},
        places={new.text(address): asn for address, asn in case.places.items()},
        countries={new.text(address): country for address, country in case.countries.items()},
    )  # fmt: skip


class _Renaming:
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        longest = sorted(names, key=len, reverse=True)
        self._any = re.compile("|".join(rf"\b{re.escape(n)}\b" if n in _WHOLE else re.escape(n) for n in longest))

    def events(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        return tuple(self._event(event) for event in events)

    def _event(self, event: Event) -> Any:
        return msgspec.structs.replace(event, **{f: self.value(getattr(event, f)) for f in event.__struct_fields__})

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.value(one) for name, one in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self.value(one) for one in value)
        return value

    def text(self, text: str) -> str:
        return self._any.sub(lambda found: self._names[found[0]], text)
