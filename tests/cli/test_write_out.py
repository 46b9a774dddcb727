"""Documents are written to the file that was asked for, and it is named; a terminal is spared what is no text."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from garrison.cli.output import write_out


def test_the_file_written_is_named_on_standard_error(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "a.zip"
    write_out(b"PK\xff", file, binary="A bundle")
    assert file.read_bytes() == b"PK\xff"
    told = capsysbinary.readouterr()
    assert (told.out, told.err.decode()) == (b"", f"Wrote {file}\n")


def test_a_file_that_cannot_be_written_is_an_error_in_a_line(tmp_path: Path) -> None:
    for file in (tmp_path / "none" / "x.html", tmp_path):
        with pytest.raises(click.ClickException, match=f"^{file} cannot be written: [A-Z][a-z ]+$"):
            write_out(b"x", file)


def test_a_terminal_is_refused_what_is_no_text(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    write_out(b"PK\xff", None, binary="A bundle")
    assert capsysbinary.readouterr().out == b"PK\xff"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    with pytest.raises(click.UsageError, match="A bundle is not for a terminal: give --out FILE"):
        write_out(b"PK\xff", None, binary="A bundle")
