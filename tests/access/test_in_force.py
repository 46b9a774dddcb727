"""What the edge says of how far it has come, and whom that holds up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from garrison.access.in_force import STARTING, reached, say


def test_a_change_is_in_force_once_the_edge_says_so(tmp_path: Path) -> None:
    say(tmp_path, STARTING)
    assert not reached(tmp_path, 1)
    say(tmp_path, 5)
    assert reached(tmp_path, 5)
    assert not reached(tmp_path, 6)


def test_where_no_edge_runs_there_is_nothing_to_wait_for(tmp_path: Path) -> None:
    assert reached(tmp_path, 1)
    left = f"from pathlib import Path; from garrison.access.in_force import say; say(Path({str(tmp_path)!r}), 1)"
    subprocess.run([sys.executable, "-c", left], check=True)
    assert reached(tmp_path, 9)
