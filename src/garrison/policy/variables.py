"""Policy variables: `${key}`, `${key, 'default'}`, and the literals `${*}`, `${?}`, `${$}`.

Source: IAM user guide, "IAM policy elements: variables and tags". Only documents of version 2012-10-17 have them;
elsewhere `${...}` is ordinary text. A substituted value is literal (a `*` in it is no wildcard) and is not looked into
again. A `${` without its `}` is ordinary text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from garrison.policy.glob import ANY, ONE, Token, Wild, joined, matcher
from garrison.policy.request import Context

_WITH_DEFAULT = re.compile(r"([^},']*), *'([^']*)'\}")
_WILDCARD = re.compile(r"([*?])")
_LITERALS = ("*", "?", "$")


class Variable(msgspec.Struct, frozen=True):
    """One `${key, 'default'}`; `key` is lower case."""

    key: str
    default: str | None = None


Template = tuple[Token | Variable, ...]
"""A pattern some of whose text depends on the request."""

Match = Callable[[str, Context], bool]
"""Whether a text fits, in the light of the request's context."""


def template(text: str, *, variables: bool, wildcards: bool) -> Template:
    """Split a policy value into literals, wildcards (if it may have them) and variables (if it may have them)."""
    parts: list[Token | Variable] = []
    at = 0
    while variables and (start := text.find("${", at)) >= 0 and (close := text.find("}", start)) >= 0:
        parts += _plain(text[at:start], wildcards)
        if (found := _WITH_DEFAULT.match(text, start + 2)) is not None:
            parts.append(Variable(found.group(1).lower(), found.group(2)))
            at = found.end()
        else:
            name = text[start + 2 : close]
            parts.append(name if name in _LITERALS else Variable(name.lower()))
            at = close + 1
    return (*parts, *_plain(text[at:], wildcards))


def value_of(variable: Variable, context: Context) -> str | None:
    """What a variable stands for: the key's one value, or the default if the key is absent; None without either."""
    value = context.get(variable.key)
    if type(value) is str:
        return value  # An empty string is a value, and keeps the default away.
    return None if value else variable.default


def resolve(pattern: Template, context: Context) -> tuple[Token, ...] | None:
    """The pattern with every variable replaced, or None when one has neither a single value nor a default."""
    parts: list[Token] = []
    for part in pattern:
        if isinstance(part, Variable):
            value = value_of(part, context)
            if value is None:
                return None
            parts.append(value)
        else:
            parts.append(part)
    return joined(parts)


def compile_template(pattern: Template, *, prefix: str = "") -> Match:
    """A function telling whether a text is `prefix` followed by what the pattern describes.

    A pattern with an unresolvable variable matches nothing; what that means for a negated operator or for
    `NotResource` is for the caller to say.
    """
    fixed = [part for part in pattern if not isinstance(part, Variable)]
    if len(fixed) == len(pattern):
        match = matcher(joined([prefix, *fixed]))
        return lambda text, context: match(text)

    body: list[str | Variable] = [prefix, *(part for part in pattern if not isinstance(part, Wild))]
    wild = [part for part in pattern if isinstance(part, Wild)]
    if not wild or (wild == [ANY] and pattern[-1] is ANY):
        return _spliced(body, open_ended=bool(wild))

    def with_variables(text: str, context: Context) -> bool:
        resolved = resolve(pattern, context)
        return resolved is not None and matcher(joined([prefix, *resolved]))(text)

    return with_variables


def _spliced(parts: Sequence[str | Variable], *, open_ended: bool) -> Match:
    """The common shape: text and variables in a row, with no wildcard but perhaps a `*` at the very end."""
    at = next(index for index, part in enumerate(parts) if isinstance(part, Variable))
    head = "".join(str(part) for part in parts[:at])
    variable, rest = parts[at], parts[at + 1 :]
    assert isinstance(variable, Variable)

    def match(text: str, context: Context) -> bool:
        value = value_of(variable, context)
        if value is None or not text.startswith(head):
            return False
        wanted = head + value
        for part in rest:
            value = part if isinstance(part, str) else value_of(part, context)
            if value is None:
                return False
            wanted += value
        return text.startswith(wanted) if open_ended else text == wanted

    return match


def _plain(text: str, wildcards: bool) -> list[Token]:
    if not wildcards:
        return [text]
    return [ANY if piece == "*" else ONE if piece == "?" else piece for piece in _WILDCARD.split(text) if piece]
