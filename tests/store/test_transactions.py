"""Snapshots, savepoints, group commit, epochs and several processes, on both databases."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from garrison.store import AlreadyExists, Kind, Store, StoreUnavailable, Transaction
from garrison.store.open import open_store
from tests.postgresql_server import PostgresqlServer

ACCOUNT = "111122223333"


class Thing(msgspec.Struct, frozen=True):
    n: int = 0


KIND = Kind("test.thing", Thing)


def insert(name: str, n: int = 0) -> Callable[[Transaction], None]:
    def function(tx: Transaction) -> None:
        tx.insert(KIND, ACCOUNT, name, Thing(n), id=f"id-{name}", created=1)

    return function


def names(store: Store) -> list[str]:
    with store.reading() as reader:
        return [r.name for r in reader.page(KIND, ACCOUNT)]


def test_a_snapshot_does_not_see_what_is_committed_after_it_began(store: Store) -> None:
    store.writing(insert("before"))
    with store.reading() as reader:
        assert reader.count(KIND, ACCOUNT) == 1
        store.writing(insert("after"))
        assert reader.count(KIND, ACCOUNT) == 1
    assert names(store) == ["after", "before"]


def test_snapshots_may_be_nested(store: Store) -> None:
    with store.reading() as outer:
        assert outer.count(KIND, ACCOUNT) == 0
        store.writing(insert("a"))
        with store.reading() as inner:
            assert inner.count(KIND, ACCOUNT) == 1
        assert outer.count(KIND, ACCOUNT) == 0


def test_a_transaction_sees_its_own_writes(store: Store) -> None:
    def function(tx: Transaction) -> int:
        insert("a")(tx)
        insert("b")(tx)
        return tx.count(KIND, ACCOUNT)

    assert store.writing(function) == 2


def test_an_exception_undoes_the_whole_transaction_and_reaches_its_caller(store: Store) -> None:
    def function(tx: Transaction) -> None:
        insert("a")(tx)
        tx.bump("iam", ACCOUNT)
        tx.append_event(b"{}", id="e1", account=ACCOUNT, region="r", time=1, keys=[("a", "b")])
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        store.writing(function)
    assert names(store) == []
    with store.reading() as reader:
        assert reader.epoch("iam", ACCOUNT) == 0
    assert list(store.events()) == []


def test_a_failed_write_leaves_its_neighbours_in_the_same_commit_alone(store: Store) -> None:
    async def main() -> list[object]:
        def failing(tx: Transaction) -> None:
            insert("gone")(tx)
            insert("n5")(tx)

        def blocking(tx: Transaction) -> None:
            started.set()
            release.wait(10)

        # While the first write holds the writer up, the others gather into one batch behind it.
        first = asyncio.ensure_future(store.write(blocking))
        await asyncio.to_thread(started.wait, 10)
        rest = [asyncio.ensure_future(store.write(insert(f"n{i}"))) for i in range(10)]
        rest.insert(7, asyncio.ensure_future(store.write(failing)))
        await asyncio.sleep(0.01)
        release.set()
        return await asyncio.gather(first, *rest, return_exceptions=True)

    started, release = threading.Event(), threading.Event()
    results = asyncio.run(main())
    assert [type(r) for r in results if r is not None] == [AlreadyExists]
    assert names(store) == [f"n{i}" for i in range(10)]


def test_many_writes_at_once_share_commits_and_all_arrive(store: Store) -> None:
    async def main() -> None:
        await asyncio.gather(*(store.write(insert(f"n{i:03}", i)) for i in range(300)))

    asyncio.run(main())
    assert names(store) == [f"n{i:03}" for i in range(300)]


def test_a_cancelled_caller_does_not_disturb_the_others(store: Store) -> None:
    async def main() -> None:
        futures = [asyncio.ensure_future(store.write(insert(f"n{i}"))) for i in range(3)]
        futures[1].cancel()
        done = await asyncio.gather(*futures, return_exceptions=True)
        assert isinstance(done[1], asyncio.CancelledError)
        await store.write(insert("later"))

    asyncio.run(main())
    assert {"n0", "n2", "later"} <= set(names(store))


def test_reads_from_an_event_loop_give_values_and_raise_errors(store: Store) -> None:
    store.writing(insert("a"))

    async def main() -> None:
        assert await store.read(lambda r: r.count(KIND, ACCOUNT)) == 1
        with pytest.raises(ZeroDivisionError):
            await store.read(lambda r: 1 // r.epoch("iam", ACCOUNT))
        assert await store.read(lambda r: r.count(KIND, ACCOUNT)) == 1

    asyncio.run(main())


def test_waiting_for_a_write_inside_a_write_is_refused(store: Store) -> None:
    with pytest.raises(RuntimeError, match="wait for itself"):
        store.writing(lambda tx: store.writing(insert("a")))


def test_a_change_is_seen_at_once_by_another_store_on_the_same_database(open_again: Callable[[], Store]) -> None:
    one, two = open_again(), open_again()
    one.writing(insert("a"))
    assert names(two) == ["a"]
    with pytest.raises(AlreadyExists):
        two.writing(insert("a"))
    two.writing(insert("b"))
    assert names(one) == ["a", "b"]


def test_epochs_count_for_every_store_on_the_database(open_again: Callable[[], Store]) -> None:
    one, two = open_again(), open_again()

    def epochs(domain: str = "iam", account: str = ACCOUNT) -> set[int]:
        found = set()
        for store in (one, two):
            with store.reading() as reader:
                found.add(reader.epoch(domain, account))
        return found

    assert epochs() == {0}
    one.writing(lambda tx: tx.bump("iam", ACCOUNT))
    first = epochs()
    assert len(first) == 1
    assert first != {0}
    two.writing(lambda tx: tx.bump("iam", ACCOUNT))
    assert epochs() not in ({0}, first)
    assert epochs(account="444455556666") == {0}
    assert epochs(domain="scp") == {0}


def test_a_reset_forgets_everything_and_no_epoch_comes_back(open_again: Callable[[], Store]) -> None:
    one, two = open_again(), open_again()

    def fill(tx: Transaction) -> None:
        insert("a")(tx)
        tx.link("r", ACCOUNT, "s", "t")
        tx.set_lookup("s", "k", "v")
        tx.lease("job", "me", 60, 1)
        tx.append_event(b"{}", id="e1", account=ACCOUNT, region="r", time=1, keys=[("a", "b")])

    held: set[int] = set()
    for _ in range(3):
        one.writing(fill)
        for _ in range(4):
            with two.reading() as reader:
                held.add(reader.epoch("iam", ACCOUNT))
            one.writing(lambda tx: tx.bump("iam", ACCOUNT))
        with two.reading() as reader:
            held.add(reader.epoch("iam", ACCOUNT))
        one.reset()
        with two.reading() as reader:
            for account in (ACCOUNT, "444455556666"):
                assert reader.epoch("iam", account) not in held
            assert reader.count(KIND, ACCOUNT) == 0
            assert reader.targets("r", "s") == []
            assert reader.lookup("s", "k") is None
        assert list(two.events()) == []
        assert list(two.events(account=ACCOUNT, keys=[("a", "b")])) == []
        assert two.writing(lambda tx: tx.lease("job", "you", 60, 2))


_WRITER = """
import sys, msgspec
from garrison.store import Kind
from garrison.store.open import open_store
class Thing(msgspec.Struct, frozen=True):
    n: int = 0
