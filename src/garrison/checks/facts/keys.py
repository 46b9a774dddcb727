"""KMS keys in every region that is assessed: what they are, their policies, rotation and grants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from garrison.checks.api import Api, Output, Refused, pages, readable, unreadable
from garrison.checks.fact import fact

PROBE = "garrison-probe"
"""How the description of a behavioural check's own keys begins, which wait for their deletion."""


@fact(
    "keys",
    "kms:ListKeys",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
)
def keys(api: Api) -> list[dict[str, Any]]:
    """Customer managed keys as DescribeKey has them, with `Region`, `Policy` (text), `Rotation` (GetKeyRotationStatus;
    None where the key has none), `Aliases` and `Grants`; `NotRead` says what of these may not be read, and why."""
    return [key for place in api.regional() for key in _keys(place)]


def _keys(api: Api) -> Iterator[dict[str, Any]]:
    ids = [{"KeyId": key["KeyId"]} for key in pages(api, "kms", "ListKeys", "Keys")]
    described = readable("kms:DescribeKey", api.several("kms", "DescribeKey", ids))
    known = [one["KeyMetadata"] for one in described if not isinstance(one, Refused)]
    ours = [
        key
        for key in known
        if key.get("KeyManager", "CUSTOMER") == "CUSTOMER" and not str(key.get("Description")).startswith(PROBE)
    ]
    if not ours:
        return
    names: dict[str, list[str]] = {}
    for alias in pages(api, "kms", "ListAliases", "Aliases"):
        names.setdefault(alias.get("TargetKeyId", ""), []).append(alias["AliasName"])
    asked = [{"KeyId": key["KeyId"]} for key in ours]
    policies = api.several("kms", "GetKeyPolicy", [{**one, "PolicyName": "default"} for one in asked])
    rotations = api.several("kms", "GetKeyRotationStatus", asked)
    grants = api.several("kms", "ListGrants", asked)
    for key, policy, rotation, granted in zip(ours, policies, rotations, grants, strict=True):
        yield {
            **key,
            "Region": api.region,
            "Policy": None if isinstance(policy, Refused) else policy["Policy"],
            "Rotation": None if isinstance(rotation, Refused) else rotation,
            "Aliases": sorted(names.get(key["KeyId"], ())),
            "Grants": None if isinstance(granted, Refused) else granted.get("Grants") or [],
            "NotRead": {
                what: str(answer)
                for what, answer in (("Policy", policy), ("Rotation", rotation), ("Grants", granted))
                if _unknown(answer)
            },
        }


def _unknown(answer: Output | Refused) -> bool:
    return isinstance(answer, Refused) and unreadable(answer)
