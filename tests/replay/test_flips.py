"""Records of a CloudTrail log, and the flips a change makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from garrison.replay.changes import Change, apply
from garrison.replay.events import decode_events
from garrison.replay.flips import Replay
from garrison.replay.report import Flip, Report
from garrison.replay.world import World
from tests.replay.accounts import (
    ANA,
    DEV,
    MANAGEMENT,
    PROD,
    READERS,
    ROLE,
    WORKLOADS,
    details,
    organization,
    policy,
    record,
    session,
    user,
    world,
)


def replayed(before: World, records: list[dict[str, Any]], *changes: Change) -> Report:
    run = Replay(before, apply(before, changes))
    run.events(decode_events(json.dumps({"Records": records}).encode(), "test"))
    return run.report()


def scp(*statements: dict[str, Any], at: str = WORKLOADS) -> Change:
    return Change("scp", "new.json", at, json.dumps(policy(*statements), indent=2))


def the_one(report: Report) -> Flip:
    assert len(report.flips) == 1, report
    return report.flips[0]


GET = record("s3:GetObject", {"bucketName": "data", "key": "a/b"})


def test_a_denying_scp_flips_what_it_covers_and_names_itself() -> None:
    report = replayed(world(), [GET], scp({"Sid": "No", "Effect": "Deny", "Action": "s3:GetObject"}))
    flip = the_one(report)
    assert (flip.becomes, flip.certain, flip.count, flip.samples) == ("denied", True, 1, ["event-0"])
    assert (flip.principal, flip.action, flip.resources) == (ANA, "s3:GetObject", ["arn:aws:s3:::data/a/b"])
    assert flip.code == "DENY_EXPLICIT_SCP"
    assert flip.by is not None
    assert (flip.by.policy, flip.by.sid, flip.by.attached_to) == ("new.json", "No", WORKLOADS)


def test_calls_for_other_actions_are_not_even_evaluated() -> None:
    report = replayed(world(), [GET, record("ec2:DescribeInstances")], scp({"Effect": "Deny", "Action": "kms:*"}))
    assert (report.events, report.skipped, report.evaluated) == (2, 2, 0)


def test_the_management_account_is_not_bound_and_another_units_account_neither() -> None:
    records = [
        record("s3:ListBuckets", identity=user(MANAGEMENT), number=1),
        record("s3:ListBuckets", identity=user(DEV), number=2),
    ]
    every = world(details(account=MANAGEMENT), details(account=DEV), details())
    assert not replayed(every, records, scp({"Effect": "Deny", "Action": "s3:*"})).flips


def test_a_region_lock_flips_by_the_region_of_the_record() -> None:
    lock = scp(
        {"Effect": "Deny", "Action": "s3:*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}}
    )
    report = replayed(world(), [GET, record("s3:ListBuckets", number=1, awsRegion="us-east-1")], lock)
    assert the_one(report).samples == ["event-1"]
    assert report.unaffected == 1


def test_what_hangs_on_a_key_the_log_lacks_is_possible_and_names_the_key() -> None:
    change = scp({"Effect": "Deny", "Action": "s3:*", "Condition": {"StringEquals": {"aws:ResourceTag/secret": "yes"}}})
    flip = the_one(replayed(world(), [GET], change))
    assert not flip.certain
    assert flip.keys == ("aws:resourcetag/secret",)


def test_long_term_keys_are_known_to_carry_no_mfa() -> None:
    without = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    strict = {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    assert the_one(replayed(world(), [GET], scp(without))).certain
    assert not replayed(world(), [GET], scp(strict)).flips
    of_role = record("s3:ListBuckets", identity=session(mfa=False))
    assert the_one(replayed(world(), [of_role], scp(strict))).principal == ROLE
    assert not replayed(world(), [record("s3:ListBuckets", identity=session(mfa=True))], scp(strict)).flips


def test_tags_of_users_are_known_from_the_export_and_session_tags_are_not() -> None:
    change = scp(
        {"Effect": "Deny", "Action": "s3:*", "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "blue"}}}
    )
    assert not replayed(world(details(tags={"team": "blue"})), [GET], change).flips
    assert the_one(replayed(world(details(tags={"team": "red"})), [GET], change)).certain
    of_role = record("s3:ListBuckets", identity=session())
    assert the_one(replayed(world(), [of_role], change)).keys == ("aws:principaltag/team",)


def test_where_model_and_record_disagree_nothing_is_claimed() -> None:
    records = [
        record("s3:GetObject", {"bucketName": "data", "key": "x"}, error="AccessDenied", number=1),
        record("sqs:ListQueues", number=2),
    ]
    report = replayed(world(), records, scp({"Effect": "Deny", "Action": ["s3:*", "sqs:*"]}))
    assert not report.flips
    assert {(d.action, d.recorded, d.code) for d in report.disagreements} == {
        ("s3:GetObject", "denied", "ALLOW_IDENTITY"),
        ("sqs:ListQueues", "allowed", "DENY_IMPLICIT_IDENTITY"),
    }


def test_an_unknown_policy_of_the_resource_does_not_hide_an_scps_deny() -> None:
    put = record("s3:PutObject", {"bucketName": "data", "key": "x"})
    report = replayed(world(), [put], scp({"Effect": "Deny", "Action": "s3:PutObject"}))
    assert the_one(report).certain  # only a bucket policy can have allowed it, and an SCP limits that too


def test_principals_whose_policies_are_not_exported_still_lose_to_an_scp() -> None:
    from garrison.replay.exports import world_of

    only_tree = world_of([("organization", organization())])
    report = replayed(only_tree, [GET, GET | {"errorCode": "AccessDenied"}], scp({"Effect": "Deny", "Action": "s3:*"}))
    assert the_one(report).certain
    assert [u.why for u in report.unknown] == ["its policies are not in the exports"]


def test_a_failure_before_authorization_is_no_outcome() -> None:
    report = replayed(world(), [GET | {"errorCode": "ThrottlingException"}], scp({"Effect": "Deny", "Action": "s3:*"}))
    assert (report.failed, report.flips) == (1, [])


def test_new_text_of_a_groups_policy_takes_away_and_gives() -> None:
    records = [GET, record("sqs:ListQueues", number=1, error="AccessDenied")]
    change = Change("policy", "new.json", READERS, json.dumps(policy({"Action": ["s3:List*", "sqs:*"]})))
    report = replayed(world(), records, change)
    found = {(f.action, f.becomes, f.code) for f in report.flips}
    assert found == {
        ("s3:GetObject", "denied", "DENY_IMPLICIT_IDENTITY"),
        ("sqs:ListQueues", "allowed", "ALLOW_IDENTITY"),
    }


def test_a_new_boundary_reaches_every_action_of_its_user_alone() -> None:
    change = Change("boundary", "arn:aws:iam::aws:policy/AmazonSQSFullAccess", ANA)
    report = replayed(world(), [GET, record("s3:ListBuckets", identity=session(), number=1)], change)
    flip = the_one(report)
    assert (flip.principal, flip.code) == (ANA, "DENY_IMPLICIT_BOUNDARY")


def test_a_new_trust_policy_flips_who_may_assume_the_role() -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": DEV}, "Action": "sts:AssumeRole"},
    }
    assume = record("sts:AssumeRole", {"roleArn": ROLE, "roleSessionName": "x"})
    report = replayed(world(), [assume], Change("trust", "new.json", ROLE, json.dumps(trust)))
    assert the_one(report).code == "DENY_IMPLICIT_TRUST"


def test_an_rcp_is_heard_for_resources_below_its_target_only_and_only_where_supported() -> None:
    def rcp(at: str) -> Change:
        statement = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
        return Change("rcp", "new.json", at, json.dumps({"Version": "2012-10-17", "Statement": statement}))

    calls = [GET, record("s3:GetObject", {"bucketName": "b", "key": "k"}, identity=session(), number=1)]
    assert {f.code for f in replayed(world(), calls, rcp(PROD)).flips} == {"DENY_EXPLICIT_RCP"}
    assert not replayed(world(), calls, rcp(DEV)).flips
    assert not replayed(world(), [record("iam:ListUsers", identity=session())], rcp(PROD)).flips


def test_enabling_scps_with_the_first_one_limits_nothing_else() -> None:
    before = world(tree=organization(scps=False))
    report = replayed(
        before, [GET, record("s3:ListBuckets", number=1)], scp({"Effect": "Deny", "Action": "s3:ListAllMyBuckets"})
    )
    assert the_one(report).action == "s3:ListAllMyBuckets"
    assert report.skipped == 1


def test_detaching_full_access_leaves_a_level_that_allows_nothing() -> None:
    report = replayed(world(), [GET], Change("detach", "p-FullAWSAccess", WORKLOADS))
    assert the_one(report).code == "DENY_IMPLICIT_SCP"


def test_an_unchanged_deny_that_asks_for_an_unknown_key_did_not_deny_what_was_allowed() -> None:
    tagged = {"Effect": "Deny", "Action": "s3:*", "Condition": {"StringEquals": {"aws:ResourceTag/x": "y"}}}
    before = world(details(ana=policy(tagged)))
    report = replayed(
        before, [GET], scp({"Effect": "Deny", "Action": "s3:Put*"}, {"Effect": "Deny", "Action": "s3:GetBucket*"})
    )
    assert report.evaluated == 0
    with_condition = scp(
        {"Effect": "Deny", "Action": "s3:*", "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}
    )
    again = replayed(before, [GET], with_condition)
    assert (again.flips, again.unaffected) == ([], 1)


def test_a_removed_allow_may_have_been_the_one_that_counted() -> None:
    tagged = {"Action": "s3:*", "Condition": {"StringEquals": {"aws:ResourceTag/x": "y"}}}
    before = world(details(ana=policy(tagged), readers=policy({"Action": "s3:*"})))
    flip = the_one(
        replayed(before, [GET], Change("policy", "new.json", READERS, json.dumps(policy({"Action": "sqs:*"}))))
    )
    assert (flip.certain, flip.keys) == (False, ("aws:resourcetag/x",))


def test_services_on_behalf_are_told_by_invoked_by() -> None:
    direct = {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:ViaAWSService": "false"}}}
    via = record(
        "s3:ListBuckets",
        identity=user() | {"invokedBy": "athena.amazonaws.com"},
        number=1,
        sourceIPAddress="athena.amazonaws.com",
    )
    assert the_one(replayed(world(), [GET, via], scp(direct))).samples == ["event-0"]


def test_operations_nobody_can_map_are_listed_by_name() -> None:
    strange = record("s3:FrobnicateBucket")
    report = replayed(world(), [strange], scp({"Effect": "Deny", "Action": "s3:*"}))
    assert [(u.what, u.count) for u in report.unknown] == [("s3.amazonaws.com FrobnicateBucket", 1)]


@pytest.mark.parametrize(
    ("action", "parameters", "asked"),
    [
        ("lambda:UpdateFunctionCode20150331v2", {"functionName": "f"}, "arn:aws:lambda:eu-central-1:111122223333:function:f"),  # noqa: E501
        ("ec2:TerminateInstances", {"instancesSet": {"items": [{"instanceId": "i-0abc"}]}}, "arn:aws:ec2:eu-central-1:111122223333:instance/i-0abc"),  # noqa: E501
        ("dynamodb:DescribeTable", {"tableName": "t"}, "arn:aws:dynamodb:eu-central-1:111122223333:table/t"),
        ("kms:Decrypt", {"keyId": "arn:aws:kms:eu-central-1:111122223333:key/k"}, "arn:aws:kms:eu-central-1:111122223333:key/k"),  # noqa: E501
        ("iam:DeleteUser", {"userName": "ana"}, ANA),
    ],
)  # fmt: skip
def test_parameters_are_read_as_each_service_writes_them(action: str, parameters: dict[str, Any], asked: str) -> None:
    call = record(action, parameters, identity=session())
    flip = the_one(replayed(world(), [call], scp({"Effect": "Deny", "Action": "*"})))
    assert flip.resources == [asked]


def test_log_files_are_found_in_folders_and_unpacked(tmp_path: Path) -> None:
    import gzip

    from garrison.replay.events import event_files, read_events

    folder = tmp_path / "AWSLogs" / PROD / "CloudTrail" / "eu-central-1" / "2026" / "11" / "23"
    folder.mkdir(parents=True)
    (folder / "a.json.gz").write_bytes(gzip.compress(json.dumps({"Records": [GET]}).encode()))
    (folder / "b.json").write_text(json.dumps({"Records": [GET, GET]}))
    (folder / "c.jsonl").write_text("\n".join(json.dumps(GET) for _ in range(3)))
    (folder / "looked-up.json").write_text(json.dumps({"Events": [{"CloudTrailEvent": json.dumps(GET)}]}))
    digest = tmp_path / "AWSLogs" / PROD / "CloudTrail-Digest"
    digest.mkdir()
    (digest / "d.json").write_text("{}")
    assert sorted(len(found) for found in read_events(event_files([tmp_path]))) == [1, 1, 2, 3]


def test_of_a_hundred_thousand_records_exactly_the_denied_ones_flip() -> None:
    other = json.dumps(record("ec2:DescribeInstances", {}, identity=session()))
    got = json.dumps(record("s3:GetObject", {"bucketName": "data-N", "key": "k"}, awsRegion="R", identity=session()))

    def one(number: int) -> str:
        if number % 10:
            return other
        region = "us-east-1" if number % 70 == 0 else "eu-central-1"
        return got.replace('"R"', f'"{region}"').replace("data-N", f"data-{number % 3}")

    before = world()
    lock = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::data-0/*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1"]}},
    }
    run = Replay(before, apply(before, [scp(lock)]))
    for start in range(0, 100_000, 10_000):
        records = ",".join(one(number) for number in range(start, start + 10_000))
        run.events(decode_events(f'{{"Records":[{records}]}}'.encode(), "test"))
    report = run.report()
    expected = sum(number % 70 == 0 and number % 3 == 0 for number in range(0, 100_000, 10))
    assert (report.events, report.skipped, report.evaluated) == (100_000, 90_000, 10_000)
    assert the_one(report).count == expected
    assert report.unaffected == 10_000 - expected
