"""The agent of Inspector, where nothing else listens: a network namespace of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("inspector-agent")]
_ALONE = ["unshare", "--map-root-user", "--net"]


def test_the_agent_reports_what_this_host_is(tmp_path: Path) -> None:
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("a network namespace takes unshare and ip")
    if subprocess.run([*_ALONE, "ip", "link", "set", "lo", "up"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces are not to be had here")
    inside = Path(__file__).with_name("inspector_agent_inside.py")
    options = "-q -x -n 0 -p no:cacheprovider --basetemp"
    done = subprocess.run(
        [*_ALONE, "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, "-m", "pytest", str(inside)]
        + [*options.split(), str(tmp_path / "inside")],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode == 5 or " skipped" in done.stdout.splitlines()[-1]:
        pytest.skip(done.stdout[-500:])
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
