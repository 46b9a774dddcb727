"""ARN templates over a call's parameters.

    arn:{partition}:iam::{account}:user{Path|/}{UserName}
    {PolicyArn}                                        the parameter is the whole ARN
    arn:{partition}:sqs:{region}:{QueueUrl~/([0-9]{12})/}:{QueueUrl~/([^/]+)$}

`{partition}`, `{region}` and `{account}` are the call's; any other name is a parameter path, with a default after `|`
or with a regular expression after `~` whose first group is taken. `${...}` stands as it is: a marker that the
resource's provider replaces. A template cannot be filled when a parameter without default is absent; a parameter that
is there and unfit (an ARN of another partition, too) is `Malformed`, so that it never falls through to a template meant
for its absence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from garrison.aws.reference.check import MARKER, Malformed
from garrison.aws.reference.path import Params, compile_path, first_member, text

Fill = Callable[[Params, str, str, str], str | None]
"""(params, account, region, partition) -> the ARN, or None if it cannot be filled."""

_CALL = {"account": 1, "region": 2, "partition": 3}
_HOLE = re.compile(r"(?<!\$)\{((?:[^{}]|\{[^{}]*\})*)\}")


class Template:
    """One compiled template."""

    __slots__ = ("fill", "members", "source", "whole")

    def __init__(self, source: str) -> None:
        self.source = source
        parts = _parts(source)
        self.members = frozenset(first_member(p[1]) for p in parts if p[0] == "param")
        """Input members it reads."""
        only = parts[0]
        self.whole = only[1] if len(parts) == 1 and only[0] == "param" and only[2:] == (None, None) else None
        """The path of the parameter that is the whole ARN, or None."""
        self.fill: Fill = _compile_whole(self.whole) if self.whole else _compile(parts)

    def sample(self) -> str:
        """An ARN like those this template makes."""
        return _HOLE.sub("x", self.source)

    def pattern(self) -> re.Pattern[str]:
        """A pattern for the ARNs this template makes."""
        return _pattern(_HOLE.sub("\0", self.source))


def _parts(source: str) -> list[tuple[str, str, str | None, str | None]]:
    """(kind, text or path, default, regular expression) in order; kind is `text`, `call` or `param`."""
    parts: list[tuple[str, str, str | None, str | None]] = []
    at = 0
    for hole in _HOLE.finditer(source):
        if hole.start() > at:
            parts.append(("text", source[at : hole.start()], None, None))
        at = hole.end()
        name = hole[1]
        if name in _CALL:
            parts.append(("call", name, None, None))
            continue
        path, tilde, regex = name.partition("~")
        default = None
        if not tilde and "|" in path:
            path, _, default = path.partition("|")
        parts.append(("param", path, default, regex if tilde else None))
    if at < len(source):
        parts.append(("text", source[at:], None, None))
    return parts


def _compile_whole(path: str) -> Fill:
    get = compile_path(path)

    def fill(params: Params, account: str, region: str, partition: str) -> str | None:
        value = get(params)
        if not isinstance(value, str) or not value.startswith("arn:"):
            return None
        # A policy names ARNs of its own partition: one of another, read as the same resource, would slip past it.
        if MARKER in value or not value.startswith(f"arn:{partition}:"):
            raise Malformed(path, value)
        return value

    return fill


def _compile(parts: list[tuple[str, str, str | None, str | None]]) -> Fill:
    steps: list[Any] = []
    for kind, name, default, regex in parts:
        if kind == "text":
            steps.append(name)
        elif kind == "call":
            steps.append(_CALL[name])
        else:
            steps.append((name, compile_path(name), default, re.compile(regex) if regex else None))

    def fill(params: Params, account: str, region: str, partition: str) -> str | None:
        out = []
        for step in steps:
            if step.__class__ is str:
                out.append(step)
            elif step.__class__ is int:
                out.append(account if step == 1 else region if step == 2 else partition)
            else:
                name, get, default, regex = step
                value = get(params)
                if value is None:
                    if default is None:
                        return None
                    value = default
                elif value.__class__ is not str:
                    if isinstance(value, list | dict):
                        return None
                    value = text(value)
                if regex is not None:
                    found = regex.search(value)
                    if not found:
                        return None
                    value = found[1]
                elif value.startswith("arn:"):
                    raise Malformed(name, value)  # only a template of the whole ARN takes an ARN
                if MARKER in value:
                    raise Malformed(name, value)  # a parameter never plays a marker
                out.append(value)
        return "".join(out)

    return fill


@cache
def reference_pattern(arn: str) -> re.Pattern[str]:
    """A pattern for the ARNs of one of the service reference's templates (`${Account}` and the like)."""
    return _pattern(re.sub(r"\$\{[^}]*\}", "\0", arn))


def _pattern(holed: str) -> re.Pattern[str]:
    # Holes before the fifth colon stay within their segment; those after may hold anything.
    head = holed.split(":", 5)
    out = [re.escape(s).replace("\0", "[^:]*").replace("\\\0", "[^:]*") for s in head[:5]]
    if len(head) == 6:
        out.append(re.escape(head[5]).replace("\\\0", ".+").replace("\0", ".+"))
    return re.compile(":".join(out), re.DOTALL)
