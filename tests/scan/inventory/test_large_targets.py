from __future__ import annotations

import gzip
import io
import resource
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.scan.inventory.images import DEBIAN, docker_archive, layer_tar, status

_SCAN = """
import resource, sys
from garrison.scan.inventory import Limits, scan_target
inventory = scan_target(sys.argv[1], Limits(total_bytes=int(sys.argv[2]), seconds=120))
print(inventory.complete, len(inventory.packages), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
      [problem.reason for problem in inventory.problems][:1])
"""


def packed_layer(size: int) -> bytes:
    """A gzip-packed layer of one file of zeros and a package database after it, made without holding it."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as packed:
        info = tarfile.TarInfo("data/zeros")
        info.size = size
        packed.write(info.tobuf(tarfile.USTAR_FORMAT if size < 8 << 30 else tarfile.GNU_FORMAT))
        zeros = bytes(1 << 20)
        for _ in range(size >> 20):
            packed.write(zeros)
        packed.write(layer_tar({"etc/os-release": DEBIAN, "var/lib/dpkg/status": status(("bash", "5.2"))}))
    return out.getvalue()


@pytest.mark.soak
@pytest.mark.parametrize(("limit", "complete"), [(4 << 30, "True 1"), (1 << 30, "False")])
def test_a_layer_of_two_gigabytes_takes_little_memory_and_bounded_time(
    tmp_path: Path, limit: int, complete: str
) -> None:
    layer = packed_layer(2 << 30)
    docker_archive(tmp_path / "image.tar", [layer])
    result = subprocess.run(
        [sys.executable, "-c", _SCAN, str(tmp_path / "image.tar"), str(limit)],
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
    )
    assert result.stdout.startswith(complete)
    assert int(result.stdout.split()[2]) < 150


@pytest.mark.soak
def test_a_database_of_many_versions_of_one_layer_keeps_only_the_last(tmp_path: Path) -> None:
    layers = [layer_tar({"var/lib/dpkg/status": status(("bash", f"5.{number}"))}) for number in range(120)]
    docker_archive(tmp_path / "image.tar", layers, gzip.compress)
    result = subprocess.run(
        [sys.executable, "-c", _SCAN, str(tmp_path / "image.tar"), str(4 << 30)],
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    assert result.stdout.startswith("True 1 ")
