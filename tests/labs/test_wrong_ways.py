"""What looks like a solution and is none is told from one, and what is wrong with it is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from garrison.labs import Room, lab
from tests.clients.server import Server
from tests.labs.solutions import scripts
from tests.labs.solutions.lab_05 import RCP
from tests.labs.solutions.script import Learner, document

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("labs")]

Act = Callable[[Learner], None]


def _said(room: Room, server: Server, number: int, step: str, act: Act, *first: str) -> str:
    """What is said of a step once `act` was done in its place, after the steps `first`; empty if it is done."""
    one, name = lab(number), f"wrong-{act.__name__.strip('_').replace('_', '-')}"
    scripts()[number].ready(server)
    attempt, _ = room.start(one, name)
    learner = Learner(server, attempt, room.attempts.evidence(name, one.name))
    for other in first:
        scripts()[number].steps[other](learner)
    act(learner)
    (verdict,) = [v for v in room.check(one, name).verdicts if v.step == step]
    room.stop(one, name)
    assert verdict.done is not bool(verdict.message)
    return verdict.message


def _every_key(learner: Learner) -> None:
    learner.write_policy("clerk", "decrypt", {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"})


def _key_policy(learner: Learner) -> None:
    key = learner.fact("invoices_key")
    account = learner.fact("account")
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    clerk = {"Effect": "Allow", "Principal": {"AWS": learner.fact("clerk")}, "Action": "kms:Decrypt", "Resource": "*"}
    learner.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=document(own, clerk))


def test_a_key_s_policy_opens_it_as_well_as_the_user_s_and_a_star_opens_too_much(room: Room, server: Server) -> None:
    assert not _said(room, server, 2, "decrypt", _key_policy)
    assert "payroll" in _said(room, server, 2, "decrypt", _every_key)


def _inactive(learner: Learner) -> None:
    learner.iam.update_access_key(AccessKeyId=learner.fact("root_key"), Status="Inactive")


def test_a_root_key_that_was_switched_off_is_not_gone(room: Room, server: Server) -> None:
    assert "inactive" in _said(room, server, 1, "keys", _inactive, "administrator")


def _no_work(learner: Learner) -> None:
    learner.iam.delete_user_policy(UserName="deployer", PolicyName="prepared")


def test_who_closes_the_path_by_stopping_the_work_has_not_solved_it(room: Room, server: Server) -> None:
    assert "must go on deploying" in _said(room, server, 3, "pass-role", _no_work)


def _lock_everything(learner: Learner) -> None:
    lock = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}},
    }
    organizations = learner.client("organizations")
    made = organizations.create_policy(
        Name="lock", Description="", Type="SERVICE_CONTROL_POLICY", Content=document(lock)
    )
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=root)


def test_a_region_lock_must_not_stop_what_has_no_region_nor_bind_the_sandbox(room: Room, server: Server) -> None:
    assert "global" in _said(room, server, 4, "region-lock", _lock_everything)


def _no_services(learner: Learner) -> None:
    outside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": learner.fact("organization")}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": outside}
    organizations = learner.client("organizations")
    made = organizations.create_policy(Name="p", Description="", Type=RCP, Content=document(deny))
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=learner.fact("root"))


def test_a_perimeter_must_not_lock_aws_services_out(room: Room, server: Server) -> None:
    assert "aws:PrincipalIsAWSService" in _said(room, server, 5, "key", _no_services, "switch-on")


def _suppressed(learner: Learner) -> None:
    learner.client("inspector2").create_filter(
        name="nothing-to-see",
        action="SUPPRESS",
        filterCriteria={"severity": [{"comparison": "EQUALS", "value": "CRITICAL"}]},
    )


def test_a_suppressed_vulnerability_is_not_mended(room: Room, server: Server) -> None:
    assert "mends nothing" in _said(room, server, 10, "patch", _suppressed)


def _all_customer(learner: Learner) -> None:
    cells = learner.fact("cells").split(", ")
    learner.iam.tag_role(RoleName="ownership", Tags=[{"Key": cell, "Value": "customer"} for cell in cells])


def test_not_everything_is_the_customer_s(room: Room, server: Server) -> None:
    assert "It is not so for" in _said(room, server, 11, "classify", _all_customer)


def _everything_excepted(learner: Learner) -> None:
    learner.garrison(
        "assess", "except", "iam.policy-allows-everything", "--owner", "somebody", "--reason", "later",
        "--expires", _in_days(60),
    )  # fmt: skip


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d")


def test_an_exception_covers_what_it_is_for_alone(room: Room, server: Server) -> None:
    assert "nobody has looked at" in _said(room, server, 12, "exception", _everything_excepted)
