from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from garrison.scan.inventory import Inventory, Limits, ProblemKind, TargetKind, scan_target

LOG4J = "META-INF/maven/org.apache.logging.log4j/log4j-core/pom.properties"


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def properties(group: str, artifact: str, version: str) -> bytes:
    return f"#Generated\ngroupId={group}\r\nartifactId = {artifact}\nversion={version}\n".encode()


def manifest(**fields: str) -> bytes:
    return "".join(f"{key.replace('_', '-')}: {value}\r\n" for key, value in fields.items()).encode()


INNER = archive({LOG4J: properties("org.apache.logging.log4j", "log4j-core", "2.14.1"), "a/b.class": b"x" * 5000})


def found(inventory: Inventory) -> dict[str, tuple[str, str]]:
    return {package.path: (package.name, package.version) for package in inventory.packages}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_in_archives_are_read_down_to_the_last(tmp_path: Path, method: int) -> None:
    war = archive({"WEB-INF/lib/log4j-core.jar": INNER, LOG4J.replace("log4j-core", "web"): b"version=1\n"}, method)
    ear = archive({"app.war": war}, method)
    (tmp_path / "app.ear").write_bytes(ear)
    inventory = scan_target(tmp_path)
    assert found(inventory) == {
        "app.ear!/app.war!/WEB-INF/lib/log4j-core.jar": ("org.apache.logging.log4j:log4j-core", "2.14.1")
    }
    assert [problem.reason for problem in inventory.problems] == [
        "META-INF/maven/org.apache.logging.log4j/web/pom.properties lacks a coordinate"
    ]


def test_an_archive_after_a_start_script_is_read(tmp_path: Path) -> None:
    (tmp_path / "boot.jar").write_bytes(b"#!/bin/bash\nexec java -jar $0\n" + INNER)
    assert list(found(scan_target(tmp_path)).values()) == [("org.apache.logging.log4j:log4j-core", "2.14.1")]


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("commons-lang-2.6.jar", {"Implementation_Version": "2.6", "Implementation_Vendor_Id": "org.apache"},
         ("org.apache:commons-lang", "2.6")),
        ("x.jar", {"Bundle_SymbolicName": "org.objectweb.asm;singleton:=true", "Bundle_Version": "9.1"},
         ("org.objectweb.asm", "9.1")),
        ("asm-9.1.jar", {"Bundle_SymbolicName": "org.objectweb.asm"}, ("org.objectweb:asm", "9.1")),
        ("thing-1.0.jar", {"Created_By": "me"}, ("thing", "1.0")),
        ("thing.jar", {"Created_By": "me"}, None),
        ("thing.jar", {"Implementation_Title": "My Thing", "Implementation_Version": "built on monday"}, None),
    ],
)  # fmt: skip
def test_a_manifest_is_taken_at_its_word_and_no_group_is_made_up(
    tmp_path: Path, name: str, fields: dict[str, str], expected: tuple[str, str] | None
) -> None:
    (tmp_path / name).write_bytes(archive({"META-INF/MANIFEST.MF": manifest(Manifest_Version="1.0", **fields)}))
    assert list(found(scan_target(tmp_path)).values()) == ([expected] if expected else [])


def test_a_bomb_in_a_jar_is_refused_and_told(tmp_path: Path) -> None:
    bomb = archive({"zeros.jar": bytes(32 << 20)})
    (tmp_path / "bomb.jar").write_bytes(bomb)
    inventory = scan_target(tmp_path)
    assert not inventory.complete
    assert [(problem.path, problem.kind) for problem in inventory.problems] == [
        ("bomb.jar!/zeros.jar", ProblemKind.LIMIT)
    ]
    assert "times as much" in inventory.problems[0].reason


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    jar = bytearray(archive({"inner.jar": bytes(500_000)}))
    place = jar.rfind(b"PK\x01\x02")
    struct.pack_into("<I", jar, place + 24, 1000)
    (tmp_path / "a.jar").write_bytes(bytes(jar))
    inventory = scan_target(tmp_path)
    assert not inventory.complete
    assert "longer than it says" in inventory.problems[0].reason


def test_archives_too_deep_are_told(tmp_path: Path) -> None:
    nested = INNER
    for _ in range(8):
        nested = archive({"n.jar": nested})
    (tmp_path / "deep.jar").write_bytes(nested)
    inventory = scan_target(tmp_path)
    assert not inventory.complete
    assert [problem.kind for problem in inventory.problems] == [ProblemKind.LIMIT]


def test_the_time_limit_holds_inside_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.jar").write_bytes(archive({f"{number}.jar": INNER for number in range(50)}))
    inventory = scan_target(tmp_path / "a.jar", Limits(total_bytes=20_000))
    assert not inventory.complete
    assert "unpacking 20000 bytes" in inventory.problems[-1].reason


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-30],
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"PK\x01\x02", b"PK\x09\x02"),
        lambda data: data.replace(b"PK\x03\x04", b"PK\x09\x04"),
        lambda data: data[:60] + bytes(40) + data[100:],
        lambda data: b"not a zip",
    ],
)
def test_a_damaged_jar_is_a_problem(tmp_path: Path, damage: object) -> None:
    (tmp_path / "a.jar").write_bytes(damage(archive({"inner.jar": INNER}, zipfile.ZIP_STORED)))  # type: ignore[operator]
    inventory = scan_target(tmp_path)
    assert not inventory.complete
    assert inventory.problems[0].kind is ProblemKind.MALFORMED


def test_more_entries_than_a_scan_lists_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jar").write_bytes(archive({str(number): b"" for number in range(100)}))
    inventory = scan_target(tmp_path, Limits(archive_entries=50))
    assert [problem.kind for problem in inventory.problems] == [ProblemKind.LIMIT]


def test_a_function_zip_is_one_file_system(tmp_path: Path) -> None:
    (tmp_path / "function.zip").write_bytes(
        archive(
            {
                "node_modules/ms/package.json": b'{"name": "ms", "version": "1.0.0"}',
                "python/requests-2.19.0.dist-info/METADATA": b"Name: requests\nVersion: 2.19.0\n",
                "java/lib/log4j.jar": INNER,
                "../escape/node_modules/x/package.json": b'{"name": "x", "version": "1.0.0"}',
                "index.js": b"exports.handler = 1",
            }
        )
    )
    inventory = scan_target(tmp_path / "function.zip")
    assert inventory.kind is TargetKind.ARCHIVE
    assert {package.name for package in inventory.packages} == {
        "ms",
        "requests",
        "org.apache.logging.log4j:log4j-core",
    }
    assert [problem.kind for problem in inventory.problems] == [ProblemKind.UNSAFE]
    assert inventory.digest.startswith("sha256:")


def test_an_encrypted_member_is_told(tmp_path: Path) -> None:
    data = bytearray(archive({"package-lock.json": b"{}"}))
    struct.pack_into("<H", data, data.rfind(b"PK\x01\x02") + 8, 1)
    (tmp_path / "function.zip").write_bytes(bytes(data))
    inventory = scan_target(tmp_path / "function.zip")
    assert [(problem.kind, problem.reason) for problem in inventory.problems] == [(ProblemKind.UNREADABLE, "encrypted")]
