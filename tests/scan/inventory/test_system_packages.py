from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import subprocess
from pathlib import Path

import pytest

from garrison.scan.inventory import Inventory, Package, ProblemKind, TargetKind, scan_target
from tests.scan.inventory import rpm_databases
from tests.scan.inventory.images import DEBIAN, status

ALMA = b'ID="almalinux"\nVERSION_ID="9.4"\nPRETTY_NAME="AlmaLinux 9.4"\n'
ALPINE = b"ID=alpine\nVERSION_ID=3.19.1\n"


def only(inventory: Inventory) -> Package:
    assert len(inventory.packages) == 1, inventory
    return inventory.packages[0]


def write(folder: Path, path: str, content: bytes) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)


def test_a_debian_package_is_told_with_epoch_revision_and_source(tmp_path: Path) -> None:
    write(tmp_path, "etc/os-release", DEBIAN)
    write(
        tmp_path,
        "var/lib/dpkg/status",
        b"Package: libssl3\nStatus: hold ok installed\nArchitecture: arm64\nSource: openssl (3.0.11-1)\n"
        b"Version: 1:3.0.11-1+b1\nDescription: a\n Version: 9\n .\n more\n\n"
        b"Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
        b"Package: never\nStatus: unknown ok not-installed\n\n"
        b"Package: half\nStatus: install ok half-configured\nVersion: 2.0~rc1\n",
    )
    inventory = scan_target(tmp_path)
    assert inventory.kind is TargetKind.DIRECTORY
    assert inventory.complete
    half, ssl = sorted(inventory.packages, key=lambda package: package.name)
    assert (ssl.epoch, ssl.version, ssl.release, ssl.native_version) == (1, "3.0.11", "1+b1", "1:3.0.11-1+b1")
    assert (ssl.matched_name, ssl.matched_version) == ("openssl", "3.0.11-1")
    assert ssl.purl == "pkg:deb/debian/libssl3@3.0.11-1%2Bb1?arch=arm64&distro=bookworm&epoch=1&source=openssl".replace(
        "%2B", "+"
    )
    assert ssl.ecosystem == "Debian:12"
    assert (half.native_version, half.release) == ("2.0~rc1", "")


def test_this_machines_own_packages_are_those_dpkg_lists() -> None:
    if shutil.which("dpkg-query") is None:
        pytest.skip("not a Debian machine")
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version} ${Architecture} ${source:Package}\n"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    wanted = sorted(line.split()[1:] for line in listed if line.split()[0] not in ("not-installed", "config-files"))
    inventory = scan_target(Path("/var/lib/dpkg/status"))
    assert inventory.kind is TargetKind.FILE
    found = sorted([p.name, p.native_version, p.arch, p.matched_name] for p in inventory.packages)
    assert found == wanted


def test_distroless_images_keep_one_file_per_package(tmp_path: Path) -> None:
    write(tmp_path, "etc/os-release", DEBIAN)
    write(tmp_path, "var/lib/dpkg/status.d/base", b"Package: base-files\nVersion: 12.4\nArchitecture: amd64")
    write(tmp_path, "var/lib/dpkg/status.d/base.md5sums", b"abc  usr/x\n")
    inventory = scan_target(tmp_path)
    assert inventory.complete
    assert (only(inventory).name, only(inventory).version) == ("base-files", "12.4")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nStatus: install ok inst", "cut off"),
        (b"Package: a\nStatus: install ok installed\n\n", "has no version"),
        (b"\x00\x01\x02garbage\n", "no package in it"),
    ],
)
def test_a_damaged_dpkg_status_makes_the_inventory_incomplete(tmp_path: Path, content: bytes, words: str) -> None:
    write(tmp_path, "var/lib/dpkg/status", content)
    inventory = scan_target(tmp_path)
    assert not inventory.complete
    assert words in inventory.problems[0].reason


def test_files_named_status_elsewhere_are_no_package_database(tmp_path: Path) -> None:
    write(tmp_path, "home/status", status(("bash", "5")))
    write(tmp_path, "x/lib/dpkg/status", status(("bash", "5")))
    inventory = scan_target(tmp_path)
    assert inventory.packages == ()
    assert inventory.complete


@pytest.mark.parametrize("place", ["lib/apk/db/installed", "usr/lib/apk/db/installed"])
def test_alpine_packages_have_their_origin_as_source(tmp_path: Path, place: str) -> None:
    write(tmp_path, "etc/os-release", ALPINE)
    write(tmp_path, place, b"C:Q1x\nP:libcrypto3\nV:3.1.4-r2\nA:x86_64\no:openssl\nF:lib\nR:libcrypto.so.3\n\n")
    package = only(scan_target(tmp_path))
    assert package.ecosystem == "Alpine:v3.19"
    assert (package.version, package.release, package.native_version) == ("3.1.4", "r2", "3.1.4-r2")
    assert (package.matched_name, package.matched_version) == ("openssl", "3.1.4-r2")
    assert package.purl == "pkg:apk/alpine/libcrypto3@3.1.4-r2?arch=x86_64&distro=3.19.1&source=openssl"


