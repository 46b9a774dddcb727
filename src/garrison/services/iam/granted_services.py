"""Which services policies give access to: what access advice lists, and ListPoliciesGrantingServiceAccess.

Only permissions policies count - no boundaries, no resource's policy, nothing of the organization (API reference,
GenerateServiceLastAccessedDetails). A service is granted when some statement allows an action of it; it is taken away
again when a statement denies all of it on everything, unconditionally.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.aws.reference import data
from garrison.policy.document import Document
from garrison.policy.glob import matches
from garrison.policy.request import PolicyType
from garrison.services.iam.held import Held, entity, held
from garrison.services.iam.paging import page_of
from garrison.services.operation import operation
from garrison.store import Reader


class Scope(msgspec.Struct, frozen=True):
    """Services some action patterns name."""

    everything: bool
    named: frozenset[str]
    patterns: tuple[str, ...]
    """Service prefixes with wildcards in them."""

    def covers(self, service: str) -> bool:
        """Whether the service (its prefix, lower case) is among them."""
        return self.everything or service in self.named or any(matches(pattern, service) for pattern in self.patterns)


def _scope(actions: Iterable[str], *, whole: bool) -> Scope:
    """The services of action patterns; `whole`: only of those that mean every action of a service."""
    parts = [action.lower().partition(":") for action in actions]
    prefixes = {prefix for prefix, _, name in parts if prefix and (not whole or not name.strip("*"))}
    wild = {prefix for prefix in prefixes if "*" in prefix or "?" in prefix}
    return Scope(
        everything=any(not prefix.strip("*") for prefix in prefixes),
        named=frozenset(prefixes - wild),
        patterns=tuple(sorted(prefix for prefix in wild if prefix.strip("*"))),
    )


class Granted:
    """What policy documents, together, give access to."""

    def __init__(self, policies: Iterable[str]) -> None:
        statements = [s for text in policies for s in Document.parse(text, PolicyType.IDENTITY).statements]
        self._allowed = [
            _scope(s.values["Action"], whole=False) for s in statements if s.allow and "Action" in s.values
        ]
        self._all_but = [
            _scope(s.values["NotAction"], whole=True) for s in statements if s.allow and "NotAction" in s.values
        ]
        self._denied = [
            _scope(s.values["Action"], whole=True)
            for s in statements
            if not s.allow and "Action" in s.values and not s.conditions and "*" in s.values.get("Resource", ())
        ]

    def covers(self, service: str) -> bool:
        """Whether they give any access to a service (its prefix, lower case)."""
        allowed = any(scope.covers(service) for scope in self._allowed)
        allowed = allowed or any(not scope.covers(service) for scope in self._all_but)
        return allowed and not any(scope.covers(service) for scope in self._denied)


def granted(policies: Iterable[str]) -> list[str]:
    """The prefixes of all services that policy documents, together, give access to."""
    found = Granted(policies)
    return [prefix for prefix in sorted(data.prefixes()) if found.covers(prefix)]


@operation("iam", "ListPoliciesGrantingServiceAccess", access="read")
def list_policies_granting_service_access(call: Call, reader: Reader) -> dict[str, Any]:
    policies = [
        (one, Granted([one.document])) for one in held(reader, entity(reader, call.account, call.params["Arn"]))
    ]
    wanted = sorted(set(call.params["ServiceNamespaces"]))
    for name in wanted:
        if name not in data.prefixes():
            raise AwsError("InvalidInput", f"{name} is not a valid service namespace.")
    page, end = page_of(call, wanted, lambda name: name)
    found = [
        {"ServiceNamespace": name, "Policies": [_shown(one) for one, gives in policies if gives.covers(name)]}
        for name in page
    ]
    return {"PoliciesGrantingServiceAccess": found, **end}


def _shown(one: Held) -> dict[str, str]:
    if one.arn is not None:
        return {"PolicyName": one.name, "PolicyType": "MANAGED", "PolicyArn": one.arn}
    holder = one.entity
    return {
        "PolicyName": one.name,
        "PolicyType": "INLINE",
        "EntityType": holder.owner.noun.upper(),
        "EntityName": holder.row.name,
    }