KIND = Kind("test.thing", Thing)
store = open_store(sys.argv[1])
def add(tx):
    counter = tx.get(KIND, "111122223333", "counter")
    tx.update(counter, Thing(counter.body.n + 1))
for _ in range(int(sys.argv[2])):
    store.writing(add)
store.close()
"""


def test_processes_writing_at_once_lose_no_update(store: Store, database: str) -> None:
    store.writing(insert("counter"))
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, database, "60"]) for _ in range(2)]
    assert [w.wait(60) for w in writers] == [0, 0]
    with store.reading() as reader:
        counter = reader.get(KIND, ACCOUNT, "counter")
    assert counter is not None
    assert (counter.body.n, counter.version) == (120, 121)


def test_a_closed_store_says_so(open_again: Callable[[], Store]) -> None:
    store = open_again()
    store.close()
    with pytest.raises(StoreUnavailable):
        store.writing(insert("a"))
    with pytest.raises(StoreUnavailable), store.reading():
        pass


def test_closing_commits_what_is_queued(open_again: Callable[[], Store]) -> None:
    one, two = open_again(), open_again()

    async def main() -> list[None]:
        futures = [asyncio.ensure_future(one.write(insert(f"n{i}"))) for i in range(20)]
        one.close()
        return await asyncio.gather(*futures)

    asyncio.run(main())
    assert len(names(two)) == 20


def test_a_newer_database_is_refused_in_words(store: Store, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("sqlite", "postgresql", "version"):
        monkeypatch.setattr(f"garrison.store.{module}.SCHEMA_VERSION", 0)
    with pytest.raises(StoreUnavailable, match=r"schema version 1; .* upgrade"):
        open_store(database)


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "garrison.db").write_text("certainly not a database, but long enough to look at " * 10)
    with pytest.raises(StoreUnavailable, match=r"garrison\.db cannot be used"):
        open_store(tmp_path)


def test_unknown_urls_and_unreachable_servers_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no database is known for mysql"):
        open_store("mysql://h/d")
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        open_store("postgresql+psycopg://garrison@127.0.0.1:1/none?connect_timeout=1")


def test_a_missing_driver_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "garrison.store.postgresql", raising=False)
    with pytest.raises(ValueError, match=r"garrison\[postgresql\]"):
        open_store("postgresql+psycopg://h/d")


def test_sqlite_waits_for_the_disk_at_every_commit(sqlite_store: Store, tmp_path: Path) -> None:
    from garrison.store.sqlite import connect

    connection = connect(tmp_path / "data" / "garrison.db")
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()
    assert (tmp_path / "data" / "garrison.db").stat().st_mode & 0o077 == 0


@pytest.mark.postgresql
def test_a_restarted_server_is_found_again() -> None:
    server = PostgresqlServer()
    try:
        store = open_store(server.database("restarted"))
        store.writing(insert("a"))
        assert names(store) == ["a"]
        server.stop()
        with pytest.raises(StoreUnavailable):
            store.writing(insert("b"))
        with pytest.raises(StoreUnavailable):
            names(store)
        server.start()
        store.writing(insert("c"))
        assert names(store) == ["a", "c"]
        # A restart between two uses, unnoticed until the next one.
        server.stop()
        server.start()
        assert names(store) == ["a", "c"]
        store.writing(insert("d"))
        store.close()
    finally:
        server.close()


def test_a_database_that_breaks_while_it_is_used_is_unavailable_not_a_crash(
    sqlite_store: Store, tmp_path: Path
) -> None:
    from garrison.store.sqlite import connect

    connection = connect(tmp_path / "data" / "garrison.db")
    connection.execute("DROP TABLE resources")
    connection.close()
    with pytest.raises(StoreUnavailable):
        names(sqlite_store)
    with pytest.raises(StoreUnavailable):
        sqlite_store.writing(insert("a"))
    assert sqlite_store.writing(lambda tx: tx.lease("job", "me", 1, 1)), "the writer goes on"


def test_opening_a_store_twice_in_one_process_loses_nothing_to_others(
    database: str, open_again: Callable[[], Store]
) -> None:
    """SQLite's locks belong to the process: another that believed itself alone took the log of writes away with it."""
    first = open_again()
    first.writing(insert("before"))
    open_again().close()
    look = (
        "import sys\nfrom garrison.store.open import open_store\nstore = open_store(sys.argv[1])\n"
        "with store.reading() as r: r.epoch('x', 'y')\nstore.close()"
    )
    subprocess.run([sys.executable, "-c", look, database], check=True, timeout=60)
    first.writing(insert("after"))
    assert names(open_again()) == ["after", "before"]
