"""What detectors may ask beside the event itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol


class Match(NamedTuple):
    """An entry of a list that an address or name is on."""

    list_name: str
    category: str
    """`c2`, `mining`, `tor`, `sinkhole`, `droppoint`, `phishing`, `driveby`, `dga`, `scanner`, `malicious`; `custom`
    for a list of the user's own without one."""
    entry: str
    """The entry as the list has it."""


class Intel(Protocol):
    """Lists of addresses and names: those built in, and those that users supply."""

    def address(self, address: str) -> list[Match]:
        """Lists an address is on; none where a trusted list has it."""
        ...

    def name(self, name: str) -> list[Match]:
        """Lists a domain name, or one above it, is on."""
        ...

    def has(self, category: str) -> bool:
        """Whether any list of a category is there: without one its types are inactive."""
        ...


class Memory(Protocol):
    """What was seen before, for baselines. It learns after it was asked; it survives a restart with the offsets."""

    def first(self, scope: str, kind: str, value: str, time: float) -> bool:
        """Whether `value` of `kind` (`api`, `asn`, `country`, ...) is new to `scope` (a principal, an account)."""
        ...

    def age(self, scope: str, time: float) -> float:
        """Seconds since `scope` was first seen."""
        ...

    def count(self, scope: str, kind: str) -> int:
        """Different values of `kind` known of `scope`."""
        ...


class Place(NamedTuple):
    """Where an address is, as far as a database says; "" and 0 where none does."""

    country: str = ""
    country_name: str = ""
    asn: int = 0
    organization: str = ""


class Context(Protocol):
    """What a detector is handed beside its event."""

    intel: Intel
    memory: Memory
    settings: Mapping[str, float]
    """Thresholds by name (`portscan.ports`), where a user changed one; a detector has its own default."""

    def place(self, address: str) -> Place: ...

    def own_account(self, account: str) -> bool:
        """Whether an account is the user's: the one watched, or one of its organization."""
        ...

    def known(self, kind: str, id: str) -> Mapping[str, Any]:
        """What is known of a resource beside events (`bucket`, `instance`, `user`): {} where nothing is."""
        ...
