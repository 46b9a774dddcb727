"""Which services policies give access to: what access advice lists, and ListPoliciesGrantingServiceAccess.

Only permissions policies count - no boundaries, no resource's policy, nothing of the organization (API reference,
GenerateServiceLastAccessedDetails). A service is granted when some statement allows an action of it; it is taken away
again when a statement denies all of it on everything, unconditionally.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.aws.reference import data
from garrison.policy.document import Document
from garrison.policy.glob import matches
from garrison.policy.request import PolicyType
from garrison.policy.statement import Statement
from garrison.services.iam.held import Held, entity, held
from garrison.services.iam.paging import page_of
from garrison.services.operation import operation
from garrison.store import Reader


def grants(policies: Iterable[str], service: str) -> bool:
    """Whether policy documents, together, give any access to a service (its prefix, lower case)."""
    statements = [s for text in policies for s in Document.parse(text, PolicyType.IDENTITY).statements]
    return any(_touches(s, service) for s in statements if s.allow) and not any(
        _is_whole(s, service) for s in statements if not s.allow
    )


def granted(policies: Iterable[str]) -> list[str]:
    """The prefixes of all services they give access to."""
    texts = tuple(policies)
    return [prefix for prefix in sorted(data.prefixes()) if grants(texts, prefix)]


def _touches(statement: Statement, service: str) -> bool:
    if "NotAction" in statement.values:
        return not any(_is_all_of(pattern, service) for pattern in statement.values["NotAction"])
    return any(
        pattern.strip("*") == "" or matches(pattern.lower().partition(":")[0], service)
        for pattern in statement.values["Action"]
    )


def _is_whole(statement: Statement, service: str) -> bool:
    if statement.conditions or "*" not in statement.values.get("Resource", ()):
        return False
    return any(_is_all_of(pattern, service) for pattern in statement.values.get("Action", ()))


def _is_all_of(pattern: str, service: str) -> bool:
    prefix, _, name = pattern.lower().partition(":")
    return pattern.strip("*") == "" or (name != "" and name.strip("*") == "" and matches(prefix, service))


@operation("iam", "ListPoliciesGrantingServiceAccess", access="read")
def list_policies_granting_service_access(call: Call, reader: Reader) -> dict[str, Any]:
    policies = list(held(reader, entity(reader, call.account, call.params["Arn"])))
    wanted = sorted(set(call.params["ServiceNamespaces"]))
    for name in wanted:
        if name not in data.prefixes():
            raise AwsError("InvalidInput", f"{name} is not a valid service namespace.")
    page, end = page_of(call, wanted, lambda name: name)
    found = [
        {"ServiceNamespace": name, "Policies": [_shown(one) for one in policies if grants([one.document], name)]}
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
