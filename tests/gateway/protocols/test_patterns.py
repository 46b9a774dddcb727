"""The models' Java patterns mean in Python what they mean in Java, and cannot be made slow."""

from __future__ import annotations

import re
import time

import pytest

from garrison.aws.models import service
from garrison.gateway.protocols.linear_regex import LinearRegex
from garrison.gateway.protocols.patterns import compile_pattern, translate
from tests.gateway.protocols.test_round_trip import SERVICES


def matches(pattern: str, text: str) -> bool:
    test = compile_pattern(pattern)
    assert test is not None
    return test(text)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"[\w+=,.@-]+", ["a+b", "_"], ["", "é", "a b", "a\n"]),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", ["é漢 ٣", "", "a-b"], ["a!", "a\n"]),
        (r"[\P{C}]+", ["é "], ["\u200e", "\x00"]),
        (r"\P{C}*", ["a"], ["\x07"]),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", ["a𝄞\n"], ["\x01"]),
        (r"[\w-_]+", ["a-_"], ["a b"]),
        (r"(?=.{1,3}$)[a-z]+", ["abc"], ["abcd", ""]),
        (r"^(?!aws:)[a-z:]+$", ["a:b"], ["aws:b"]),
        (r"\A[0-9]+\z", ["12"], ["12\n", "a"]),
        (r"[\p{Graph}\x20]*", ["a b"], ["é"]),
    ],
)
def test_what_a_pattern_takes(pattern: str, yes: list[str], no: list[str]) -> None:
    assert [t for t in yes if not matches(pattern, t)] == []
    assert [t for t in no if matches(pattern, t)] == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(a+)+", "a" * 40 + "!"),
        (r"([^x]|a)+", "a" * 40 + "x"),
        (r"(a|aa)+b", "a" * 60),
        (r"(.*)(.*)(.*)(.*)x", "a" * 2000),
        (r"(\s*\w*\s*)*;", " " * 2000),
        (r"([\da-zA-Z]+)([-]*[\da-zA-Z])*", "a" * 3000 + "!"),
    ],
)
def test_no_text_makes_a_pattern_slow(pattern: str, text: str) -> None:
    started = time.process_time()
    assert not matches(pattern, text)
    assert time.process_time() - started < 1


def test_every_pattern_of_the_services_to_come_can_be_run() -> None:
    left_out = set()
    for name in SERVICES:
        model = service(name)
        for shape_name in model.shape_names:
            shape = model.shape_for(shape_name)
            pattern = shape.metadata.get("pattern")
            if pattern and shape.type_name == "string" and compile_pattern(pattern) is None:
                left_out.add((name, shape_name))
    assert left_out == set()


def test_the_two_engines_agree() -> None:
    texts = [
        "",
        "a",
        "-",
        "a-b",
        "arn:aws:iam::123456789012:user/a",
        "A1_",
        " a",
        "a ",
        "123456789012",
        "é",
        "a\n",
        "/a/b/",
    ]
    model = service("iam")
    compared = 0
    for name in ("iam", "guardduty", "inspector2", "wafv2", "accessanalyzer"):
        model = service(name)
        patterns = {s.metadata["pattern"] for s in map(model.shape_for, model.shape_names) if "pattern" in s.metadata}
        for pattern in patterns:
            python = translate(pattern)
            linear, fast = LinearRegex(python), re.compile(python, re.ASCII)
            for text in texts:
                compared += 1
                assert linear.matches(text) == (fast.fullmatch(text) is not None), (pattern, text)
    assert compared > 500
