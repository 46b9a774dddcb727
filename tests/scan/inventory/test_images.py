from __future__ import annotations

import gzip
import io
import json
import lzma
import tarfile
from pathlib import Path

import pytest

from garrison.scan.inventory import Inventory, Limits, ProblemKind, Progress, TargetError, TargetKind, scan_target
from tests.scan.inventory.images import DEBIAN, docker_archive, layer_tar, oci_layout, status


def names(inventory: Inventory) -> dict[str, str]:
    return {package.name: package.native_version for package in inventory.packages}


BASE = layer_tar(
    {
        "etc": None,
        "etc/os-release": "../usr/lib/os-release",
        "usr/lib/os-release": DEBIAN,
        "var/lib/dpkg/status": status(("bash", "5.2.15-2+b2"), ("openssl", "3.0.11-1~deb12u2")),
        "app/node_modules/left-pad/package.json": b'{"name": "left-pad", "version": "1.3.0"}',
        "app/node_modules/ms/package.json": b'{"name": "ms", "version": "2.0.0"}',
    }
)


def test_layers_lie_on_top_of_each_other_and_each_package_names_the_layer_that_wrote_it(tmp_path: Path) -> None:
    top = layer_tar(
        {
            "app/node_modules/.wh.ms": b"",
            "app/node_modules/debug/package.json": b'{"name": "debug", "version": "4.3.4"}',
            "var/lib/dpkg/status": status(("bash", "5.2.15-2+b7")),
        }
    )
    diff_ids = docker_archive(tmp_path / "image.tar", [BASE, top])
    seen: list[Progress] = []

    inventory = scan_target(tmp_path / "image.tar", progress=seen.append)

    assert inventory.kind is TargetKind.IMAGE
    assert inventory.complete
    assert inventory.os is not None
    assert inventory.os.ecosystem == "Debian:12"
    assert names(inventory) == {"bash": "5.2.15-2+b7", "left-pad": "1.3.0", "debug": "4.3.4"}
    by_name = {package.name: package for package in inventory.packages}
    assert by_name["bash"].layer == diff_ids[1]
    assert by_name["left-pad"].layer == diff_ids[0]
    assert by_name["bash"].ecosystem == "Debian:12"
    assert inventory.layers == tuple(diff_ids)
    assert inventory.architecture == "amd64"
    assert inventory.digest.startswith("sha256:")
    assert [progress.stage for progress in seen if "layer" in progress.stage]


def test_an_opaque_folder_hides_everything_below_and_nothing_of_its_own_layer(tmp_path: Path) -> None:
    top = layer_tar(
        {
            "app/node_modules/new/package.json": b'{"name": "new", "version": "1.0.0"}',
            "app/node_modules/.wh..wh..opq": b"",
        }
    )
    docker_archive(tmp_path / "image.tar", [BASE, top])
    assert set(names(scan_target(tmp_path / "image.tar"))) == {"bash", "openssl", "new"}


@pytest.mark.parametrize("replacement", ["link", b"file"])
def test_whatever_replaces_a_folder_hides_what_was_in_it(tmp_path: Path, replacement: str | bytes) -> None:
    docker_archive(tmp_path / "image.tar", [BASE, layer_tar({"app": replacement})])
    assert set(names(scan_target(tmp_path / "image.tar"))) == {"bash", "openssl"}


def test_a_whiteout_with_a_similar_name_hides_nothing(tmp_path: Path) -> None:
    docker_archive(tmp_path / "image.tar", [BASE, layer_tar({"app/node_modules/.wh.m": b"", "ap/.wh.p": b""})])
    assert set(names(scan_target(tmp_path / "image.tar"))) == {"bash", "openssl", "left-pad", "ms"}


@pytest.mark.parametrize("nested", [True, False])
def test_an_oci_layout_is_read_through_its_indexes(tmp_path: Path, nested: bool) -> None:
    diff_ids = oci_layout(tmp_path / "image.tar", [BASE], nested=nested)
    inventory = scan_target(tmp_path / "image.tar")
    assert inventory.kind is TargetKind.IMAGE
    assert inventory.complete
    assert inventory.architecture == "arm64"
    assert set(names(inventory)) == {"bash", "openssl", "left-pad", "ms"}
    assert {package.layer for package in inventory.packages} == set(diff_ids)


