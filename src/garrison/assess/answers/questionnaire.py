"""Questionnaires: a workbook (xlsx), CSV or JSON in, its questions out; and the answers back, in the same form.

The column of questions is the one whose heading says so, or else the one with the most text that asks. Limits keep a
file that unpacks to more than it is from costing more than it should.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

LARGEST = 10 << 20
"""Bytes of a file."""
UNPACKED = 64 << 20
"""Bytes it may unpack to."""
QUESTIONS = 1000
LENGTH = 2048
"""Characters of a question."""
_HEADINGS = ("question", "requirement", "control question", "query", "ask")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BadQuestionnaire(Exception):
    """A file that is no questionnaire, or beyond the limits. The text says which."""


class Question(NamedTuple):
    """One question, and where it stood."""

    section: str
    """Name of its sheet; "" in a file without any."""
    row: int
    """From 1."""
    text: str


def read(content: bytes, sections: Sequence[str] = ()) -> list[Question]:
    """The questions of a file; of those sheets only, where `sections` names some. Raises `BadQuestionnaire`."""
    if len(content) > LARGEST:
        raise BadQuestionnaire(f"The file is larger than {LARGEST >> 20} MB.")
    if content.startswith(b"PK\x03\x04"):
        tables = _workbook(content, sections)
    elif content.lstrip()[:1] in (b"[", b"{"):
        tables = [("", _json(content))]
    else:
        tables = [("", _csv(content))]
    found = [question for section, rows in tables for question in _questions(section, rows)]
    if not found:
        raise BadQuestionnaire("No questions were found in the file.")
    if len(found) > QUESTIONS:
        raise BadQuestionnaire(f"The file has more than {QUESTIONS} questions.")
    return found


def written(rows: Iterable[Sequence[str]], headings: Sequence[str]) -> tuple[bytes, str]:
    """A file of answers, and its media type: a workbook where openpyxl is installed, CSV otherwise."""
    safe = [[f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows]
    try:
        from openpyxl import Workbook
    except ImportError:
        text = io.StringIO()
        csv.writer(text).writerows([list(headings), *safe])
        return text.getvalue().encode(), "text/csv; charset=utf-8"
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Answers")
    sheet.append(list(headings))
    for row in safe:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), SHEET


def _workbook(content: bytes, sections: Sequence[str]) -> list[tuple[str, list[list[str]]]]:
    try:
        from openpyxl import load_workbook
    except ImportError as e:
        text = "Workbooks need the questionnaires extra: pip install 'garrison[questionnaires]'. CSV needs nothing."
        raise BadQuestionnaire(text) from e
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > UNPACKED:
                raise BadQuestionnaire(f"The workbook unpacks to more than {UNPACKED >> 20} MB.")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        missing = [name for name in sections if name not in book.sheetnames]
        if missing:
            raise BadQuestionnaire(f"The workbook has no sheet {', '.join(missing)}.")
        names = sections or book.sheetnames
        return [(name, _sheet(book[name])) for name in names]
    except BadQuestionnaire:
        raise
    except Exception as e:  # openpyxl raises whatever a broken part makes it stumble over
        raise BadQuestionnaire(f"The workbook cannot be read: {type(e).__name__}.") from e


def _sheet(sheet: Any) -> list[list[str]]:
    rows = []
    for n, row in enumerate(sheet.iter_rows(values_only=True, max_col=64)):
        if n > 10 * QUESTIONS:
            raise BadQuestionnaire(f"A sheet has more than {10 * QUESTIONS} rows.")
        rows.append(["" if cell is None else str(cell) for cell in row])
    return rows


def _csv(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise BadQuestionnaire("The file is neither a workbook, nor JSON, nor CSV in UTF-8.") from e
    try:
        return [row[:64] for row in csv.reader(io.StringIO(text))]
    except csv.Error as e:
        raise BadQuestionnaire(f"The CSV cannot be read: {e}.") from e


def _json(content: bytes) -> list[list[str]]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as e:
        raise BadQuestionnaire("The JSON cannot be read.") from e
    listed = found.get("questions") if isinstance(found, dict) else found
    if not isinstance(listed, list):
        raise BadQuestionnaire("JSON is a list of questions, or an object with one named questions.")
    texts = [one.get("question") if isinstance(one, dict) else one for one in listed]
    return [["question"], *[[text] for text in texts if isinstance(text, str)]]


def _questions(section: str, rows: list[list[str]]) -> list[Question]:
    heading, column = _column(rows)
    found = []
    for n, row in enumerate(rows[heading:], heading + 1):
        text = " ".join(row[column].split())[:LENGTH] if column < len(row) else ""
        if len(text) > 2 and any(c.isalpha() for c in text):
            found.append(Question(section, n, text))
    return found


def _column(rows: list[list[str]]) -> tuple[int, int]:
    """The row after the headings (0: there are none), and the column of questions."""
    for n, row in enumerate(rows[:20]):
        for column, cell in enumerate(row):
            if cell.strip().lower().rstrip("s:") in _HEADINGS:
                return n + 1, column
    width = max((len(row) for row in rows), default=0)
    asks = [sum(len(row) > n and row[n].rstrip().endswith("?") for row in rows) for n in range(width)]
    return 0, max(range(width), key=asks.__getitem__, default=0)
