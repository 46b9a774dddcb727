"""The shared scan: what it finds, what it takes, and how databases are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from garrison.waf import scan
from garrison.waf.blobs import Directory
from garrison.waf.scan import Scanner, is_anchored, locate, why_not


def test_ids_of_what_is_found() -> None:
    scanner = Scanner([(7, "evil"), (3, "^x"), (5, "(?i)UNION"), (9, "a{2,}")])
    assert set(scanner.find(b"evil union")) == {7, 5}
    assert set(scanner.find(b"xaa")) == {3, 9}
    assert scanner.find(b"") == ()


@pytest.mark.parametrize(
    "pattern",
    [r"(a)\1", "(?=a)b", "(?<!a)b", "(?>a)b", "a++", r"a\Kb", r"\R", r"\C", "(?R)", "(?(1)a|b)", "(*FAIL)",
     "a(", "[", "*a", "(?C1)a", r"\Ga", "a{1000000}"],
)  # fmt: skip
def test_patterns_outside_of_the_dialect_say_why(pattern: str) -> None:
    assert why_not(pattern)


@pytest.mark.parametrize(
    "pattern", ["a", "^a$", r"\bword\b", "(?i)x", "(?:a|b)+?", "[^a-z]{3}", r"\x00\d\s", "a*", "(a)(b)", "é"]
)
def test_patterns_of_the_dialect(pattern: str) -> None:
    assert why_not(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a", False),
        ("^a", True),
        ("a$", True),
        ("[^a]", False),
        (r"\^a\$", False),
        (r"\Aa", True),
        (r"a\z", True),
        ("(a|^b)", True),
    ],
)
def test_anchors_are_noticed(pattern: str, expected: bool) -> None:
    assert is_anchored(pattern) is expected


def test_a_match_can_be_located() -> None:
    assert locate("b+", b"abbbc") == (1, 4)
    assert locate("x", b"abc") is None
    assert locate("(?i)SELECT", b"a select b") == (2, 8)


def test_one_bad_pattern_is_named() -> None:
    with pytest.raises(ValueError, match=r"\(\?=b\)"):
        Scanner([(0, "a"), (1, "(?=b)c")])


def test_databases_are_kept_in_files_and_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Directory(tmp_path / "waf")
    Scanner([(0, "kept[0-9]")], blobs)
    assert len(blobs) == 1
    monkeypatch.setattr(scan, "_databases", {})
    monkeypatch.setattr(scan, "_compiled", lambda *args: pytest.fail("compiled again"))
    assert Scanner([(0, "kept[0-9]")], blobs).find(b"kept7") == (0,)


def test_a_directory_others_can_write_to_is_not_trusted(tmp_path: Path) -> None:
    blobs = Directory(tmp_path / "waf")
    blobs["key"] = b"blob"
    assert blobs["key"] == b"blob"
    (tmp_path / "waf").chmod(0o777)
    assert "other" not in blobs
    with pytest.raises(KeyError):
        blobs["key"]


def test_a_broken_file_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Directory(tmp_path / "waf")
    Scanner([(0, "broken[0-9]")], blobs)
    (key,) = blobs
    blobs[key] = b"garbage"
    monkeypatch.setattr(scan, "_databases", {})
    assert Scanner([(0, "broken[0-9]")], blobs).find(b"broken1") == (0,)
