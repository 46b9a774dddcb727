"""What detectors may ask beside the event itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from garrison.aws.generations import Generations


class Match(NamedTuple):
    """An entry of a list that an address or name is on."""

    list_name: str
    category: str
    """`c2`, `mining`, `tor`, `sinkhole`, `droppoint`, `phishing`, `driveby`, `dga`, `scanner`, `malicious`, `abused`
    (names anybody gets for nothing); `custom` for a list of the user's own without one. `doh` (resolvers that answer
    over HTTPS) is no threat by itself."""
    entry: str
    """The entry as the list has it."""
    digest: str = ""
    """SHA-256 of the list's file in hex; "" of a list that is built in."""


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
    """What was seen before, for baselines. It survives a restart with the offsets.

    A scope is whose habits they are (a principal, an instance, an account); a kind is of what (`api`, `asn`, `port`).
    """

    usual: Generations[tuple[object, ...], bool]
    """A short cut: what was found to be wholly known, and need not be asked about again in this process."""

    def first(self, scope: str, kind: str, value: str, time: float) -> bool:
        """Whether `value` is new to `scope`; it is learned then. Asked again of the same moment, it is new still."""
        ...

    def known(self, scope: str, kind: str, value: str, time: float) -> bool:
        """Whether it was seen by then; nothing is learned."""
        ...

    def learn(self, scope: str, kind: str, value: str, time: float) -> None:
        """Once it was scored, and was no part of a finding."""
        ...

    def quarantine(self, scope: str, kind: str, value: str, time: float) -> None:
        """It was part of a finding: it counts as known only 14 days later, so that nobody teaches by doing."""
        ...

    def age(self, scope: str, time: float) -> float:
        """Seconds since `scope` was first seen; 0 of one that is new."""
        ...

    def count(self, scope: str, kind: str) -> int:
        """Different values of `kind` known of `scope`."""
        ...

    def times(self, scope: str, kind: str, value: str) -> int:
        """At how many moments, one after the other, `value` was learned: of a day's begin, on how many days."""
        ...

    def volume(self, scope: str, kind: str, time: float, amount: float) -> float:
        """How far this hour's amount so far is above what hours of `scope` are like: a robust z. NaN while that is not
        known yet. The hour is learned when the next one begins, unless it was far above."""
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

    def known(self, kind: str, id: str, before: str = "") -> Mapping[str, Any]:
        """What is known of a resource beside events (`bucket`, `instance`, `user`): {} where nothing is.

        `before`: the id of an event; the resource as it was before that changed it, not as it is."""
        ...
