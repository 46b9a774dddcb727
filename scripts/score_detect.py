"""Labelled events against the detectors: what is found of what should be, and what is said without cause.

    python -m scripts.score_detect DIRECTORY            both parts, in total
    python -m scripts.score_detect DIRECTORY --all      each rule and technique of the part built with
    ... --left-out                                      and of the part that was left out: it is read from then on
    ... --history                                       after eight days of an ordinary account

DIRECTORY has `rule_cases.jsonl` (`rule_id`, `expected_match`, `events`) and `technique_detonations.jsonl`
(`technique_id`, `expected_findings`, `events`). Detectors are built looking at half of it: rules and techniques whose
SHA-256 is even. The other half is the headline. Which finding types stand for a rule says
`score_detect_rules.csv`; rules that no finding type stands for are not in it, and all their events are background.

Types over baselines need days of history that single events do not have: they are counted apart. With `--history`
each row comes after eight days in which three others did ordinary things in its account and its cluster. A finding is
without cause where an event that is no match of its rule raises the rule's types, and where background raises a
custom rule's type or any other of severity 4 or more.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from garrison.detect.baseline.memory import Remembered
from garrison.detect.catalogue import TYPES
from garrison.detect.detection import Detection
from garrison.detect.engine import Engine, time_of
from garrison.detect.events import Event
from garrison.detect.formats import cloudtrail_record, kubernetes
from garrison.detect.surroundings import Surroundings

RULES = Path(__file__).with_name("score_detect_rules.csv")
Row = dict[str, Any]


class Judged(NamedTuple):
    """One labelled row, and what was said about it."""

    id: str
    case: str
    wanted: frozenset[str]
    """Types of which one must be found; empty for background and for what is no match."""
    against: frozenset[str]
    """Types of which none may be found."""
    found: frozenset[str]
    events: int
    left_out: bool

    @property
    def hit(self) -> bool:
        """Whether what should be found was."""
        return bool(self.wanted & self.found)

    @property
    def learned(self) -> bool:
        """Whether only baselines could find it."""
        return all(TYPES[type].kind == "B" for type in self.wanted)

    @property
    def wrong(self) -> frozenset[str]:
        """What was said without cause."""
        if self.wanted:
            return frozenset()
        if self.against:
            return self.against & self.found
        return frozenset(type for type in self.found if TYPES[type].severity >= 4)


def left_out(id: str) -> bool:
    """Whether detectors are built without looking at it."""
    return int(hashlib.sha256(id.encode()).hexdigest(), 16) % 2 == 1


class Labelled(NamedTuple):
    """One labelled row."""

    id: str
    case: str
    wanted: frozenset[str]
    against: frozenset[str]
    events: list[Event]

    @property
    def learned(self) -> bool:
        """Whether only baselines could find it."""
        return bool(self.wanted) and all(TYPES[type].kind == "B" for type in self.wanted)


def labelled(directory: Path) -> Iterator[Labelled]:
    """Every row of rules that has events of a kind detectors read, and every technique."""
    rules = {row["id"]: frozenset(row["types"].split()) for row in csv.DictReader(RULES.open(encoding="utf-8"))}
    for row in _rows(directory / "rule_cases.jsonl"):
        types = rules.get(row["rule_id"], frozenset())
        one = _labelled(row["rule_id"], row, types if row["expected_match"] else frozenset(), types)
        if one.events:
            yield one
    for row in _rows(directory / "technique_detonations.jsonl"):
        yield _labelled(row["technique_id"], row, frozenset(row["expected_findings"]), frozenset())


def _labelled(id: str, row: Row, wanted: frozenset[str], against: frozenset[str]) -> Labelled:
    events = [event for number, raw in enumerate(row["events"]) if (event := _event(raw, f"{row['case_id']}#{number}"))]
    return Labelled(id, row["case_id"], wanted, against, events)


def judged(directory: Path, history: bool) -> Iterator[Judged]:
    """What is said of every row."""
    for row in labelled(directory):
        yield _judge(row, history)


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _judge(row: Labelled, history: bool) -> Judged:
    said: list[Detection] = []
    engine = Engine(Surroundings(Remembered()), said.append, windows=())
    events = row.events
    if history and events:
        first = min(map(time_of, events))
        engine.look(list(_history(events[0].account, events[0].region, first)))
        said.clear()
    engine.look(events)
    assert not engine.failures, engine.failures
    types = frozenset(d.type for d in said)
    return Judged(row.id, row.case, row.wanted, row.against, types, len(events), left_out(row.id))


_TIME = "2026-01-01T00:00:00Z"


def _event(raw: Row, id: str) -> Event | None:
    """A record as an event; examples often lack ids, times and the like."""
    if "eventName" in raw and "eventSource" in raw:
        record = {"eventID": id} | {name: value for name, value in raw.items() if value is not None}
        try:
            return cloudtrail_record.event({"eventTime": _TIME} | record)
        except ValueError:  # a time no trail would write
            return cloudtrail_record.event(record | {"eventTime": _TIME})
    if str(raw.get("apiVersion", "")).startswith("audit.k8s.io/") or ("verb" in raw and "objectRef" in raw):
        given = {"auditID": id, "requestReceivedTimestamp": _TIME}
        whole = given | raw | {"requestReceivedTimestamp": _TIME}
        return kubernetes.call(whole, "111122223333", "us-east-1", "examples")
    return None


_HABITS = {
    "user/jordan": "ec2:DescribeInstances s3:ListBuckets iam:GetRole cloudwatch:GetMetricData logs:FilterLogEvents",
    "role/deploy": "lambda:GetFunction ecs:UpdateService ecr:PutImage sts:AssumeRole cloudformation:DescribeStacks",
    "role/app": "dynamodb:GetItem sqs:SendMessage kms:Decrypt ssm:GetParameter logs:CreateLogStream",
}
_DAYS = 8


def _history(account: str, region: str, before: float) -> Iterator[Event]:
    """Three principals' ordinary hours, and a cluster's."""
    for hour in range(_DAYS * 24, 0, -1):
        time = datetime.fromtimestamp(before - hour * 3600, UTC).isoformat()
        for who, calls in _HABITS.items():
            arn = f"arn:aws:iam::{account}:{who}"
            identity = {
                "type": "IAMUser" if who.startswith("user") else "AssumedRole",
                "arn": arn,
                "accountId": account,
            }
            for one in calls.split():
                source, _, api = one.partition(":")
                yield cloudtrail_record.event({
                    "eventID": f"{hour}-{one}", "eventTime": time, "eventSource": f"{source}.amazonaws.com",
                    "eventName": api, "awsRegion": region, "recipientAccountId": account, "userIdentity": identity,
                    "sourceIPAddress": "3.5.140.9", "userAgent": "aws-sdk-go-v2/1.39.0", "readOnly": True,
                })  # fmt: skip
        request = {
            "auditID": f"{hour}-k", "requestReceivedTimestamp": time, "verb": "list", "stage": "ResponseComplete",
            "objectRef": {"resource": "pods", "namespace": "default"}, "user": {"username": "jordan"},
            "sourceIPs": ["10.0.0.9"], "userAgent": "kubectl/v1.34.0", "responseStatus": {"code": 200},
        }  # fmt: skip
        found = kubernetes.call(request, account, region, "examples")
        if found is not None:
            yield found


def _show(name: str, some: list[Judged], each: bool) -> None:
    asked = [one for one in some if one.wanted and not one.learned]
    learned = [one for one in some if one.wanted and one.learned]
    background = [one for one in some if not one.wanted]
    learnt = sum(one.hit for one in learned)
    events = sum(one.events for one in background)
    wrong = [one for one in background if one.wrong]
    count = sum(len(one.wrong) for one in wrong)
    ids = {one.id for one in asked}
    whole = {id for id in ids if all(one.hit for one in asked if one.id == id)}
    print(f"{name}:")
    print(f"  found {sum(one.hit for one in asked)} of {len(asked)} cases of {len(ids)} rules and techniques")
    print(f"  all cases found of {len(whole)} of them; of {len(learned)} cases for baselines {learnt}")
    print(f"  without cause: {count} findings in {events} events = {1000 * count / max(events, 1):.1f} in 1,000")
    if each:
        for id in sorted(ids):
            mine = [one for one in asked if one.id == id]
            print(f"    {sum(one.hit for one in mine):3d}/{len(mine):<3d} {id}")
        for one in asked + learned:
            if not one.hit:
                print(f"    missed  {one.case}: {', '.join(one.found) or 'nothing said'}")
        for one in wrong:
            print(f"    wrong   {one.case}: {', '.join(sorted(one.wrong))}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--all", action="store_true", help="each rule and technique of the part built with")
    parser.add_argument("--left-out", action="store_true", help="and of the other part")
    parser.add_argument("--history", action="store_true", help="after eight days of an ordinary account")
    given = parser.parse_args()
    rows = list(judged(given.directory, given.history))
    _show("Left out", [one for one in rows if one.left_out], given.all and given.left_out)
    _show("Built with", [one for one in rows if not one.left_out], given.all)


if __name__ == "__main__":
    main()
