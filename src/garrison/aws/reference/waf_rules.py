"""What WAF rules refer to by ARN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_REFERENCES = ("RuleGroupReferenceStatement", "IPSetReferenceStatement", "RegexPatternSetReferenceStatement")


def references(params: Mapping[str, Any]) -> list[str] | None:
    """The ARNs of every set and group that the call's `Rules` name at any depth, each once; None if there are none."""
    return list(dict.fromkeys(named(params.get("Rules", ())))) or None


def named(rules: Any) -> Iterator[str]:
    """The same of rules in the API's shape, as often as they are named."""
    if isinstance(rules, Mapping):
        for name, member in rules.items():
            if name in _REFERENCES and isinstance(member, Mapping) and "ARN" in member:
                yield member["ARN"]
            yield from named(member)
    elif isinstance(rules, (list, tuple)):
        for member in rules:
            yield from named(member)
