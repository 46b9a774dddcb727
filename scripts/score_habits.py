"""What types over baselines say of ordinary weeks, where nothing should be said, and of attacks among them.

    python -m scripts.score_habits              organizations that detectors may be improved with
    python -m scripts.score_habits --last       others, in which other things happen: for a last measurement
    ... --directory DIRECTORY                   and recall, of the labelled events of a directory (`score_detect.py`)

Six weeks of each of three organizations (`scripts/ordinary`). A finding is one of `ListFindings`: what its later
occurrences add to it is not counted again. Recall: the labelled events that only baselines can find, after those
weeks, once as they were recorded (their principal, address and program are new to the account), and once with the
credentials of somebody who works there, who first asks `GetCallerIdentity` and `ListBuckets`.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from scripts.ordinary.days import DAY
from scripts.ordinary.organization import BEGIN, Organization
from scripts.score_detect import Labelled, labelled, left_out

from garrison.detect.baseline.memory import Remembered, Row
from garrison.detect.catalogue import TYPES
from garrison.detect.detection import Detection
from garrison.detect.engine import Engine, finding_of
from garrison.detect.events import ApiCall, Event, KubernetesCall
from garrison.detect.lake.lake import Lake
from garrison.detect.registry import EVENT_DETECTORS, WINDOW_DETECTORS
from garrison.detect.run import ask_windows, lake_tables
from garrison.detect.surroundings import Surroundings

DAYS = 42
_AFTER = BEGIN + (DAYS + 1) * DAY + 10 * 3600
"""Ten o'clock of a Tuesday: when the labelled events happen."""
_ELSEWHERE = "185.220.101.34"
"""Where attacks come from whose records do not say."""


class Frozen:
    """A storage that is read and never written: what was learned before each labelled row."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {}

    def read(self, scope: str) -> Iterable[Row]:
        return [msgspec.structs.replace(row) for row in self.rows.get(scope, ())]

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.rows.setdefault(row.scope, []).append(row)


class Weeks:
    """An organization's weeks, looked at."""

    def __init__(self, seed: int, held: bool, windows: bool) -> None:
        self.organization = Organization(seed, held=held)
        self.said: list[Detection] = []
        self.learned = Frozen()
        self.memory = Remembered(self.learned)
        learned = [d for d in EVENT_DETECTORS if any(TYPES[t].kind == "B" for t in d.types)]
        over = [d for d in WINDOW_DETECTORS if any(TYPES[t].kind == "B" for t in d.types)]
        self.engine = Engine(Surroundings(self.memory), self.said.append, events=learned, windows=over)
        self.events: Counter[str] = Counter()
        with tempfile.TemporaryDirectory() as directory:
            lake = Lake(Path(directory))
            for events in self.organization.days(DAYS):
                self.events.update(type(event).__name__ for event in events)
                self.engine.look(events)
                lake.take(events)
            lake.commit(lambda state: None)
            if windows:
                ask_windows(lake, self.engine, lake_tables(lake))
            lake.close()
        assert not self.engine.failures, self.engine.failures
        self.memory.flush()

    def findings(self) -> dict[bytes, Detection]:
        """The first occurrence of each."""
        found: dict[bytes, Detection] = {}
        for one in self.said:
            found.setdefault(finding_of(one), one)
        return found


class Found(NamedTuple):
    """What was said of a labelled row."""

    row: Labelled
    types: frozenset[str]

    @property
    def hit(self) -> bool:
        return bool(self.row.wanted & self.types)

    @property
    def wrong(self) -> frozenset[str]:
        """What was said without cause, as `score_detect.py` has it."""
        if self.row.wanted:
            return frozenset()
        if self.row.against:
            return self.row.against & self.types
        return frozenset(type for type in self.types if TYPES[type].severity >= 4)


def asked(weeks: Weeks, row: Labelled, taken: bool) -> Found:
    """What detectors over baselines say of a row after the weeks; `taken`: with known credentials."""
    said: list[Detection] = []
    only = [d for d in EVENT_DETECTORS if any(TYPES[t].kind == "B" for t in d.types)]
    engine = Engine(Surroundings(Remembered(weeks.learned)), said.append, events=only, windows=())
    chance = random.Random(row.case)
    cluster = any(isinstance(event, KubernetesCall) for event in row.events)
    account = chance.choice(weeks.organization.watched(clusters=cluster))
    actor = chance.choice([a for a in account.actors if "sso" in a.arn or a.kind == "IAMUser"])
    events = [_moved(event, account.number, n, actor.arn if taken else "") for n, event in enumerate(row.events)]
    engine.look([*(_begin(events[0]) if taken else ()), *events])
    assert not engine.failures, engine.failures
    return Found(row, frozenset(one.type for one in said if TYPES[one.type].kind == "B"))


