"""What statements are compiled, weighed and checked in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from garrison.waf.addresses import AddressSet
from garrison.waf.errors import BAD_REFERENCE, invalid
from garrison.waf.plan import Plan
from garrison.waf.rule_group import ManagedRuleGroup

Document = Mapping[str, Any]

Resolve = Callable[[str], Document | None]
"""The IPSet, RegexPatternSet or RuleGroup of an ARN, in the API's shape; None if there is none."""

FindManaged = Callable[[str, str], ManagedRuleGroup | None]
"""The managed rule group of a vendor and a name."""

IP_LIST = "garrison:ip-list:"


def find_managed(vendor: str, name: str) -> ManagedRuleGroup | None:
    """The managed rule groups that come with Garrison."""
    from garrison.waf.managed import find

    return find(vendor, name)


def resolve_nothing(arn: str) -> Document | None:
    """For web ACLs that refer to nothing."""
    return None


class Context(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One container of rules: a web ACL or a rule group."""

    plan: Plan
    resolve: Resolve
    managed: FindManaged
    label_prefix: str
    """Of the container, with the final colon."""
    instance: str = ""
    """Where rate-based rules count: the container, and the rule of the web ACL that refers to it."""
    bodies: Mapping[str, Any] = {}
    """CustomResponseBodies of the container."""
    memo: dict[str, AddressSet] = {}

    def referenced(self, arn: str, field: str) -> Document:
        """What an ARN names. Raises WAFInvalidParameterException."""
        document = self.resolve(arn)
        if document is None:
            raise invalid(field, arn, BAD_REFERENCE)
        return document

    def addresses(self, arn: str) -> AddressSet:
        """The addresses of an IP set, or of one of the operator's lists, which may be missing."""
        known = self.memo.get(arn)
        if known is None:
            if arn.startswith(IP_LIST):
                document = self.resolve(arn) or {}
            else:
                document = self.referenced(arn, "IP_SET_REFERENCE_STATEMENT")
            known = self.memo[arn] = AddressSet(document.get("Addresses") or ())
        return known