RPMS = [
    rpm_databases.header("bash", "5.1.8", "9.el9", source="bash-5.1.8-9.el9.src.rpm"),
    rpm_databases.header(
        "bind-libs", "9.16.23", "18.el9", epoch=32, source="bind-9.16.23-18.el9.src.rpm", padding=20_000
    ),
    rpm_databases.header("nodejs", "18.20.2", "1.module+el9", modularity="nodejs:18:9040:rhel9", source="(none)"),
    rpm_databases.header("gpg-pubkey", "b86b3716", "61e69f29", source="(none)"),
]


def _check_rpms(inventory: Inventory) -> None:
    assert inventory.complete, inventory.problems
    bash, bind, node = inventory.packages
    assert (bash.name, bash.native_version, bash.epoch, bash.arch) == ("bash", "5.1.8-9.el9", None, "x86_64")
    assert (bind.native_version, bind.matched_name, bind.matched_version) == (
        "32:9.16.23-18.el9",
        "bind",
        "32:9.16.23-18.el9",
    )
    assert bind.purl == "pkg:rpm/almalinux/bind-libs@9.16.23-18.el9?arch=x86_64&distro=9.4&epoch=32&source=bind"
    assert (node.modularity, node.source_name) == ("nodejs:18:9040:rhel9", "")
    assert {package.ecosystem for package in inventory.packages} == {"AlmaLinux:9"}


@pytest.mark.parametrize("place", ["var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite"])
def test_rpm_packages_are_read_from_sqlite(tmp_path: Path, place: str) -> None:
    write(tmp_path, "etc/os-release", ALMA)
    (tmp_path / place).parent.mkdir(parents=True)
    rpm_databases.sqlite(tmp_path / place, RPMS)
    before = {path: path.read_bytes() for path in (tmp_path / place).parent.iterdir()}
    _check_rpms(scan_target(tmp_path))
    assert {path: path.read_bytes() for path in (tmp_path / place).parent.iterdir()} == before


def test_what_sqlite_wrote_ahead_is_part_of_the_database(tmp_path: Path) -> None:
    write(tmp_path, "etc/os-release", ALMA)
    place = tmp_path / "var/lib/rpm/rpmdb.sqlite"
    place.parent.mkdir(parents=True)
    rpm_databases.sqlite(place, RPMS[:1])
    connection = sqlite3.connect(place)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in RPMS[1:]])
    connection.commit()
    _check_rpms(scan_target(tmp_path))
    connection.close()


def test_rpm_packages_are_read_from_ndb(tmp_path: Path) -> None:
    write(tmp_path, "etc/os-release", ALMA)
    write(tmp_path, "usr/lib/sysimage/rpm/Packages.db", rpm_databases.ndb(RPMS))
    _check_rpms(scan_target(tmp_path))


@pytest.mark.parametrize("order", ["<", ">"])
def test_rpm_packages_are_read_from_berkeley_db_of_either_byte_order(tmp_path: Path, order: str) -> None:
    write(tmp_path, "etc/os-release", ALMA)
    write(tmp_path, "var/lib/rpm/Packages", rpm_databases.bdb(RPMS, order))
    _check_rpms(scan_target(tmp_path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Packages", rpm_databases.bdb(RPMS)[:-4096]),
        ("Packages", rpm_databases.bdb(RPMS)[:600]),
        ("Packages", b"garbage" * 1000),
        ("Packages.db", rpm_databases.ndb(RPMS)[:-4096]),
        ("Packages.db", rpm_databases.ndb(RPMS)[:20]),
        ("Packages.db", rpm_databases.ndb([b"\xff" * 40])),
        ("rpmdb.sqlite", b"SQLite format 3\0" + b"\0" * 4096),
        ("rpmdb.sqlite", b"nothing of the kind"),
    ],
)
def test_a_damaged_rpm_database_makes_the_inventory_incomplete(tmp_path: Path, name: str, content: bytes) -> None:
    write(tmp_path, f"var/lib/rpm/{name}", content)
    inventory = scan_target(tmp_path)
    assert not inventory.complete
    assert {problem.kind for problem in inventory.problems} == {ProblemKind.MALFORMED}
    assert inventory.problems[0].path == f"var/lib/rpm/{name}"