def _moved(event: Event, account: str, n: int, arn: str) -> Event:
    """In the organization's account, after its weeks, and by somebody of it where an ARN is given."""
    if isinstance(event, KubernetesCall):
        user = {"user": "person1"} if arn and not event.user.startswith("system:") else {}
        return msgspec.structs.replace(event, account=account, cluster="apps", time=_AFTER + n, **user)
    assert isinstance(event, ApiCall)
    where = event.source_address if event.source_address[:1].isdigit() else _ELSEWHERE
    who = {"principal": arn, "source_address": where} if arn and event.identity_type != "AWSService" else {}
    return msgspec.structs.replace(event, account=account, time=_AFTER + n, **who)


def _begin(event: Event) -> Iterator[Event]:
    """What is asked first with credentials one has found."""
    if isinstance(event, ApiCall):
        more = {"params": {}, "response": {}, "error": "", "read_only": True, "data_event": False}
        for n, (source, name) in enumerate((("sts", "GetCallerIdentity"), ("s3", "ListBuckets"))):
            changed = {"id": f"{event.id}-{n}", "source": source, "name": name, "time": event.time - 300 + n, **more}
            yield msgspec.structs.replace(event, **changed)


def _recall(weeks: list[Weeks], directory: Path, last: bool, each: bool) -> None:
    rows = [row for row in labelled(directory) if left_out(row.id) == last and row.events]
    for taken in (False, True):
        found = [asked(weeks[n % len(weeks)], row, taken) for n, row in enumerate(rows)]
        wanted = [one for one in found if one.row.learned]
        background = [one for one in found if not one.row.wanted]
        events = sum(len(one.row.events) for one in background)
        wrong = sum(len(one.wrong) for one in background)
        rules = {one.row.id for one in wanted}
        some = {one.row.id for one in wanted if one.hit}
        print(f"Labelled events, {'with known credentials' if taken else 'as recorded'}:")
        print(f"  found {sum(one.hit for one in wanted)} of {len(wanted)} cases, of {len(some)} of {len(rules)} rules")
        print(f"  without cause: {wrong} findings in {events} events = {1000 * wrong / max(events, 1):.1f} in 1,000")
        tactics: dict[str, list[Found]] = {}
        for one in wanted:
            tactics.setdefault(min(one.row.wanted).partition(":")[0], []).append(one)
        for tactic, some_ in sorted(tactics.items()):
            print(f"    {sum(one.hit for one in some_):3d}/{len(some_):<3d} {tactic}")
        for one in found if each else ():
            if one.row.learned and not one.hit:
                print(f"    missed  {one.row.case}: {', '.join(one.types) or 'nothing said'}")
            if one.wrong:
                print(f"    wrong   {one.row.case}: {', '.join(one.wrong)}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--last", action="store_true")
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--all", action="store_true", help="each finding")
    given = parser.parse_args()
    weeks = [Weeks(seed, given.last, True) for seed in ((101, 102, 103) if given.last else (1, 2, 3))]
    total: Counter[str] = Counter()
    severe = 0
    for one in weeks:
        found = one.findings().values()
        total.update(each.type for each in found)
        severe += sum(each.severity >= 4 for each in found)
        events = sum(one.events.values())
        print(f"{len(one.organization.accounts)} accounts, {events} events: {len(found)} findings")
        for each in found if given.all else ():
            when = datetime.fromtimestamp(each.last, UTC).strftime("%m-%d %H:%M")
            print(f"    {when} {each.type} {each.key[0].rpartition('/')[2]} {each.additional.get('unusual')}")
    events = sum(sum(one.events.values()) for one in weeks)
    findings = sum(total.values())
    print(f"{findings} findings ({severe} of severity 4 and more) in {events} ordinary events")
    print(f"  = {1000 * findings / events:.2f} in 1,000 events ({1000 * severe / events:.2f})")
    for type, count in total.most_common():
        print(f"  {count:5d} {type}")
    if given.directory is not None:
        _recall(weeks, given.directory, given.last, given.all)


if __name__ == "__main__":
    main()
