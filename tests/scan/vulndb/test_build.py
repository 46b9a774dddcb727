"""The database is swapped in whole or not at all."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.scan.sources import osv, since

from garrison.scan.vulndb import bundle as bundles
from garrison.scan.vulndb.build import BadInput, Builder, Refused
from garrison.scan.vulndb.database import Database, DatabaseError
from garrison.scan.vulndb.inputs import Bounds


def archive(path: Path, count: int, start: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for number in range(start, start + count):
            document = osv(f"GHSA-{number}", "PyPI", f"p{number}", since("0", "1.0"))
            zipped.writestr(f"{number}.json", json.dumps(document))
    return path


def build(target: Path, source: Path, *, name: str = "one", force: bool = False) -> None:
    with Builder(target, force=force) as builder:
        builder.add(name, source)
        builder.finish()


def sources(target: Path) -> dict[str, int]:
    with Database(target) as database:
        return {s.name: s.records for s in database.status().sources}


def test_a_source_replaces_itself_and_leaves_others(tmp_path: Path) -> None:
    target = tmp_path / "v.db"
    build(target, archive(tmp_path / "a.zip", 10))
    build(target, archive(tmp_path / "b.zip", 5, 100), name="two")
    build(target, archive(tmp_path / "c.zip", 9, 50))
    assert sources(target) == {"one": 9, "two": 5}
    with Database(target) as database:
        assert not database.rules("PyPI", "p0")
        assert database.rules("PyPI", "p50")
        assert database.rules("PyPI", "p100")
        assert database.verify() == ()
        assert database.status().advisories == 14


def test_a_source_that_shrank_by_more_than_a_fifth_is_refused_without_force(tmp_path: Path) -> None:
    target = tmp_path / "v.db"
    build(target, archive(tmp_path / "a.zip", 10))
    small = archive(tmp_path / "b.zip", 7)
    with pytest.raises(Refused, match="20 %"):
        build(target, small)
    assert sources(target) == {"one": 10}
    build(target, small, force=True)
    assert sources(target) == {"one": 7}


def test_one_source_that_fails_does_not_take_others_with_it(tmp_path: Path) -> None:
    target = tmp_path / "v.db"
    build(target, archive(tmp_path / "a.zip", 10))
    bad = archive(tmp_path / "bad.zip", 10)
    bad.write_bytes(bad.read_bytes()[:600])
    with Builder(target) as builder:
        with pytest.raises(BadInput, match="damaged"):
            builder.add("one", bad)
        builder.add("two", archive(tmp_path / "b.zip", 5, 100))
        builder.finish()
    assert sources(target) == {"one": 10, "two": 5}


def test_a_flipped_bit_in_a_zip_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as zipped:
        zipped.writestr("a.json", json.dumps(osv("GHSA-1", "PyPI", "x", since("0", "1"))))
    path.write_bytes(path.read_bytes().replace(b"GHSA-1", b"GHSA-2", 1))
    with pytest.raises(BadInput, match="damaged"):
        build(tmp_path / "v.db", path)
    assert not (tmp_path / "v.db").exists()


def test_nothing_is_left_behind_and_nothing_changes_when_a_build_is_given_up(tmp_path: Path) -> None:
    target = tmp_path / "v.db"
    build(target, archive(tmp_path / "a.zip", 3))
    before = target.read_bytes()
    with Builder(target) as builder:
        builder.add("two", archive(tmp_path / "b.zip", 5, 100))
    assert target.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == [".v.db.lock", "a.zip", "b.zip", "v.db"]


def test_one_writes_at_a_time_and_what_a_killed_one_left_is_taken_away(tmp_path: Path) -> None:
    target = tmp_path / "v.db"
    source = archive(tmp_path / "a.zip", 3)
    (tmp_path / ".v.db.99999.new").write_bytes(b"half a database")
    with Builder(target) as builder:
        assert not (tmp_path / ".v.db.99999.new").exists()
        builder.add("one", source)
        with pytest.raises(Refused, match="under way"):
            Builder(target)
        builder.finish()
    build(target, archive(tmp_path / "b.zip", 3, 10), name="two")
    assert sources(target) == {"one": 3, "two": 3}


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("a.json", b" " * (40 << 20))
    with pytest.raises(BadInput, match="unpacks to more"):
        build(tmp_path / "v.db", tmp_path / "a.zip")
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b" " * (40 << 20)))
    with pytest.raises(BadInput, match="unpacks to more"):
        build(tmp_path / "v.db", tmp_path / "b.json.gz")
    many = archive(tmp_path / "c.zip", 20)
    with Builder(tmp_path / "v.db") as builder, pytest.raises(BadInput, match="more than 5 files"):
        builder.add("one", many, bounds=Bounds(files=5))


def test_what_nobody_reads_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[1, 2]")
    with pytest.raises(Refused, match="nothing that any importer reads"):
        build(tmp_path / "v.db", tmp_path / "x.json")
    (tmp_path / "y.json").write_text('{"id": 5}')
    with pytest.raises(Refused, match="no document of 1 was understood"):
        build(tmp_path / "v.db", tmp_path / "y.json")


def test_withdrawn_advisories_are_dropped(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    for number, withdrawn in enumerate(["2024-01-01T00:00:00Z", None]):
        document = osv(f"GHSA-{number}", "PyPI", "x", since("0", "1"), withdrawn=withdrawn)
        (folder / f"{number}.json").write_text(json.dumps(document))
    build(tmp_path / "v.db", folder)
    with Database(tmp_path / "v.db") as database:
        assert len(database.rules("PyPI", "x")) == 1


@pytest.mark.parametrize("keep", [0, 100, 4096, 20000])
def test_a_truncated_database_is_refused_in_words(tmp_path: Path, keep: int) -> None:
    target = tmp_path / "v.db"
    build(target, archive(tmp_path / "a.zip", 50))
    target.write_bytes(target.read_bytes()[:keep])
    with pytest.raises(DatabaseError, match="cannot be used"):
        Database(target)


def test_another_kind_of_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "v.db").write_bytes(b"not a database at all" * 400)
    with pytest.raises(DatabaseError, match="cannot be used"):
        Database(tmp_path / "v.db")
    with pytest.raises(DatabaseError, match="There is no vulnerability database"):
        Database(tmp_path / "other.db")


def test_a_damaged_page_is_found_by_verify_and_told_by_look_ups(tmp_path: Path) -> None:
    target = tmp_path / "v.db"
    build(target, archive(tmp_path / "a.zip", 200))
    data = bytearray(target.read_bytes())
    for at in range(8192, len(data)):
        data[at] ^= 0x5A
    target.write_bytes(bytes(data))

    def use() -> None:
        with Database(target) as database:
            assert database.verify()
            database.status()
            for number in range(200):
                database.rules("PyPI", f"p{number}")

    with pytest.raises(DatabaseError, match="cannot be used"):
        use()


def test_a_status_tells_the_age(tmp_path: Path) -> None:
    target = tmp_path / "v.db"
    made = datetime(2026, 1, 1, tzinfo=UTC)
    with Builder(target, now=made) as builder:
        builder.add("one", archive(tmp_path / "a.zip", 1))
        builder.finish()
    with Database(target) as database:
        assert database.status(made + timedelta(hours=3)).age == "3 hours"
        late = database.status(made + timedelta(days=8))
    assert (late.age, late.stale) == ("8 days", True)


def test_a_bundle_is_taken_from_who_is_trusted_and_only_whole(tmp_path: Path) -> None:
    source, target = tmp_path / "v.db", tmp_path / "there" / "v.db"
    build(source, archive(tmp_path / "a.zip", 20))
    key = bundles.signing_key(tmp_path / "key.pem")
    stranger = bundles.signing_key(tmp_path / "other.pem").public_key()
    bundle = tmp_path / "b.tar.gz"
    bundles.export(source, bundle, key)
    with pytest.raises(bundles.BundleError, match="not signed by a trusted key"):
        bundles.take(bundle, target, [stranger])
    assert bundles.take(bundle, target, [stranger, key.public_key()]).advisories == 20
    with tarfile.open(bundle) as tar:
        members = {m.name: tar.extractfile(m).read() for m in tar.getmembers()}  # type: ignore[union-attr]
    members[bundles.DATABASE] = members[bundles.DATABASE].replace(b"p1", b"p2")
    with tarfile.open(bundle, "w:gz") as tar:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    with pytest.raises(bundles.BundleError, match="not the one that was signed"):
        bundles.take(bundle, target, [key.public_key()])
    bundle.write_bytes(bundle.read_bytes()[:3000])
    with pytest.raises(bundles.BundleError):
        bundles.take(bundle, target, [key.public_key()])
    assert sources(target) == {"one": 20}
    assert (tmp_path / "key.pem").stat().st_mode & 0o77 == 0


def test_a_bundle_older_than_what_is_in_use_is_refused_without_force(tmp_path: Path) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    for path, day in ((old, 1), (new, 2)):
        with Builder(path, now=datetime(2026, 1, day, tzinfo=UTC)) as builder:
            builder.add("one", archive(tmp_path / "a.zip", 2))
            builder.finish()
    key = bundles.signing_key(tmp_path / "key.pem")
    bundles.export(old, tmp_path / "b.tar.gz", key)
    with pytest.raises(bundles.BundleError, match="--force"):
        bundles.take(tmp_path / "b.tar.gz", new, [key.public_key()])
    assert bundles.take(tmp_path / "b.tar.gz", new, [key.public_key()], force=True).built.startswith("2026-01-01")
