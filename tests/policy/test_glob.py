"""Wildcards, in the shapes that go through different ways of matching."""

from __future__ import annotations

import pytest

from garrison.policy.glob import ANY, ONE, joined, matches, tokens

CASES = [
    ("", "", True),
    ("", "a", False),
    ("a", "a", True),
    ("a", "ab", False),
    ("*", "", True),
    ("**", "ab", True),
    ("a*", "a", True),
    ("*b", "ab", True),
    ("*b", "ba", False),
    ("ab*ba", "aba", False),
    ("ab*ba", "abba", True),
    ("a*b*c", "abc", True),
    ("a*b*c", "acb", False),
    ("a*bc*c", "abcc", True),
    ("a*bc*c", "abc", False),
    ("*a*", "bab", True),
    ("*a*", "bbb", False),
    ("?", "a", True),
    ("?", "", False),
    ("??", "a", False),
    ("?*", "a", True),
    ("?*", "", False),
    ("*?", "", False),
    ("*?*", "a", True),
    ("*??*", "a", False),
    ("a?c", "abc", True),
    ("a?c", "abcd", False),
    ("a?*?c", "abc", False),
    ("a?*?c", "abbc", True),
    ("*?a?b*", "zazazb", True),
    ("*?a?b*", "zazaza", False),
    ("*?a?b*", "azb", False),
    ("*?a?b", "azaab", True),
    ("*?a?b", "azzab", False),
    ("*?ab*?ab", "xabxab", True),
    ("*?ab*?ab", "xabab", False),
    ("*a?b*", "aabb", True),
    ("x*?a*y", "xay", False),
    ("x*?a*y", "xaay", True),
    ("a*?", "a", False),
    ("a*[b]", "a[b]", True),
    ("a*[b]", "ab", False),
    ("\\*", "\\x", True),
]


@pytest.mark.parametrize(("pattern", "text", "fits"), CASES)
def test_wildcards(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


def test_tokens_are_joined() -> None:
    assert tokens("a**b?") == ("a", ANY, "b", ONE)
    assert joined(["a", "", "b", ANY, "", ANY, ONE, ONE]) == ("ab", ANY, ONE, ONE)
    assert joined([]) == ()
