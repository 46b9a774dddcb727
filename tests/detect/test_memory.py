"""What baselines remember: new and known, quarantine, volumes, restarts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from garrison.detect.baseline.learning import learning, source_scope
from garrison.detect.baseline.memory import DAY, Remembered, Row


class Kept:
    """A storage in memory that hands out copies, as a database would."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], Row] = {}

    def read(self, scope: str) -> Iterable[Row]:
        return [msgspec.structs.replace(r) for r in self.rows.values() if r.scope == scope]

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.rows[row.scope, row.kind, row.value] = msgspec.structs.replace(row)


def test_what_is_new_is_new_once_and_still_at_the_same_moment() -> None:
    memory = Remembered()
    assert memory.first("alice", "api", "GetObject", 100)
    assert memory.first("alice", "api", "GetObject", 100)
    assert not memory.first("alice", "api", "GetObject", 101)
    assert memory.first("bob", "api", "GetObject", 101)
    assert memory.first("alice", "asn", "GetObject", 101)
    assert memory.count("alice", "api") == 1
    assert memory.age("alice", 150) == 50
    assert memory.age("carol", 150) == 0


def test_asking_teaches_nothing() -> None:
    memory = Remembered()
    assert not memory.known("alice", "api", "GetObject", 100)
    assert not memory.known("alice", "api", "GetObject", 200)
    assert memory.count("alice", "api") == 0


def test_what_was_part_of_a_finding_is_known_only_14_days_later() -> None:
    memory = Remembered()
    memory.quarantine("alice", "api", "StopLogging", 0)
    assert not memory.known("alice", "api", "StopLogging", 13 * DAY)
    memory.quarantine("alice", "api", "StopLogging", 13 * DAY)
    assert memory.known("alice", "api", "StopLogging", 14 * DAY)


def test_it_is_as_it_was_after_a_restart_and_after_a_batch_that_failed() -> None:
    kept = Kept()
    memory = Remembered(kept)
    memory.first("alice", "api", "GetObject", 100)
    memory.flush()
    memory.first("alice", "api", "PutObject", 200)
    memory.forget()
    assert not memory.known("alice", "api", "PutObject", 300)
    assert memory.count("alice", "api") == 1
    again = Remembered(kept)
    assert again.known("alice", "api", "GetObject", 300)
    assert again.age("alice", 300) == 200


def test_a_volume_is_judged_once_a_week_of_it_is_known() -> None:
    memory, hour = Remembered(), 3600.0
    for n in range(24 * 8):
        z = memory.volume("i-1", "octets", n * hour, 1_000_000 + 10_000 * (n % 7))
        assert math.isnan(z) == (n < 24 * 7)
    assert abs(z) < 2
    assert memory.volume("i-1", "octets", 24 * 8 * hour, 1_500_000) < 6
    assert memory.volume("i-1", "octets", 24 * 8 * hour + 60, 50_000_000) > 6
    # That hour does not become the rule: the next like it stands out too.
    assert memory.volume("i-1", "octets", 24 * 8 * hour + 3600, 50_000_000) > 6


def test_learning_is_shown_by_source() -> None:
    memory = Remembered()
    memory.learn(source_scope("111122223333", "api"), "watched", "api", 0)
    assert learning(memory, "111122223333", 3 * DAY) == {"api": 3.0}
    assert learning(memory, "111122223333", 30 * DAY) == {"api": 7.0}
