"""Tables: whole in a pipe, and ids whole on a narrow terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from garrison.cli.output import print_rows

_TYPE = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
_ROWS = [
    {"run": "20261128T221405-0f3a9c", "framework": "cis-aws-foundations-5.0", "what": "a few words, many times " * 9},
    {"run": "20261128T221406-0f3a9d", "framework": "hipaa", "what": "[red] " + "x" * 150},
]


def test_a_pipe_gets_each_row_on_a_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_rows(_ROWS, ("run", "framework", "what"), "table", name="rows")
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert len(lines) == 4
    assert [" ".join(line) for line in lines[2:]] == [" ".join(" ".join(row.values()).split()) for row in _ROWS]


def _on_a_terminal(rows: list[dict[str, str]], columns: tuple[str, ...]) -> str:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    program = f"from garrison.cli.output import print_rows; print_rows({rows!r}, {columns!r}, 'table', name='rows')"
    environ = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "FORCE_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=theirs, stdout=theirs, stderr=theirs, env=environ | {"TERM": "dumb"}
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:  # a terminal's end
            pass
        assert process.wait(60) == 0
    os.close(ours)
    return said.decode()


def test_eighty_columns_break_no_id() -> None:
    said = _on_a_terminal(_ROWS, ("run", "framework", "what"))
    assert all(row["run"] in said and row["framework"] in said for row in _ROWS)
    assert max(map(len, said.splitlines())) <= 80
    finding = {"severity": "HIGH 8", "type": _TYPE, "where": "111122223333 eu-central-1", "what": "Some words of it."}
    assert _TYPE in _on_a_terminal([finding], ("severity", "type", "where", "what"))
