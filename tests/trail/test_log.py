"""Recording and finding, on both databases."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from garrison.store import Store, StoredEvent, StoreUnavailable
from garrison.trail.event import event
from garrison.trail.export import export
from garrison.trail.log import Trail, cursor
from garrison.trail.record import TrailEntry
from garrison.trail.segments import SegmentWriter, paths
from tests.trail.calls import ACCOUNT, NOON, OTHER, call


@pytest.fixture
def trails(open_again: Callable[[], Store], tmp_path: Path) -> Iterator[Callable[[], Trail]]:
    """Makes trails as several workers on one database have them."""
    made: list[Trail] = []

    def make() -> Trail:
        made.append(Trail(open_again(), tmp_path / "data"))
        return made[-1]

    yield make
    for trail in made:
        trail.close()


def entry(n: int = 0, operation: str = "GetUser", *, account: str = ACCOUNT, region: str = "eu-west-1") -> TrailEntry:
    """The entry of a call, `n` seconds after noon."""
    params = {"UserName": f"user{n}"} if operation.endswith("User") else {}
    service = "iam" if operation.endswith("User") else "sts"
    made = call(service, operation, params, now=NOON + n, account=account, region=region, request_id=f"request-{n}")
    return event(made, extra=b"why %d" % n)


def change(trail: Trail, entry: TrailEntry) -> None:
    trail._store.writing(lambda tx: trail.record_change(tx, entry))


def ids(found: list[StoredEvent]) -> list[str]:
    return [event.id for event in found]


def test_changes_and_reads_of_every_worker_are_found_together_newest_first(trails: Callable[[], Trail]) -> None:
    one, two = trails(), trails()
    entries = [entry(n, "CreateUser" if n % 3 == 0 else "GetUser") for n in range(12)]
    for n, made in enumerate(entries):
        trail = (one, two)[n % 2]
        if n % 3 == 0:
            change(trail, made)
        else:
            trail.record_read(made)
    one.flush()
    two.flush()
    expected = [made.id for made in reversed(entries)]
    for trail in (one, two):
        assert ids(trail.lookup(ACCOUNT, limit=100)) == expected
        assert ids(trail.lookup(ACCOUNT, keys=[("EventName", "CreateUser")])) == expected[2::3]
        assert ids(trail.lookup(ACCOUNT, keys=[("Username", "ana")], start=NOON + 3, end=NOON + 5)) == expected[6:9]
        assert ids(trail.lookup(ACCOUNT, keys=[("ResourceName", "user7"), ("ReadOnly", "true")])) == [entries[7].id]
        assert ids(trail.lookup(ACCOUNT, keys=[("EventId", entries[6].id)])) == [entries[6].id]
        assert trail.lookup(OTHER) == []
        assert trail.lookup(OTHER, keys=[("Username", "ana")]) == []
        assert trail.lookup(ACCOUNT, region="eu-west-1") == []  # IAM is recorded in us-east-1


def test_pages_hold_while_newer_events_arrive_and_times_are_equal(trails: Callable[[], Trail]) -> None:
    trail = trails()
    made = [entry(n // 5, "CreateUser" if n % 2 else "GetUser") for n in range(20)]
    for n, one in enumerate(made):
        if n % 2:
            change(trail, one)
        else:
            trail.record_read(one)
    trail.flush()
    seen: list[str] = []
    before = None
    while found := trail.lookup(ACCOUNT, keys=[("EventSource", "iam.amazonaws.com")], before=before, limit=3):
        seen += ids(found)
        before = cursor(found[-1])
        trail.record_read(entry(100))
        trail.flush()
    assert seen == [e.id for e in sorted(made, key=lambda e: (e.time, e.id), reverse=True)]


def test_a_request_is_found_with_what_was_kept_beside_it(trails: Callable[[], Trail]) -> None:
    trail = trails()
    change(trail, entry(1, "CreateUser"))
    trail.record_read(entry(2))
    trail.flush()
    for n in (1, 2):
        (found,) = trail.find(f"request-{n}")
        assert json.loads(found.body)["requestID"] == f"request-{n}"
        assert found.extra == b"why %d" % n
    assert trail.find("request-3") == []


def test_a_read_is_durable_within_200_ms_without_being_asked(trails: Callable[[], Trail]) -> None:
    trail, other = trails(), trails()
    trail.record_read(entry(1))
    started = time.monotonic()
    while not other.find("request-1"):
        # 200 ms on an idle machine; this one may be busy.
        assert time.monotonic() - started < 2
        time.sleep(0.01)
    trail.flush()
    assert trail.queued == 0


def test_closing_makes_everything_durable(trails: Callable[[], Trail]) -> None:
    trail = trails()
    for n in range(50):
        trail.record_read(entry(n))
    trail.close()
    assert len(trails().lookup(ACCOUNT, limit=100)) == 50
    with pytest.raises(StoreUnavailable):
        trail.record_read(entry(51))


def test_a_full_queue_commits_before_it_takes_more(open_again: Callable[[], Store], tmp_path: Path) -> None:
    trail = Trail(open_again(), tmp_path / "data", interval=60, queue_limit=10)
    for n in range(35):
        trail.record_read(entry(n))
        assert trail.queued <= 10
    assert len(trail.lookup(ACCOUNT)) == 30
    trail.close()
    assert trail.queued == 0


def test_following_gives_events_of_every_worker_as_they_become_durable(trails: Callable[[], Trail]) -> None:
    one, two = trails(), trails()
    one.record_read(entry(0))
    change(one, entry(1, "CreateUser"))
    one.flush()
    stop = threading.Event()
    seen: list[str] = []
    ready = threading.Event()

    def stopped() -> bool:
        ready.set()
        return stop.is_set()

    def follow() -> None:
        seen.extend(json.loads(e.body)["requestID"] for e in trail.follow(account=ACCOUNT, poll=0.02, stopped=stopped))

    trail = trails()
    thread = threading.Thread(target=follow)
    thread.start()
    assert ready.wait(5)
    two.record_read(entry(2))
    change(one, entry(3, "CreateUser"))
    change(one, entry(4, "CreateUser", account=OTHER))
    one.record_read(entry(5))
    one.flush()
    two.flush()
    time.sleep(0.3)
    stop.set()
    thread.join(5)
    assert sorted(seen) == ["request-2", "request-3", "request-5"]


def test_an_export_has_the_files_cloudtrail_delivers(trails: Callable[[], Trail], tmp_path: Path) -> None:
    trail = trails()
    for n in range(3):
        change(trail, entry(n, "CreateUser"))
        trail.record_read(entry(n + 10, "GetCallerIdentity"))
    trail.record_read(entry(5, account=OTHER))
    trail.flush()
    files = export(trail, tmp_path / "out", account=ACCOUNT)
    assert sorted(str(f.parent.relative_to(tmp_path / "out")) for f in files) == [
        f"AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2023/11/14",
        f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2023/11/14",
    ]
    records = [json.loads(gzip.decompress(f.read_bytes()))["Records"] for f in sorted(files)]
    assert [len(r) for r in records] == [3, 3]
    assert [r["requestID"] for r in records[1]] == ["request-0", "request-1", "request-2"]
    assert files[0].name.startswith(f"{ACCOUNT}_CloudTrail_")


def test_a_reset_forgets_reads_of_every_worker(trails: Callable[[], Trail]) -> None:
    one, two = trails(), trails()
    one.record_read(entry(1))
    two.record_read(entry(2))
    two.flush()
    one.flush()
    one.reset()
    one._store.reset()
    assert one.lookup(ACCOUNT) == []
    two.record_read(entry(3))
    two.flush()
    assert len(one.lookup(ACCOUNT)) == 1


def test_segments_rotate_by_size_and_go_when_their_time_is_over(sqlite_store: Store, tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "trail", max_bytes=40_000, retain_seconds=86400)
    today = int(time.time() - NOON)
    for n in (0, 1, today, today + 1):
        writer.append([entry(n) for _ in range(40)])  # each more than fills a segment
        time.sleep(0.002)  # segments are named by the millisecond
    writer.close()
    # The two of long ago went when a later one was full.
    assert len(paths(tmp_path / "trail")) == 2
    trail = Trail(sqlite_store, tmp_path)
    assert len(trail.lookup(ACCOUNT, limit=1000)) == 80
    assert trail.lookup(ACCOUNT, end=NOON + 100) == []
    trail.close()


def test_a_restart_goes_on_in_the_segment_it_left_and_never_in_another_processes(tmp_path: Path) -> None:
    one = SegmentWriter(tmp_path, max_bytes=10**9, retain_seconds=1e12)
    two = SegmentWriter(tmp_path, max_bytes=10**9, retain_seconds=1e12)
    one.append([entry(1)])
    two.append([entry(2)])
    assert len(paths(tmp_path)) == 2
    assert one.expire(now=1e13) == []  # in use
    one.close()
    three = SegmentWriter(tmp_path, max_bytes=10**9, retain_seconds=1e12)
    three.append([entry(3)])
    assert len(paths(tmp_path)) == 2
    two.close()
    three.close()


def test_records_wait_while_the_disk_refuses_them_and_are_not_lost(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = Trail(sqlite_store, tmp_path, interval=0.01, queue_limit=3)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(SegmentWriter, "_append", full)
        for n in range(3):
            trail.record_read(entry(n))
        with pytest.raises(StoreUnavailable, match="No space left"):
            trail.record_read(entry(3))
        assert trail.queued == 3
    trail.record_read(entry(4))
    trail.flush()
    assert len(trail.lookup(ACCOUNT)) == 4
    trail.close()
