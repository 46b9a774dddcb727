"""A Debian root file system made by debootstrap: the inventory is what dpkg itself lists in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from garrison.scan.inventory import TargetKind, scan_target


@pytest.mark.peer
def test_the_inventory_of_a_debootstrap_root_is_what_dpkg_lists_in_it(tmp_path: Path) -> None:
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        pytest.skip("needs debootstrap, and root to run it")
    root = tmp_path / "root"
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(root)], check=True, timeout=540, stdout=2)
    inventory = scan_target(root)
    assert inventory.kind is TargetKind.DIRECTORY
    assert inventory.os is not None
    assert inventory.os.ecosystem == "Debian:12"
    listed = subprocess.run(
        ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\n"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    wanted = {tuple(line.split()[:2]) for line in listed if line.split()[2] not in ("not-installed", "config-files")}
    assert len(wanted) > 50
    assert {(p.name, p.native_version) for p in inventory.packages if p.collector == "debian-dpkg"} == wanted
    assert inventory.complete, inventory.problems
