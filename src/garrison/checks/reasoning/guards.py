"""What an organization's policies leave to its member accounts, whatever their own policies say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from garrison.checks.check import Fix, aws
from garrison.checks.reasoning.asking import foreign
from garrison.checks.snapshot import Snapshot
from garrison.policy.document import Document
from garrison.policy.evaluate import Plan
from garrison.policy.outsiders import EVERYTHING, STRANGER, UNNAMED, user_of
from garrison.policy.principal import RoleSession, Root
from garrison.policy.request import AttachedPolicy, PolicyType, Request, Stack
from garrison.replay.exports import world_of
from garrison.replay.world import World

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
_OPEN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'


def tree(account: Snapshot) -> World | None:
    """The organization alone; None for an account that is in none. Raises `NotRead`."""
    if "tree" not in account.memory:
        organization = account.organization
        account.memory["tree"] = None if organization is None else world_of([("organization", organization)])
    found: World | None = account.memory["tree"]
    return found


def members(account: Snapshot) -> list[str]:
    """Ids of the active member accounts, without the management account, which nothing binds."""
    organization = account.organization or {"Accounts": (), "Organization": {}}
    manager = organization["Organization"].get("MasterAccountId")
    return [
        a["Id"] for a in organization["Accounts"] if a["Id"] != manager and a.get("Status", "ACTIVE") == "ACTIVE"
    ]  # fmt: skip


def member_may(
    account: Snapshot, member: str, action: str, resource: str = "*", *, region: str = "us-east-1", root: bool = False
) -> bool:
    """Whether an administrator (or the root user) of a member account may do something."""
    world = tree(account)
    place = None if world is None else world.membership(member)
    if place is None:
        return True
    role = f"arn:aws:iam::{member}:role/{UNNAMED}"
    principal = Root(member) if root else RoleSession(member, role, "AROAZZZZZZZZZZZZZZZZZ", "probe")
    given = {
        **foreign(principal),
        "aws:principalorgid": place.id,
        "aws:principalorgpaths": (place.path,),
        "aws:requestedregion": region,
    }
    stack = Stack(identity=() if root else EVERYTHING, scps=place.scps)
    return Plan(stack).evaluate(Request(principal, action, resource, member, given)).allowed


def stranger_may(account: Snapshot, member: str, action: str, resource: str) -> bool:
    """Whether somebody of another organization may use a member account's resource whose own policy is wide open."""
    world = tree(account)
    place = None if world is None else world.membership(member)
    if place is None:
        return True
    stranger = user_of(STRANGER)
    policy = AttachedPolicy(Document.parse(_OPEN, PolicyType.RESOURCE), PolicyType.RESOURCE, "open")
    given = {**foreign(stranger), "aws:resourceorgid": place.id, "aws:resourceaccount": member}
    stack = Stack(identity=EVERYTHING, resource=policy, rcps=place.rcps)
    return Plan(stack).evaluate(Request(stranger, action, resource, member, given)).allowed


def enabled(account: Snapshot, kind: str) -> bool:
    """Whether a type of policy is switched on in the organization."""
    roots = (account.organization or {}).get("Roots") or ()
    return any(t["Type"] == kind and t["Status"] == "ENABLED" for r in roots for t in r.get("PolicyTypes") or ())


def root_id(account: Snapshot) -> str:
    """`r-...` of the organization."""
    found: str = (account.organization or {})["Roots"][0]["Id"]
    return found


def arn(account: Snapshot) -> str:
    """ARN of the organization, or of the account where it is in none."""
    about = (account.organization or {}).get("Organization") or {}
    return str(about.get("Arn") or about.get("Id") or account.root)


def guard(account: Snapshot, kind: str, name: str, *statements: Mapping[str, Any], note: str = "") -> Fix:
    """The commands that make a policy of these statements, and attach it to the organization's root."""
    commands = []
    if not enabled(account, kind):
        commands.append(aws("organizations", "enable-policy-type", root_id=root_id(account), policy_type=kind))
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    made = aws(
        "organizations", "create-policy",
        type=kind, name=name, description="Written by garrison assess", content=document,
    )  # fmt: skip
    commands.append(
        f"aws organizations attach-policy --target-id {root_id(account)} "
        f'--policy-id "$({made} --query Policy.PolicySummary.Id --output text)"'
    )
    return Fix(tuple(commands), account.account, note)
