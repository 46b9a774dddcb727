"""Rows of the key tables: what is changed in the database is noticed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from garrison.access.runtime import Runtime
from garrison.keys.errors import Sealed, Tampered
from garrison.keys.seal import Seal
from garrison.services.kms.domains import current_domain, domain_of
from garrison.services.kms.rows import Protected, checked, delete, get, insert, read_ledger, update, verify
from garrison.store import Kind, Reader, Resource, Store, Transaction

HOME, REGION = "123456789012", "us-east-1"
PLACES = [(HOME, REGION)]


class Note(Protected, frozen=True, kw_only=True, omit_defaults=True):
    text: str
    more: dict[str, str] = msgspec.field(default_factory=dict)


NOTE = Kind("kms.test-note", Note)


@pytest.fixture
def runtime(sqlite_store: Store) -> Runtime:
    runtime = Runtime(store=sqlite_store, seal=Seal(b"k" * 32))
    sqlite_store.writing(lambda tx: [put(runtime, name, tx) for name in ("first", "second")])
    return runtime


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    return next((tmp_path / "data").glob("*.db"))


def put(runtime: Runtime, name: str, tx: Transaction) -> Resource[Note]:
    body = Note(text=name, more={"b": "1", "a": "2"})
    return insert(runtime, tx, NOTE, HOME, name, body, id="id-" + name, region=REGION, parent="p", created=1.5)


def read(runtime: Runtime, name: str) -> Resource[Note]:
    with runtime.store.reading() as reader:
        row = reader.get(NOTE, HOME, name, region=REGION, parent="p")
    assert row is not None
    return row


def verified(runtime: Runtime) -> int:
    with runtime.store.reading() as reader:
        return verify(runtime, reader, [NOTE], PLACES)


def test_rows_written_changed_and_deleted_verify(runtime: Runtime) -> None:
    first = checked(runtime, read(runtime, "first"))
    runtime.store.writing(lambda tx: update(runtime, tx, first, Note(text="other"), name="renamed", updated=3.25))
    assert checked(runtime, read(runtime, "renamed")).body.text == "other"
    assert verified(runtime) == 2
    runtime.store.writing(lambda tx: delete(runtime, tx, read(runtime, "second")))
    assert verified(runtime) == 1
    with runtime.store.reading() as reader:
        assert read_ledger(runtime, reader).changes == 4


COLUMNS = {
    "account": "'999999999999'",
    "region": "'eu-west-1'",
    "parent": "'q'",
    "name": "'third'",
    "id": "'id-third'",
    "version": "version + 1",
    "created": "created + 0.001",
    "updated": "updated + 0.001",
    "body": "CAST(replace(CAST(body AS TEXT), '\"first\"', '\"other\"') AS BLOB)",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_row_with_one_column_changed_is_not_believed(runtime: Runtime, sqlite_file: Path, column: str) -> None:
    with sqlite3.connect(sqlite_file) as db:
        statement = f"UPDATE resources SET {column} = {COLUMNS[column]} WHERE kind = ? AND name = 'first'"
        assert db.execute(statement, (NOTE.name,)).rowcount == 1
    with runtime.store.reading() as reader:
        rows = [row for place in (HOME, "999999999999") for region in (REGION, "eu-west-1") for row in
                reader.page(NOTE, place, region=region, parent=None) if row.body.text != "second"]  # fmt: skip
    assert len(rows) == 1
    with pytest.raises(Tampered):
        checked(runtime, rows[0])
    with pytest.raises(Tampered):
        verified(runtime)


def test_a_row_found_under_anothers_name_is_not_believed(runtime: Runtime, sqlite_file: Path) -> None:
    with sqlite3.connect(sqlite_file) as db:
        db.execute("UPDATE resources SET name_key = 'gone' WHERE name = 'second'")
        db.execute("UPDATE resources SET name_key = 'second' WHERE name = 'first'")
    with runtime.store.reading() as reader, pytest.raises(Tampered):
        get(runtime, reader, NOTE, HOME, "second", region=REGION, parent="p")


def test_a_row_taken_away_or_put_back_as_it_was_is_missed(runtime: Runtime, sqlite_file: Path) -> None:
    db = sqlite3.connect(sqlite_file, isolation_level=None)
    old = db.execute("SELECT * FROM resources WHERE name = 'first'").fetchone()
    runtime.store.writing(lambda tx: update(runtime, tx, read(runtime, "first"), Note(text="new")))
    assert verified(runtime) == 2
    new = db.execute("SELECT * FROM resources WHERE name = 'first'").fetchone()
    db.execute("DELETE FROM resources WHERE name = 'first'")
    with pytest.raises(Tampered, match="1 rows, where the ledger has 2"):
        verified(runtime)
    marks = ", ".join("?" * len(old))
    db.execute(f"INSERT INTO resources VALUES ({marks})", old)
    checked(runtime, read(runtime, "first"))
    with pytest.raises(Tampered, match="the key tables"):
        verified(runtime)
    db.execute("DELETE FROM resources WHERE name = 'first'")
    db.execute(f"INSERT INTO resources VALUES ({marks})", new)
    assert verified(runtime) == 2
    db.close()


def test_while_sealed_rows_are_read_but_not_written(runtime: Runtime) -> None:
    runtime.seal.root.seal()
    row = checked(runtime, read(runtime, "first"))
    with pytest.raises(Sealed):
        runtime.store.writing(lambda tx: update(runtime, tx, row, Note(text="x")))
    assert read(runtime, "first").version == 1


def test_one_domain_key_serves_an_account_and_region_for_ninety_days(runtime: Runtime) -> None:
    def at(now: float, region: str = REGION) -> str:
        return runtime.store.writing(lambda tx: current_domain(runtime, tx, HOME, region, now)).id

    first = at(1000.0)
    assert at(1000.0 + 89 * 86_400) == first
    assert at(1000.0, "eu-west-1") != first
    second = at(1000.0 + 91 * 86_400)
    assert second != first
    assert at(1000.0 + 92 * 86_400) == second

    def found(reader: Reader, id: str) -> str:
        return domain_of(runtime, reader, id).id

    with runtime.store.reading() as reader:
        assert found(reader, first) == first
        with pytest.raises(Tampered):
            found(reader, "gone")
