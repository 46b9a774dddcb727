"""What rules let in, beside the kernel that enforces them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ALONE = ["unshare", "--map-root-user", "--net"]


@pytest.mark.soak
@pytest.mark.parametrize("family", ["4", "6"])
def test_rules_at_random_let_in_whom_the_kernel_lets_in(family: str) -> None:
    needed = ("unshare", "nsenter", "ip", "nft", "iptables-restore")
    if missing := [p for p in needed if not shutil.which(p)]:
        pytest.skip(f"it takes {', '.join(missing)}")
    if subprocess.run([*_ALONE, "nft", "list", "ruleset"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces with a firewall are not to be had here")
    inside = Path(__file__).with_name("kernel_inside.py")
    done = subprocess.run(
        [*_ALONE, sys.executable, str(inside), "60", "1", family],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert " 0 rulesets answered differently" in done.stdout, done.stdout[-5000:]
