"""Every decision sees one tree, whole, whoever changes it meanwhile and in whatever process."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from garrison.access.authorize import authorize, still_stands
from garrison.aws.errors import AwsError
from garrison.services.organizations.membership import membership
from garrison.store import Transaction
from tests.services.organizations.house import OTHERS, RCP, SCP, House, deny, policy

ANA, BEN, CAT = OTHERS
SECONDS = 2.5


def mover(directory: str, account: str, one: str, two: str, policy: str) -> None:
    """Moves an account between two units; the one it is in always carries the policy, the other mostly does not."""
    house = House(Path(directory), first=False)
    deadline = time.monotonic() + SECONDS
    turns = 0
    while time.monotonic() < deadline:
        for here, there in ((one, two), (two, one)):
            house.attach(policy, there)
            house.run("MoveAccount", AccountId=account, SourceParentId=here, DestinationParentId=there)
            house.run("DetachPolicy", PolicyId=policy, TargetId=here)
            turns += 1
    house.close()
    print(turns)


def allowed_writing(house: House) -> bool:
    """Whether a write gets through: decided on a snapshot, and again in its transaction if anything has moved."""
    call = house.call("CreateGroup", ANA, "iam", GroupName="x")

    def change(tx: Transaction) -> bool:
        if not still_stands(call, tx):
            authorize(call, tx)
        return True

    try:
        with house.store.reading() as reader:
            authorize(call, reader)
        return house.store.writing(change)
    except AwsError as e:
        if "service control policy" not in e.message:
            raise
        return False


def test_no_call_gets_through_that_neither_the_old_nor_the_new_tree_allows(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.organization()
    house.join(ANA)
    house.join(BEN)
    one, two, other = house.unit("one"), house.unit("two"), house.unit("other")
    no_groups = house.policy(policy(deny("iam:ListGroups", "iam:CreateGroup")))
    house.attach(no_groups, one)
    house.move(ANA, one)
    noise = house.policy(policy(deny("iam:ListRoles")))
    house.attach(noise, house.root)
    house.move(BEN, other)
    third = house.unit("third")
    house.attach(noise, other)
    module = "tests.services.organizations.test_concurrency"
    movers = [
        subprocess.Popen(
            [sys.executable, "-c", f"from {module} import mover; mover(*{arguments!r})"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for arguments in ((str(tmp_path), ANA, one, two, no_groups), (str(tmp_path), BEN, other, third, noise))
    ]
    decisions = 0
    while any(process.poll() is None for process in movers):
        error = house.error("ListGroups", ANA, "iam")
        assert "with an explicit deny in a service control policy" in error.message
        house.run("ListUsers", ANA, "iam")
        assert not allowed_writing(house)
        decisions += 1
    for process in movers:
        said, _ = process.communicate()
        assert process.returncode == 0
        assert int(said) >= 2, "the tree did not move"
    assert decisions >= 10
    house.close()


def reference(house: House, account: str, policy_type: str) -> list[list[str]]:
    """The policies by level, as the listing operations tell them."""
    levels = [account]
    while not levels[0].startswith("r-"):
        levels.insert(0, house.run("ListParents", ChildId=levels[0])["Parents"][0]["Id"])
    return [
        sorted(p["Arn"] for p in house.run("ListPoliciesForTarget", TargetId=node, Filter=policy_type)["Policies"])
        for node in levels
    ]


@pytest.mark.parametrize("seed", range(4))
def test_what_one_process_changes_every_other_knows_at_its_next_decision(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    houses = [House(tmp_path), House(tmp_path, first=False)]
    first = houses[0]
    first.organization()
    first.run("EnablePolicyType", RootId=first.root, PolicyType=RCP)
    units = [first.unit("a"), first.unit("b")]
    units.append(first.unit("c", units[0]))
    for account in (ANA, BEN):
        first.join(account)
    closed = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    policies = [first.policy(policy(deny(f"iam:Get{n}"))) for n in range(3)] + [first.policy(policy(closed), RCP)]
    targets = [first.root, *units, ANA, BEN]
    for _ in range(25):
        actor, observer = chance.sample(houses, 2)
        try:
            match chance.choice(("move", "attach", "detach")):
                case "move":
                    actor.move(chance.choice((ANA, BEN)), chance.choice((first.root, *units)))
                case "attach":
                    actor.attach(chance.choice(policies), chance.choice(targets))
                case "detach":
                    actor.run("DetachPolicy", PolicyId=chance.choice(policies), TargetId=chance.choice(targets))
        except AwsError as e:
            assert e.code in (  # noqa: PT017
                "DuplicateAccountException",
                "DuplicatePolicyAttachmentException",
                "PolicyNotAttachedException",
            )
        for account in (ANA, BEN):
            with observer.store.reading() as reader:
                seen = membership(observer.runtime, reader, account)
            assert seen is not None
            for policy_type, levels in ((SCP, seen.scps), (RCP, seen.rcps)):
                assert levels is not None
                found = [sorted(p.arn or "" for p in level) for level in levels]
                assert found == reference(actor, account, policy_type)
    for house in houses:
        house.close()
