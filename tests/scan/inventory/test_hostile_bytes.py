"""Whatever the bytes are, a scan answers: an inventory or a reason, never a crash, never a loop."""

from __future__ import annotations

import contextlib
import gzip
import io
import tempfile
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from garrison.scan.inventory import Inventory, Limits, TargetError, purl, scan_target
from garrison.scan.inventory.collectors import COLLECTORS
from garrison.scan.inventory.files import Unreadable, in_memory
from garrison.scan.inventory.gather import Gathering
from garrison.scan.inventory.model import TargetKind
from garrison.scan.inventory.sbom import read
from garrison.scan.inventory.targets import tar
from tests.scan.inventory import rpm_databases
from tests.scan.inventory.images import docker_archive, layer_tar, oci_layout
from tests.scan.inventory.test_boms import JSON, SPDX, TAGS, XML
from tests.scan.inventory.test_java_archives import INNER, archive
from tests.scan.inventory.test_languages import EXPECTED, elf_with

LIMITS = Limits(seconds=20, total_bytes=64 << 20, spool_bytes=64 << 20)
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

SEEDS: list[tuple[str, bytes]] = [
    *((path, content.encode()) for path, content, _ in EXPECTED),
    ("var/lib/rpm/Packages", rpm_databases.bdb([rpm_databases.header("a", "1", "1", epoch=1, padding=9000)])),
    ("var/lib/rpm/Packages.db", rpm_databases.ndb([rpm_databases.header("a", "1", "1", epoch=1)])),
    ("var/lib/dpkg/status", b"Package: a\nStatus: install ok installed\nVersion: 1:2-3\nSource: b (1)\n\n"),
    ("lib/apk/db/installed", b"P:a\nV:1-r0\no:b\n\n"),
    ("a.jar", INNER),
    ("b.jar", archive({"inner.jar": INNER, "META-INF/MANIFEST.MF": b"Bundle-SymbolicName: a.b\nBundle-Version: 1\n"})),
    ("program", elf_with(".go.buildinfo", b"\xff Go buildinf:\x08\x02" + bytes(16) + b"\x08go1.21.6\x00")[:1500]),
]


@st.composite
def damaged(draw: st.DrawFn, seed: bytes) -> bytes:
    """`seed` with a few bytes changed, a part removed, or a part repeated."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.integers(0, 3)):
            case 0 if data:
                data[place] = draw(st.integers(0, 255))
            case 1:
                del data[place : place + draw(st.integers(1, 64))]
            case 2:
                data[place:place] = draw(st.binary(min_size=1, max_size=16))
            case _:
                data = data[:place]
    return bytes(data)


@FEW
@given(st.data())
def test_no_collector_raises_anything_but_its_refusal_of_a_damaged_file(data: st.DataObject) -> None:
    path, seed = data.draw(st.sampled_from(SEEDS))
    content = data.draw(damaged(seed))
    for collector in COLLECTORS:
        name = path.rpartition("/")[2]
        ending = name[name.rfind(".") :] if "." in name else ""
        if (
            name not in collector.names
            and ending not in collector.endings
            and not (collector.executables and name == "program")
        ):
            continue
        gathering = Gathering(LIMITS, None)
        with contextlib.suppress(Unreadable):
            list(collector.collect(in_memory(path, content), gathering.scan))
        gathering.collect(in_memory(path, content), (collector,))
        inventory = gathering.finish("x", TargetKind.FILE)
        assert msgspec.json.decode(msgspec.json.encode(inventory), type=Inventory) == inventory


def _targets() -> list[bytes]:
    layers = [layer_tar({"app/node_modules/ms/package.json": b'{"name": "ms", "version": "1.0.0"}'})]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "image.tar"
        docker_archive(place, layers)
        first = place.read_bytes()
        docker_archive(place, layers, gzip.compress)
        second = place.read_bytes()
        oci_layout(place, layers)
        third = place.read_bytes()
    return [
        first,
        second,
        third,
        gzip.compress(first),
        layers[0],
        archive({"package-lock.json": b"{}", "x.jar": INNER}),
        msgspec.json.encode(JSON),
        msgspec.json.encode(SPDX),
        TAGS.encode(),
        XML.encode(),
    ]


TARGETS = _targets()


@FEW
@given(st.data())
def test_a_damaged_target_is_an_inventory_or_a_reason(data: st.DataObject) -> None:
    content = data.draw(damaged(data.draw(st.sampled_from(TARGETS))))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "thing"
        place.write_bytes(content)
        with contextlib.suppress(TargetError):
            inventory = scan_target(place, LIMITS)
            assert inventory.complete == (not any(problem.lost for problem in inventory.problems))


@FEW
@given(st.binary(max_size=2048))
def test_any_bytes_are_a_tar_or_refused(content: bytes) -> None:
    with contextlib.suppress(Unreadable):
        list(tar.TarReader(io.BytesIO(content)))


@FEW
@given(st.binary(max_size=300))
def test_any_bytes_are_a_bill_of_materials_or_refused(content: bytes) -> None:
    with contextlib.suppress(TargetError):
        read(content, target="x")


@FEW
@given(st.text(max_size=80))
def test_any_text_is_a_package_url_or_none(text: str) -> None:
    purl.package_of_purl(text)
    found = purl.package_of_purl(f"pkg:{text}")
    assert found is None or found.name


NAMES = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters="/@:"), min_size=1, max_size=20
)


@FEW
@given(st.sampled_from(["npm", "Go", "crates.io", "RubyGems", "NuGet"]), NAMES, NAMES)
def test_a_package_url_that_is_written_reads_back(ecosystem: str, name: str, version: str) -> None:
    text = purl.for_language(ecosystem, name, version)
    found = purl.package_of_purl(text)
    assert found is not None
    if name not in ("stdlib", "toolchain", "std"):
        assert (found.ecosystem, found.name, found.version) == (
            ecosystem,
            name,
            version.removeprefix("v") if ecosystem == "Go" else version,
        )
