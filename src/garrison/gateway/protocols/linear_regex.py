"""Matching a regular expression in time linear in the text, for patterns that could send Python's engine astray.

The pattern, as Python's own parser understands it, becomes a small program; its states are tried at most once for each
position of the text. Look-around is a program of its own. Back-references and atomic groups are not supported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_LONGEST = 20_000
_COUNTED = 64
"""A bounded repeat of one character is counted in one step beyond this, and unrolled up to it."""

Test = Callable[[str], bool]
Step = tuple[Any, ...]


def _word(x: str) -> bool:
    return x.isascii() and (x.isalnum() or x == "_")


_CATEGORIES: dict[Any, Test] = {
    c.CATEGORY_DIGIT: lambda x: "0" <= x <= "9",
    c.CATEGORY_NOT_DIGIT: lambda x: not "0" <= x <= "9",
    c.CATEGORY_SPACE: lambda x: x in " \t\n\r\f\v",
    c.CATEGORY_NOT_SPACE: lambda x: x not in " \t\n\r\f\v",
    c.CATEGORY_WORD: _word,
    c.CATEGORY_NOT_WORD: lambda x: not _word(x),
}


class Unsupported(ValueError):
    """The pattern has something this engine does not do."""


class LinearRegex:
    """`matches(text)`: whether the whole text matches."""

    def __init__(self, pattern: str) -> None:
        tree = parser.parse(pattern, re.ASCII)
        if tree.state.flags & re.IGNORECASE:
            raise Unsupported("(?i)")
        self._dot_all = bool(tree.state.flags & re.DOTALL)
        self._steps: list[Step] = []
        self._sequence(tree)
        self._steps.append(("end",))

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        return self._run(0, 0, text, {}, whole=True)

    def _run(self, start: int, at: int, text: str, looks: dict[tuple[int, int], bool], *, whole: bool) -> bool:
        steps, size = self._steps, len(text)
        seen: set[tuple[int, int]] = set()
        stack = [(start, at)]
        while stack:
            state = stack.pop()
            if state in seen:
                continue
            seen.add(state)
            pc, at = state
            step = steps[pc]
            kind = step[0]
            if kind == "char":
                if at < size and step[1](text[at]):
                    stack.append((pc + 1, at + 1))
            elif kind == "split":
                stack.append((step[2], at))
                stack.append((step[1], at))
            elif kind == "jump":
                stack.append((step[1], at))
            elif kind == "run":
                _, test, low, high = step
                stop = min(size, at + high)
                reach = at
                while reach < stop and test(text[reach]):
                    reach += 1
                stack.extend((pc + 1, to) for to in range(at + low, reach + 1))
            elif kind == "at":
                if (at == 0) if step[1] else (at == size):
                    stack.append((pc + 1, at))
            elif kind == "edge":
                before = at > 0 and _word(text[at - 1])
                if (before != (at < size and _word(text[at]))) == step[1]:
                    stack.append((pc + 1, at))
            elif kind == "look":
                _, body, after, back, wanted = step
                origin = at - back
                found = False
                if origin >= 0:
                    key = (pc, origin)
                    if key not in looks:
                        looks[key] = self._run(body, origin, text, looks, whole=False)
                    found = looks[key]
                if found == wanted:
                    stack.append((after, at))
            elif not whole or at == size:
                return True
        return False

    def _emit(self, step: Step) -> int:
        if len(self._steps) >= _LONGEST:
            raise Unsupported("too long")
        self._steps.append(step)
        return len(self._steps) - 1

    def _sequence(self, tree: Any) -> None:
        for op, argument in tree:
            self._one(op, argument)

    def _one(self, op: Any, argument: Any) -> None:
        test = self._test(op, argument)
        if test is not None:
            self._emit(("char", test))
        elif op is c.SUBPATTERN:
            _, add, remove, body = argument
            if add or remove:
                raise Unsupported("flags")
            self._sequence(body)
        elif op is c.BRANCH:
            self._branch(argument[1])
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT):
            self._repeat(*argument)
        elif op is c.AT and argument in (c.AT_BOUNDARY, c.AT_NON_BOUNDARY):
            self._emit(("edge", argument is c.AT_BOUNDARY))
        elif op is c.AT:
            if argument not in (c.AT_BEGINNING, c.AT_BEGINNING_STRING, c.AT_END, c.AT_END_STRING):
                raise Unsupported(str(argument))
            self._emit(("at", argument in (c.AT_BEGINNING, c.AT_BEGINNING_STRING)))
        elif op in (c.ASSERT, c.ASSERT_NOT):
            self._look(argument[0], argument[1], wanted=op is c.ASSERT)
        else:
            raise Unsupported(str(op))

    def _test(self, op: Any, argument: Any) -> Test | None:
        if op is c.LITERAL:
            wanted = chr(argument)
            return lambda x: x == wanted
        if op is c.NOT_LITERAL:
            unwanted = chr(argument)
            return lambda x: x != unwanted
        if op is c.ANY:
            return (lambda x: True) if self._dot_all else (lambda x: x != "\n")
        if op is c.IN:
            return _class(argument)
        return None

    def _branch(self, branches: list[Any]) -> None:
        jumps = []
        for i, branch in enumerate(branches):
            last = i == len(branches) - 1
            fork = -1 if last else self._emit(())
            self._sequence(branch)
            if not last:
                jumps.append(self._emit(()))
                self._steps[fork] = ("split", fork + 1, len(self._steps))
        for jump in jumps:
            self._steps[jump] = ("jump", len(self._steps))

    def _repeat(self, low: int, high: Any, body: Any) -> None:
        unbounded = high is c.MAXREPEAT
        single = self._test(*body[0]) if len(body) == 1 else None
        if single is not None and not unbounded and high > _COUNTED:
            self._emit(("run", single, int(low), int(high)))
            return
        for _ in range(low):
            self._sequence(body)
        if unbounded:
            fork = self._emit(())
            self._sequence(body)
            self._emit(("jump", fork))
            self._steps[fork] = ("split", fork + 1, len(self._steps))
            return
        forks = []
        for _ in range(int(high) - low):
            forks.append(self._emit(()))
            self._sequence(body)
        for fork in forks:
            self._steps[fork] = ("split", fork + 1, len(self._steps))

    def _look(self, direction: int, body: Any, *, wanted: bool) -> None:
        back = 0
        if direction < 0:
            low, high = body.getwidth()
            if low != high:
                raise Unsupported("look-behind of varying width")
            back = low
        at = self._emit(())
        self._sequence(body)
        self._emit(("end",))
        self._steps[at] = ("look", at + 1, len(self._steps), back, wanted)


def _class(items: list[Any]) -> Test:
    negated = items[0][0] is c.NEGATE
    tests: list[Test] = []
    literals = {chr(a) for op, a in items if op is c.LITERAL}
    ranges = [(chr(a[0]), chr(a[1])) for op, a in items if op is c.RANGE]
    tests.extend(_CATEGORIES[a] for op, a in items if op is c.CATEGORY)
    known: dict[str, bool] = {}

    def test(x: str) -> bool:
        found = known.get(x)
        if found is None:
            found = x in literals or any(a <= x <= b for a, b in ranges) or any(t(x) for t in tests)
            found = found != negated
            if len(known) < sys.maxunicode >> 8:
                known[x] = found
        return found

    return test
