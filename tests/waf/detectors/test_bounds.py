"""Whatever an attacker sends, a detector answers, soon, and about the bytes it was given."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garrison.waf.detectors import (
    java,
    line_injection,
    php,
    query_languages,
    remote_files,
    sqli,
    templates,
    traversal,
    unix_commands,
    views,
    windows_commands,
    xss,
)
from garrison.waf.detectors.html import tags
from garrison.waf.rule_group import Span

FINDERS: list[Callable[[bytes], Span | None]] = [
    sqli.find,
    sqli.find_extended,
    xss.find,
    templates.find,
    query_languages.find,
    unix_commands.find_command,
    unix_commands.find_form,
    windows_commands.find_cmd,
    windows_commands.find_powershell,
    traversal.find,
    remote_files.find,
    php.find,
    php.find_call,
    php.find_upload,
    java.find,
    java.find_jndi,
    line_injection.find,
]
READERS = [views.readings, views.header_readings, views.path_readings, views.as_sent]

PIECES = st.sampled_from(
    [
        b"'", b'"', b"`", b"(", b")", b"{", b"}", b"[", b"]", b"<", b">", b"/", b"\\", b";", b"|", b"&", b"$", b"%",
        b"#", b"*", b"=", b",", b".", b":", b"@", b"+", b"-", b" ", b"\n", b"\0", b"\xff", b"\xc0\xae", b"a", b"1",
        b"select ", b"union ", b" or ", b"/*", b"*/", b"--", b"<a ", b"on", b"alert", b"${", b"jndi:", b"../",
        b"cat", b"%2e", b"&#", b"\\u00", b"0x", b"java.", b"if ", b"http://", b"O:", b"{{", b"eval(",
    ]
)  # fmt: skip
VALUES = st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=60).map(b"".join))

PIECES_TO_REPEAT = [
    b"a", b"'", b"(", b"<a ", b"<", b"/*", b"' or ", b"1,", b"a.", b"a/", b"../", b"./", b" ", b"; ", b";cat ",
    b"${", b"${lower:", b"$a[", b"{{", b"a=", b"on", b"[](", b"alert ", b"\\", b"a b ", b"select a from ",
    b"(select ", b"union ", b"x-", b"%", b"http://", b"a\n", b"`a", b"=a", b"if a == ", b"for /f ", b"java.",
    b"/*!", b"'+'", b"@", b"O:1:", b"a(", b"\xc0\xae", b"&#x3c;", b"%2525", b"a1_", b"<!--", b"{a,", b"1 or ",
    b"-1", b"'a'", b"data:,", b"$", b"|a", b"\n", b";", b"| ", b"&(", b".", b"a\t", b"1", b"=", b"alert", b"\"a\"+",
    b"<a b=c ", b"<a\n", b"on=", b"$a->", b"$a[b]", b"{{a", b"${a", b"#a(", b"java.a.", b"@a.b", b"%{a",
    b"O:1:\"a\"", b"if %a% == ", b"a\\", b"(cn=a)", b"x:int::", b"having count(", b"a b\n", b"//a.b", b"[::",
    b"file:", b"http:a", b"\\\\a\\",
]  # fmt: skip
SIZE = 3000
HARD = [(piece * SIZE)[:SIZE] for piece in PIECES_TO_REPEAT]
SECONDS = 1.0


@pytest.mark.parametrize("find", FINDERS, ids=lambda find: f"{find.__module__.rpartition('.')[2]}.{find.__name__}")
@settings(max_examples=60, deadline=None)
@given(value=VALUES)
def test_a_detector_never_fails(find: Callable[[bytes], Span | None], value: bytes) -> None:
    found = find(value)
    if found is not None:
        assert 0 <= found.start <= found.end <= len(value)


@settings(max_examples=100, deadline=None)
@given(value=VALUES)
def test_every_reading_is_of_the_value_it_says(value: bytes) -> None:
    for reader in READERS:
        assert all(index == 0 for index, _ in reader([value]))
    assert len(list(tags(value))) <= 300


@pytest.mark.parametrize("find", FINDERS, ids=lambda find: f"{find.__module__.rpartition('.')[2]}.{find.__name__}")
def test_no_repetition_makes_a_detector_slow(find: Callable[[bytes], Span | None]) -> None:
    """A pattern that backtracks takes minutes on one of these, not seconds: the bound is wide on purpose."""
    for value in HARD:
        started = time.process_time()
        find(value)
        assert time.process_time() - started < SECONDS, value[:12]


def test_no_repetition_makes_reading_slow() -> None:
    for value in HARD:
        started = time.process_time()
        for reader in READERS:
            reader([value])
        assert time.process_time() - started < SECONDS, value[:12]
