"""What is unlike before: nothing while it is learned, findings after, and nobody teaches by doing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from garrison.detect.baseline.memory import DAY, Remembered
from garrison.detect.detection import Detection
from garrison.detect.events import Event
from tests.detect.habits import ELSEWHERE, STRANGE, by, week
from tests.detect.making import NOW, api
from tests.detect.network import asked, types

IAM = ["anomalous_call"]


def told(
    history: Sequence[Event], now: Sequence[Event], names: Sequence[str], **other: Any
) -> tuple[list[Detection], list[Detection]]:
    """What was said of the history, and then of what happens now."""
    memory = Remembered()
    return (
        asked(history, memory=memory, names=names, windows=False, **other),
        asked(now, memory=memory, names=names, windows=False, **other),
    )


def test_what_was_new_is_said() -> None:
    strange = by(api("iam", "CreateAccessKey", {}, address=ELSEWHERE, agent=STRANGE, time=NOW), "morgan")
    [said] = told(week(), [strange], IAM)[1]
    assert said.anomaly is not None
    behavior = said.anomaly["unusual"]["behavior"]["userIdentity"]
    assert set(behavior) == {"APIs", "ASNs", "userAgents"}
    assert behavior["APIs"]["observations"]["text"] == ["iam:CreateAccessKey"]
    assert said.anomaly["profiles"]["userIdentity"]["ASNs"][0]["profileSubtype"] == "UNSEEN"
    assert said.key[1] == "Persistence"


def test_nothing_is_said_before_a_week_is_known() -> None:
    strange = by(api("iam", "CreateAccessKey", {}, address=ELSEWHERE, agent=STRANGE, time=NOW), "morgan")
    assert told(week(days=6), [strange], IAM)[1] == []
    assert types(told(week(days=6), [strange], IAM, settings={"baseline.days": 5})[1]) != set()


def test_nobody_teaches_by_doing() -> None:
    """It is one finding for as long as it goes on, and the next day it is still unusual."""
    strange = [
        by(api("iam", "CreateAccessKey", {}, address=ELSEWHERE, agent=STRANGE, time=NOW + n * 3600), "morgan")
        for n in range(30)
    ]
    said = told(week(), strange, IAM)[1]
    assert len(said) == 30
    assert len({d.key for d in said}) == 1


def month() -> list[Event]:
    """Four weeks of more people than three."""
    colleagues = [by(call, f"{name}{n}") for call in week(days=28) for n in range(3) for name in (call.user_name,)]
    return [*week(days=28), *colleagues]


def test_somebody_new_may_do_what_others_do() -> None:
    usual = by(api("iam", "CreateUser", {}, time=NOW - 7 * DAY), "alexis")
    new = by(api("iam", "CreateUser", {}, time=NOW), "jamie")
    assert told([*month(), usual], [new], IAM)[1] == []
    # Of three people and a week too little is known to say what somebody new would do.
    stranger = by(api("iam", "CreateAccessKey", {}, address=ELSEWHERE, agent=STRANGE, time=NOW), "jamie")
    assert told(week(), [stranger], IAM)[1] == []
    [said] = told(month(), [stranger], IAM)[1]
    assert said.type == "Persistence:IAMUser/AnomalousBehavior"
    assert said.anomaly is not None
    assert said.anomaly["profiles"]["account"]["userNames"][0]["observations"]["text"] == [stranger.principal]


def test_whoever_often_comes_from_elsewhere_is_not_unusual_for_that() -> None:
    """A runner that had another address every day makes a call that is new to it; one that never had is unusual."""
    usual = by(api("iam", "CreateUser", {}, time=NOW - 7 * DAY), "alexis")
    new = by(api("iam", "CreateUser", {}, address="203.0.113.9", time=NOW), "robin")
    assert types(told([*month(), usual], [new], IAM)[1]) == {"Persistence:IAMUser/AnomalousBehavior"}
    roams = [
        by(api("ec2", "DescribeInstances", {}, address=f"93.{n}.1.1", time=NOW - n * DAY + 60, read_only=True), "robin")
        for n in range(1, 28)
    ]
    assert told([*month(), usual, *roams], [new], IAM)[1] == []


def test_what_is_done_first_from_elsewhere_does_not_make_it_usual() -> None:
    """Whoever has found a key asks first who one is: the network is as new an hour later."""
    first = by(api("sts", "GetCallerIdentity", {}, address=ELSEWHERE, agent=STRANGE, time=NOW - 3600), "morgan")
    then = by(api("iam", "CreateUser", {}, address=ELSEWHERE, agent=STRANGE, time=NOW), "morgan")
    assert types(told([*week(), first], [then], IAM)[1]) == {"Persistence:IAMUser/AnomalousBehavior"}
    days_ago = [msgspec.structs.replace(first, time=NOW - 2 * DAY), msgspec.structs.replace(first, time=NOW - 3 * DAY)]
    assert told([*week(), *days_ago], [then], IAM)[1] == []


def test_a_week_with_two_days_of_work_is_not_enough() -> None:
    """Seven days have passed, and on five of them something must have happened."""
    some = [call for call in week() if not 1 < (NOW - call.time) / DAY < 7]
    strange = by(api("iam", "CreateAccessKey", {}, address=ELSEWHERE, agent=STRANGE, time=NOW), "morgan")
    assert told(some, [strange], IAM)[1] == []


def test_a_service_and_a_colleague_doing_the_same_are_not_unusual() -> None:
    service = api("iam", "CreateAccessKey", {}, who="service", time=NOW)
    through = by(
        api("iam", "CreateAccessKey", {}, address="cloudformation.amazonaws.com", agent=STRANGE, time=NOW), "morgan"
    )
    assert told(week(), [service, through], IAM)[1] == []
    colleagues = [by(api("iam", "CreateUser", {}, time=NOW - 7 * DAY), who) for who in ("alexis", "robin")]
    mine = by(api("iam", "CreateUser", {}, time=NOW, address=ELSEWHERE), "morgan")
    assert told([*week(), *colleagues], [mine], IAM)[1] == []


def test_how_many_objects_were_read_is_said() -> None:
    hour, params = NOW - NOW % 3600, {"bucketName": "invoices", "key": "x"}
    history = [
        by(api("s3", "GetObject", params, data=True, time=hour - h * 3600), "morgan")
        for h in range(1, 24 * 8)
        for _ in range(3)
    ]
    burst = [by(api("s3", "GetObject", params, data=True, time=hour + i), "morgan") for i in range(1200)]
    [said] = asked([*history, *burst], names=["anomalous_amounts"])
    assert said.additional["objects"] == 1200
