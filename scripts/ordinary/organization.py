"""An organization for some weeks: everything that happens in it, in order, and none of it an attack."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from scripts.ordinary.days import DAY, Day, ordinary
from scripts.ordinary.occasions import OCCASIONS, kept
from scripts.ordinary.people import PROVIDERS, Account, address
from scripts.ordinary.resources import Resources

from garrison.detect.engine import time_of
from garrison.detect.events import Event

BEGIN = 1_788_134_400.0
"""A Monday."""


class Organization:
    """`held`: with the occasions that are kept for the last measurement, and without the others."""

    def __init__(self, seed: int, *, held: bool = False) -> None:
        chance = self._chance = random.Random(seed)
        office = [address(chance, chance.choice(PROVIDERS)) for _ in range(chance.randint(1, 2))]
        self.accounts = [
            Account(chance, f"{chance.randint(10**11, 10**12 - 1)}", office) for _ in range(chance.randint(2, 4))
        ]
        self._ids = itertools.count(seed * 10**9)
        self._resources = {account.number: Resources(account, lambda: next(self._ids)) for account in self.accounts}
        self._occasions = [function for name, function in sorted(OCCASIONS.items()) if kept(name) == held]
        self._often = {account.number: chance.uniform(0.1, 0.5) for account in self.accounts}

    def days(self, count: int) -> Iterator[list[Event]]:
        """Each day's events."""
        for n in range(count):
            events: list[Event] = []
            for account in self.accounts:
                day = Day(account, BEGIN + n * DAY, self._chance, lambda: next(self._ids))
                if not day.weekend and self._chance.random() < self._often[account.number]:
                    self._chance.choice(self._occasions)(day)
                events += ordinary(day)
                events += self._resources[account.number].day(day.begin, day.weekend)
            yield sorted(events, key=time_of)

    def watched(self, *, clusters: bool) -> list[Account]:
        """Its accounts, or those with a cluster where any has one."""
        some = [account for account in self.accounts if self._resources[account.number].clusters]
        return some if clusters and some else self.accounts
