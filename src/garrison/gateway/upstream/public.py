"""Whether S3 calls a bucket policy public.

Source: S3 user guide, "The meaning of 'public'": a policy is public unless every allowance is to fixed principals, or
is narrowed by a fixed value (no wildcard, no variable) of one of a list of condition keys.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network

from garrison.policy.document import Document
from garrison.policy.statement import Condition, Statement

_FIXING = frozenset(
    {
        "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid",
        "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn",
        "s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)  # fmt: skip
_WIDEST = {4: 8, 6: 32}
"""Prefix lengths: ranges wider than these are everyone."""


@lru_cache(maxsize=1024)
def is_public(document: Document) -> bool:
    """Whether any statement allows everyone something."""
    return any(statement.allow and _to_everyone(statement) for statement in document.statements)


def _to_everyone(statement: Statement) -> bool:
    principals = statement.principals
    if principals is None or not (principals.everyone or principals.negated):
        return False
    return not any(_fixes(condition) for condition in statement.conditions)


def _fixes(condition: Condition) -> bool:
    operator = condition.operator.lower().rpartition(":")[2]
    key = condition.key.lower()
    if operator.endswith("ifexists") or "not" in operator:
        return False
    if key == "aws:sourceip" and operator == "ipaddress":
        return all(_narrow(value) for value in condition.values)
    if key not in _FIXING or not operator.startswith(("string", "arn")):
        return False
    wild = operator in ("stringlike", "arnlike", "arnequals")
    return not any("${" in value or (wild and ("*" in value or "?" in value)) for value in condition.values)


def _narrow(value: str) -> bool:
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _WIDEST[network.version]
