"""What samples are drawn from: every one of a kind in an account, with what an auditor looks at in it.

A sample is drawn by hashing, not by chance: whoever knows the period draws the same one, and nobody chooses. The
period is the quarter of the year, unless the audit says another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from garrison.checks.snapshot import Snapshot

Member = tuple[str, dict[str, Any]]
"""The subject (an ARN, as far as there is one), and what is to be looked at: texts, numbers, lists; nothing that
changes by being used."""
Population = Callable[[Snapshot], Iterator[Member]]


class Drawn(msgspec.Struct, frozen=True):
    """A sample."""

    population: str
    size: int
    """How many there are altogether."""
    period: str
    """What it was drawn by."""
    members: tuple[tuple[str, dict[str, Any]], ...]


def quarter(now: float) -> str:
    """The period of a moment: `2026Q4`."""
    at = datetime.fromtimestamp(now, UTC)
    return f"{at.year}Q{(at.month - 1) // 3 + 1}"


def draw(name: str, account: Snapshot, size: int, period: str) -> Drawn:
    """A sample of a population. Raises `NotRead` where it cannot be read."""
    there = list(POPULATIONS[name](account))
    order = sorted(there, key=lambda one: hashlib.sha256(f"{period}\0{name}\0{one[0]}".encode()).digest())
    return Drawn(name, len(there), period, tuple(sorted(order[:size], key=lambda one: one[0])))


def _users(account: Snapshot) -> Iterator[Member]:
    for user in account.details["UserDetailList"]:
        yield (
            user["Arn"],
            {
                "created": user["CreateDate"],
                "groups": sorted(user.get("GroupList") or ()),
                "policies": sorted(p["PolicyArn"] for p in user.get("AttachedManagedPolicies") or ()),
                "inline": sorted(p["PolicyName"] for p in user.get("UserPolicyList") or ()),
            },
        )


def _roles(account: Snapshot) -> Iterator[Member]:
    for role in account.details["RoleDetailList"]:
        if not role["Path"].startswith("/aws-service-role/"):
            yield (
                role["Arn"],
                {
                    "trust": role["AssumeRolePolicyDocument"],
                    "policies": sorted(p["PolicyArn"] for p in role.get("AttachedManagedPolicies") or ()),
                    "inline": sorted(p["PolicyName"] for p in role.get("RolePolicyList") or ()),
                },
            )


def _keys(account: Snapshot) -> Iterator[Member]:
    for key in account.fact("keys"):
        yield (
            key["Arn"],
            {
                "aliases": key["Aliases"],
                "state": key.get("KeyState", ""),
                "rotates": bool((key["Rotation"] or {}).get("KeyRotationEnabled")),
                "policy": hashlib.sha256((key["Policy"] or "").encode()).hexdigest(),
            },
        )


def _load_balancers(account: Snapshot) -> Iterator[Member]:
    for one in account.fact("load-balancers"):
        ports = [f"{listener['Protocol']}:{listener['Port']}" for listener in one["Listeners"]]
        yield one["Arn"], {"scheme": one["Scheme"], "listeners": sorted(ports), "web_acl": one["WebAcl"] or ""}


def _web_acls(account: Snapshot) -> Iterator[Member]:
    for one in account.fact("web-acls"):
        yield one["Arn"], {"rules": one["Rules"], "logs": one["Logs"]}


def _accounts(account: Snapshot) -> Iterator[Member]:
    for one in (account.organization or {}).get("Accounts") or ():
        yield one["Arn"], {"name": one.get("Name", ""), "status": one.get("Status", ""), "parent": one["ParentId"]}


POPULATIONS: dict[str, Population] = {
    "accounts": _accounts,
    "keys": _keys,
    "load-balancers": _load_balancers,
    "roles": _roles,
    "users": _users,
    "web-acls": _web_acls,
}