def test_a_chain_of_pages_in_a_circle_ends(tmp_path: Path) -> None:
    data = bytearray(rpm_databases.bdb([rpm_databases.header("a", "1", "1", padding=20_000)]))
    struct.pack_into("<I", data, 3 * 4096 + 16, 2)
    write(tmp_path, "var/lib/rpm/Packages", bytes(data))
    inventory = scan_target(tmp_path)
    assert not inventory.complete
    assert "astray" in inventory.problems[0].reason


def test_an_sqlite_view_in_the_packages_tables_place_is_not_run(tmp_path: Path) -> None:
    place = tmp_path / "var/lib/rpm/rpmdb.sqlite"
    place.parent.mkdir(parents=True)
    connection = sqlite3.connect(place)
    connection.execute(
        "CREATE VIEW Packages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS blob FROM n"
    )
    connection.commit()
    connection.close()
    inventory = scan_target(tmp_path)
    assert not inventory.complete


@pytest.mark.parametrize(
    ("content", "ecosystem"),
    [
        (b'ID=ubuntu\nVERSION_ID="22.04"\n', "Ubuntu:22.04:LTS"),
        (b'ID=ubuntu\nVERSION_ID="23.10"\n', "Ubuntu:23.10"),
        (b'ID=debian\nPRETTY_NAME="Debian GNU/Linux trixie/sid"\nVERSION_CODENAME=trixie\n', "Debian:13"),
        (b"ID=debian\n", "Debian"),
        (b"ID=alpine\nVERSION_ID=3.20_alpha20231219\n", "Alpine:edge"),
        (b'ID="rocky"\nVERSION_ID="9.3"\n', "Rocky Linux:9"),
        (b'ID="rhel"\nVERSION_ID="8.9"\n', "Red Hat:8"),
        (b'ID="amzn"\nVERSION_ID="2023"\n', "Amazon Linux:2023"),
        (b'ID="amzn"\nVERSION_ID="2018.03"\n', "Amazon Linux:1"),
        (b'ID="sles"\nVERSION_ID="15.5"\n', "SUSE:Linux Enterprise Server 15 SP5"),
        (b'ID="opensuse-leap"\nVERSION_ID="15.5"\n', "openSUSE:Leap 15.5"),
        (b"ID=wolfi\nVERSION_ID=20230201\n", "Wolfi"),
        (b'ID=mariner\nVERSION_ID="2.0"\n', "Azure Linux:2"),
        (b"ID=plan9\n", ""),
    ],
)
def test_distributions_are_called_as_osv_calls_them(tmp_path: Path, content: bytes, ecosystem: str) -> None:
    write(tmp_path, "usr/lib/os-release", content)
    inventory = scan_target(tmp_path)
    assert inventory.os is not None
    assert inventory.os.ecosystem == ecosystem


def test_links_of_a_root_are_followed_inside_it_and_never_out(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "root"
    write(outside, "os-release", DEBIAN)
    write(outside, "node_modules/ms/package.json", b'{"name": "ms", "version": "1.0.0"}')
    (inside / "etc").mkdir(parents=True)
    (inside / "etc/os-release").symlink_to("../../outside/os-release")
    (inside / "app").symlink_to("../outside")
    (inside / "loop").symlink_to("loop")
    inventory = scan_target(inside)
    assert inventory.os is None
    assert inventory.packages == ()
    write(inside, "usr/lib/os-release", DEBIAN)
    (inside / "etc/os-release").unlink()
    (inside / "etc/os-release").symlink_to("/usr/lib/os-release")
    inventory = scan_target(inside)
    assert inventory.os is not None
    assert inventory.os.id == "debian"


def test_pipes_and_unreadable_folders_do_not_hold_a_scan_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "package-lock.json")
    deep = tmp_path
    for _ in range(140):
        deep = deep / "d"
    deep.mkdir(parents=True)
    inventory = scan_target(tmp_path)
    assert [problem.kind for problem in inventory.problems] == [ProblemKind.LIMIT]
    assert not inventory.complete


def test_a_language_package_that_a_distribution_brought_is_marked_so(tmp_path: Path) -> None:
    metadata = b"Name: requests\nVersion: 2.28.1\n"
    write(tmp_path, "etc/os-release", b"ID=ubuntu\nID_LIKE=debian\nVERSION_ID=22.04\n")
    write(tmp_path, "usr/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO", metadata)
    write(tmp_path, "usr/local/lib/python3.10/dist-packages/requests-2.28.1.dist-info/METADATA", metadata)
    assert [package.distributed for package in scan_target(tmp_path).packages] == [True, False]
    write(tmp_path, "etc/os-release", b"ID=fedora\nVERSION_ID=40\n")
    assert [package.distributed for package in scan_target(tmp_path).packages] == [False, False]
