"""The rule group that Shield keeps in a web ACL: WAF owns web ACLs, Shield decides what stands in its group.

Source: Shield Advanced developer guide, "Managing automatic application layer DDoS mitigation": one reference, named
`ShieldMitigationRuleGroup_...`, at priority 10,000,000, of 150 WCU, in every web ACL with a resource that has automatic
response enabled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from garrison.shield.rules import AddressSet
from garrison.store import Reader, Transaction

CAPACITY = 150
PRIORITY = 10_000_000
PREFIX = "ShieldMitigationRuleGroup_"


class Mitigation(Protocol):
    """WAF's side."""

    def enable(self, tx: Transaction, partition: str, web_acl: str, *, now: float) -> None:
        """See that the web ACL refers to a group of Shield's. Raises as UpdateWebACL does where there is no room."""
        ...

    def disable(self, tx: Transaction, web_acl: str, *, now: float) -> None:
        """Take reference and group away."""
        ...

    def rules(self, reader: Reader, web_acl: str) -> Sequence[Mapping[str, Any]] | None:
        """The rules in Shield's group of a web ACL; None if it has none."""
        ...

    def replace(
        self,
        tx: Transaction,
        web_acl: str,
        rules: Sequence[Mapping[str, Any]],
        *,
        addresses: Sequence[AddressSet] | None = None,
        now: float,
    ) -> None:
        """Put other rules (the API's shape) into Shield's group.

        Sets of addresses that they name come with them: an `IPSetReferenceStatement` has a set's name for its ARN. Sets
        of before that are not among them go; without any given, they stay as they are.
        """
        ...

    def differs(
        self, reader: Reader, web_acl: str, rules: Sequence[Mapping[str, Any]], addresses: Sequence[AddressSet]
    ) -> bool:
        """Whether Shield's group, if there is one, has other rules or addresses than these."""
        ...


_mitigation: list[Mitigation] = []


def provide_mitigation(mitigation: Mitigation) -> None:
    """Register WAF."""
    _mitigation[:] = [mitigation]


def mitigation() -> Mitigation:
    """The registered one."""
    if not _mitigation:
        raise RuntimeError("nobody keeps web ACLs: import garrison.services.wafv2 first")
    return _mitigation[0]
