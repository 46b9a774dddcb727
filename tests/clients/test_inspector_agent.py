"""The agent of Inspector, where nothing else listens: a network namespace of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("inspector-agent")]
_ALONE = ["unshare", "--map-root-user", "--net"]
_OPTIONS = ("-q", "-x", "-n", "0", "-p", "no:cacheprovider")
_FIRST = "test_a_port_that_opens_and_closes"


def test_a_port_that_opens_and_closes(tmp_path: Path) -> None:
    run(tmp_path, "-k", _FIRST)


@pytest.mark.soak
def test_changes_restarts_absences_and_cis_scans(tmp_path: Path) -> None:
    run(tmp_path, "-k", f"not {_FIRST}")


def run(folder: Path, *chosen: str) -> None:
    """Run tests of `inspector_agent_inside.py` in a network namespace."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("a network namespace takes unshare and ip")
    if subprocess.run([*_ALONE, "ip", "link", "set", "lo", "up"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces are not to be had here")
    inside = Path(__file__).with_name("inspector_agent_inside.py")
    pytest_ = [sys.executable, "-m", "pytest", str(inside), *_OPTIONS, "--basetemp", str(folder / "inside"), *chosen]
    done = subprocess.run(
        [*_ALONE, "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *pytest_],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode == 0 and " passed" not in done.stdout:
        pytest.skip(done.stdout[-500:])
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