def _zstd(data: bytes) -> bytes:
    zstandard = pytest.importorskip("zstandard")
    packed: bytes = zstandard.ZstdCompressor().compress(data)
    return packed


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress, _zstd], ids=["plain", "gzip", "xz", "zstd"])
def test_layers_may_be_packed_in_any_of_the_usual_ways(tmp_path: Path, pack: object) -> None:
    docker_archive(tmp_path / "image.tar", [BASE], pack)  # type: ignore[arg-type]
    inventory = scan_target(tmp_path / "image.tar")
    assert inventory.complete
    assert set(names(inventory)) == {"bash", "openssl", "left-pad", "ms"}


def test_the_whole_archive_may_be_packed(tmp_path: Path) -> None:
    docker_archive(tmp_path / "image.tar", [BASE])
    packed = tmp_path / "image.tar.gz"
    # Two streams one after the other are one.
    data = (tmp_path / "image.tar").read_bytes()
    packed.write_bytes(gzip.compress(data[:1000]) + gzip.compress(data[1000:]))
    assert set(names(scan_target(packed))) == {"bash", "openssl", "left-pad", "ms"}


def test_a_layer_cut_off_makes_the_inventory_incomplete_and_names_the_layer(tmp_path: Path) -> None:
    for pack in (lambda data: data[: len(data) // 2], lambda data: gzip.compress(data)[:-200]):
        docker_archive(tmp_path / "image.tar", [BASE], pack)
        inventory = scan_target(tmp_path / "image.tar")
        assert not inventory.complete
        assert [(problem.path, problem.kind) for problem in inventory.problems] == [
            ("0/layer.tar", ProblemKind.MALFORMED)
        ]


def test_a_layer_that_is_no_tar_is_a_problem_and_the_others_are_read(tmp_path: Path) -> None:
    docker_archive(tmp_path / "image.tar", [BASE, b"not a tar at all" * 100])
    inventory = scan_target(tmp_path / "image.tar")
    assert not inventory.complete
    assert set(names(inventory)) == {"bash", "openssl", "left-pad", "ms"}


def test_paths_that_leave_the_image_are_told_and_not_followed(tmp_path: Path) -> None:
    layer = layer_tar(
        {"../../etc/passwd": b"root", "a/../../app/node_modules/ms/package.json": b'{"name": "x", "version": "1"}'}
    )
    docker_archive(tmp_path / "image.tar", [BASE, layer])
    inventory = scan_target(tmp_path / "image.tar")
    assert not inventory.complete
    assert {problem.kind for problem in inventory.problems} == {ProblemKind.UNSAFE}
    assert "x" not in names(inventory)


def test_a_bomb_ends_at_the_limit_and_is_not_shown_as_whole(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("zeros")
        info.size = 64 << 20
        archive.addfile(info, io.BytesIO(bytes(64 << 20)))
    docker_archive(tmp_path / "image.tar", [BASE, out.getvalue()], gzip.compress)
    inventory = scan_target(tmp_path / "image.tar", Limits(total_bytes=16 << 20))
    assert not inventory.complete
    assert "limit" in inventory.problems[-1].reason


def test_a_file_too_large_to_be_kept_is_told(tmp_path: Path) -> None:
    docker_archive(tmp_path / "image.tar", [BASE], gzip.compress)
    inventory = scan_target(tmp_path / "image.tar", Limits(spool_bytes=100))
    assert not inventory.complete
    assert {problem.kind for problem in inventory.problems} == {ProblemKind.LIMIT}


def test_an_extended_header_of_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = b"x", 4 << 30
    layer = info.tobuf(tarfile.GNU_FORMAT) + bytes(4096)
    docker_archive(tmp_path / "image.tar", [layer])
    inventory = scan_target(tmp_path / "image.tar")
    assert [problem.kind for problem in inventory.problems] == [ProblemKind.LIMIT]


def test_time_that_runs_out_is_told(tmp_path: Path) -> None:
    docker_archive(tmp_path / "image.tar", [BASE])
    inventory = scan_target(tmp_path / "image.tar", Limits(seconds=0))
    assert not inventory.complete
    assert "0 seconds" in inventory.problems[-1].reason


def test_a_tar_without_an_image_is_one_file_system(tmp_path: Path) -> None:
    (tmp_path / "root.tar").write_bytes(BASE)
    inventory = scan_target(tmp_path / "root.tar")
    assert inventory.kind is TargetKind.ARCHIVE
    assert set(names(inventory)) == {"bash", "openssl", "left-pad", "ms"}


def test_hard_links_to_a_kept_file_are_that_file(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        content = b'{"name": "ms", "version": "2.1.3"}'
        info = tarfile.TarInfo("store/node_modules/ms/package.json")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("app/node_modules/ms/package.json")
        link.type, link.linkname = tarfile.LNKTYPE, "store/node_modules/ms/package.json"
        archive.addfile(link)
    docker_archive(tmp_path / "image.tar", [out.getvalue()])
    inventory = scan_target(tmp_path / "image.tar")
    assert [package.path for package in inventory.packages] == [
        "app/node_modules/ms/package.json",
        "store/node_modules/ms/package.json",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x00" * 4096, "not a kind of target"),
        (b"hello there, this is a text" * 100, "not a kind of target"),
        (gzip.compress(b"hello there" * 1000, mtime=0), "not a kind of target"),
        (gzip.compress(BASE, mtime=0)[:300], "cut off"),
        (BASE[:1500], "cut off"),
        (b'{"hello": 1}', "neither CycloneDX nor SPDX"),
        (b"{", "not JSON"),
        (b"<a/>", "not a CycloneDX"),
        (b"PK\x03\x04" + bytes(100), "zip"),
    ],
)
def test_what_cannot_be_scanned_at_all_says_why(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "thing").write_bytes(content)
    with pytest.raises(TargetError, match=words) as caught:
        scan_target(tmp_path / "thing")
    assert str(tmp_path / "thing") in str(caught.value)


def test_a_target_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="No such file"):
        scan_target(tmp_path / "nothing")


@pytest.mark.parametrize(
    "manifest", [b"[]", b"{}", b"not json", b'[{"Config": "x", "Layers": ["y"]}]', b'[{"Config": 1, "Layers": 2}]']
)
def test_a_broken_manifest_is_an_error_with_a_reason(tmp_path: Path, manifest: bytes) -> None:
    with tarfile.open(tmp_path / "image.tar", "w") as archive:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(manifest)
        archive.addfile(info, io.BytesIO(manifest))
    with pytest.raises(TargetError, match="not an image that can be read"):
        scan_target(tmp_path / "image.tar")


def test_an_oci_layout_may_be_a_folder(tmp_path: Path) -> None:
    oci_layout(tmp_path / "image.tar", [BASE])
    with tarfile.open(tmp_path / "image.tar") as archive:
        archive.extractall(tmp_path / "layout", filter="data")
    inventory = scan_target(tmp_path / "layout")
    assert inventory.kind is TargetKind.IMAGE
    assert inventory.complete
    assert set(names(inventory)) == {"bash", "openssl", "left-pad", "ms"}
    (tmp_path / "layout/index.json").write_text('{"manifests": []}')
    with pytest.raises(TargetError, match="the index lists no image"):
        scan_target(tmp_path / "layout")


def test_a_second_image_in_an_archive_makes_the_inventory_incomplete(tmp_path: Path) -> None:
    docker_archive(tmp_path / "image.tar", [BASE])
    with tarfile.open(tmp_path / "image.tar") as archive:
        content = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    content["manifest.json"] = json.dumps(json.loads(content["manifest.json"]) * 2).encode()
    with tarfile.open(tmp_path / "two.tar", "w") as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    inventory = scan_target(tmp_path / "two.tar")
    assert not inventory.complete
    assert "holds 1 more images" in inventory.problems[0].reason
