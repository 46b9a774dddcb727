"""What headers and cookies have in common: some of the pairs, and of them keys, values or both."""

from __future__ import annotations

from garrison.waf.fields.field import Values
from garrison.waf.parts import Pairs


def chosen(pairs: Pairs, included: frozenset[bytes], excluded: frozenset[bytes], *, lower: bool) -> Pairs:
    """The pairs a MatchPattern chooses; names in the sets are lower case where `lower`."""
    if included:
        return [pair for pair in pairs if (pair[0].lower() if lower else pair[0]) in included]
    if excluded:
        return [pair for pair in pairs if (pair[0].lower() if lower else pair[0]) not in excluded]
    return pairs


def texts(pairs: Pairs, scope: str) -> Values:
    """What a MatchScope shows of them; False for nothing."""
    if not pairs:
        return False
    if scope == "VALUE":
        return [value for _, value in pairs]
    if scope == "KEY":
        return [name for name, _ in pairs]
    return [text for pair in pairs for text in pair]


def names_of(pairs: Pairs, scope: str) -> list[str]:
    """Names beside `texts`."""
    names = [name.decode("latin-1") for name, _ in pairs]
    return [name for name in names for _ in range(2)] if scope == "ALL" else names
