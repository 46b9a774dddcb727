"""Days of an account, as CloudTrail records them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from scripts.ordinary.people import Account, Actor

from garrison.detect.events import ApiCall
from garrison.detect.formats.cloudtrail_record import event as of_record

DAY = 86400.0
_READING = ("Get", "List", "Describe", "Lookup", "Filter", "Batch", "Discover")


class Day:
    """One day of an account, being filled."""

    def __init__(self, account: Account, begin: float, chance: random.Random, number: Callable[[], int]) -> None:
        self.account, self.begin, self.chance = account, begin, chance
        self.events: list[ApiCall] = []
        self._number = number

    @property
    def weekend(self) -> bool:
        return datetime.fromtimestamp(self.begin, UTC).weekday() >= 5

    def call(
        self, actor: Actor, api: str, *, where: str = "", agent: str = "", session: str = "", region: str = "",
        hour: float | None = None, at: float | None = None,
    ) -> None:  # fmt: skip
        """One call; what is not said is as usual for the actor."""
        chance = self.chance
        first, last = actor.hours
        time = self.begin + (at if at is not None else (chance.uniform(first, last) if hour is None else hour) * 3600)
        source, _, name = api.partition(":")
        session = session or (chance.choice(actor.sessions) if actor.sessions else "")
        self.events.append(self._event(
            actor, source, name, time + chance.random(), session, where or actor.where(chance),
            agent or chance.choice(actor.agents), region or chance.choice(actor.regions),
        ))  # fmt: skip

    def work(self, actor: Actor, calls: int) -> None:
        """Usual things."""
        for _ in range(calls):
            self.call(actor, actor.pick(self.chance))

    def burst(self, actor: Actor, apis: Sequence[str], seconds: float) -> None:
        """Many things within a time, in office hours."""
        begin = self.chance.uniform(9, 16) * 3600
        where = actor.where(self.chance)
        for n, api in enumerate(apis):
            self.call(actor, api, where=where, at=begin + n * seconds / len(apis))

    def _event(self, actor: Actor, source: str, name: str, time: float, session: str, where: str, agent: str,
               region: str) -> ApiCall:  # fmt: skip
        arn, kind, account = actor.arn, actor.kind, self.account.number
        role = arn.rpartition("/")[2]
        who: dict[str, object] = {"type": kind, "accountId": account, "arn": arn}
        if kind == "AssumedRole":
            who |= {
                "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}", "principalId": f"AROA{role}:{session}",
                "sessionContext": {"sessionIssuer": {"type": "Role", "arn": arn, "userName": role}},
            }  # fmt: skip
        else:
            who |= {"userName": role, "principalId": f"AIDA{role}"}
        record = {
            "eventID": f"{self._number():032x}", "eventName": name, "eventSource": f"{source}.amazonaws.com",
            "eventTime": datetime.fromtimestamp(time, UTC).isoformat(), "awsRegion": region,
            "recipientAccountId": account, "userIdentity": who, "sourceIPAddress": where, "userAgent": agent,
            "requestParameters": None, "readOnly": name.startswith(_READING), "eventCategory": "Management",
        }  # fmt: skip
        return of_record(record)


def ordinary(day: Day) -> Iterator[ApiCall]:
    """Everybody's usual work, more of it in some weeks than in others."""
    week = random.Random(f"{day.account.number}{day.begin // (7 * DAY)}").uniform(0.7, 1.4)
    for actor in list(day.account.actors):
        if day.weekend and not actor.weekends:
            continue
        if actor.hours != (0, 24) and day.chance.random() < 0.15:
            continue  # a day off
        day.work(actor, max(0, round(day.chance.gauss(actor.a_day * week, actor.a_day / 4))))
    yield from day.events
