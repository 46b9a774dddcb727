"""Grants: who has them, what they allow, what constrains them, how they end."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.policy.principal import User
from tests.services.kms.house import ACCOUNT, OTHER, KmsHouse

_names = iter(range(1000))


def person(house: KmsHouse, account: str = ACCOUNT, *statements: dict[str, Any]) -> User:
    return house.user(account, f"grantee{next(_names)}", *statements)


def grant(house: KmsHouse, key: str, who: str, *operations: str, **params: Any) -> dict[str, Any]:
    return house.kms("CreateGrant", KeyId=key, GranteePrincipal=who, Operations=list(operations), **params)


def may(house: KmsHouse, who: Any, operation: str, **params: Any) -> bool:
    try:
        house.run(operation, who, **params)
    except AwsError as e:
        if not e.code.startswith("AccessDenied"):
            raise
        return False
    return True


def test_a_grantee_may_do_what_the_grant_says_and_nothing_else(house: KmsHouse) -> None:
    one, key = person(house), house.key()
    assert not may(house, one, "Encrypt", KeyId=key, Plaintext=b"x")
    grant(house, key, one.arn, "Encrypt")
    blob = house.kms("Encrypt", by=one, KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert not may(house, one, "Decrypt", CiphertextBlob=blob)
    assert not may(house, person(house), "Encrypt", KeyId=key, Plaintext=b"x")
    assert not may(house, one, "Encrypt", KeyId=house.key(), Plaintext=b"x")


@pytest.mark.parametrize(
    ("constraint", "context", "allowed"),
    [
        ({"EncryptionContextEquals": {"a": "1"}}, {"a": "1"}, True),
        ({"EncryptionContextEquals": {"a": "1"}}, {"a": "1", "b": "2"}, False),
        ({"EncryptionContextEquals": {"a": "1"}}, {"A": "1"}, True),
        ({"EncryptionContextEquals": {"A": "x"}}, {"a": "X"}, False),
        ({"EncryptionContextEquals": {"a": "1"}}, {"a": "1", "A": "2"}, False),
        ({"EncryptionContextEquals": {"a": "1"}}, {}, False),
        ({"EncryptionContextSubset": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"EncryptionContextSubset": {"a": "1"}}, {"a": "2", "b": "2"}, False),
        ({"EncryptionContextSubset": {"a": "1", "b": "2"}}, {"a": "1"}, False),
        ({"EncryptionContextSubset": {"a": "1"}}, {"A": "1", "b": "2"}, True),
        ({"EncryptionContextSubset": {"a": "1"}, "EncryptionContextEquals": {"a": "2"}}, {"a": "2"}, False),
        ({"EncryptionContextSubset": {"a": "1"}, "EncryptionContextEquals": {"A": "2"}}, {"a": "1"}, False),
        ({"EncryptionContextSubset": {"a": "1"}}, {"a": "1", "A": "2"}, True),
        ({"EncryptionContextEquals": {"a": "*"}}, {"a": "anything"}, False),
        ({"EncryptionContextEquals": {"a": "${aws:username}"}}, {"a": "${aws:username}"}, True),
    ],
)
def test_constraints_compare_the_encryption_context_its_names_in_any_letter_case(
    house: KmsHouse, constraint: dict[str, Any], context: dict[str, str], allowed: bool
) -> None:
    one, key = person(house), house.key()
    grant(house, key, one.arn, "Encrypt", "DescribeKey", Constraints=constraint)
    given = {"EncryptionContext": context} if context else {}
    assert may(house, one, "Encrypt", KeyId=key, Plaintext=b"x", **given) is allowed
    assert may(house, one, "DescribeKey", KeyId=key)


def test_a_child_grant_gives_no_more_than_its_parent(house: KmsHouse) -> None:
    parent, child, key = person(house), person(house), house.key()
    only: dict[str, Any] = {"EncryptionContextSubset": {"team": "blue"}}
    grant(house, key, parent.arn, "CreateGrant", "Encrypt", "Decrypt", Constraints=only)
    asked: dict[str, Any] = {"KeyId": key, "GranteePrincipal": child.arn}
    assert not may(house, parent, "CreateGrant", Operations=["Encrypt"], **asked)
    assert not may(house, parent, "CreateGrant", Operations=["Encrypt", "GenerateDataKey"], Constraints=only, **asked)
    stricter: dict[str, Any] = {"EncryptionContextEquals": {"team": "blue", "x": "y"}}
    made = house.kms("CreateGrant", by=parent, Operations=["Encrypt"], Constraints=stricter, **asked)
    assert may(house, child, "Encrypt", KeyId=key, Plaintext=b"x", EncryptionContext={"team": "blue", "x": "y"})
    assert not may(house, child, "Encrypt", KeyId=key, Plaintext=b"x", EncryptionContext={"team": "blue"})
    other: dict[str, Any] = {"EncryptionContextSubset": {"team": "blue"}, "EncryptionContextEquals": {"team": "red"}}
    house.kms("CreateGrant", by=parent, Operations=["Decrypt"], Constraints=other, **asked)
    red = house.kms("Encrypt", KeyId=key, Plaintext=b"x", EncryptionContext={"team": "red"})["CiphertextBlob"]
    assert not may(house, child, "Decrypt", CiphertextBlob=red, EncryptionContext={"team": "red"})
    listed = house.kms("ListGrants", KeyId=key, GrantId=made["GrantId"])["Grants"]
    assert listed[0]["IssuingAccount"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_who_may_create_grants_by_policy_may_give_any_operation(house: KmsHouse) -> None:
    creator = person(house, ACCOUNT, {"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": "*"})
    one, key = person(house), house.key()
    house.kms("CreateGrant", by=creator, KeyId=key, GranteePrincipal=one.arn, Operations=["Decrypt", "Encrypt"])
    assert may(house, one, "Encrypt", KeyId=key, Plaintext=b"x")
    assert not may(house, creator, "Encrypt", KeyId=key, Plaintext=b"x")


def test_a_revoked_and_a_retired_grant_allow_nothing_from_the_next_call_on(house: KmsHouse) -> None:
    for end in ("revoke", "retire"):
        one, retiring, key = person(house), person(house), house.key()
        made = grant(house, key, one.arn, "Encrypt", RetiringPrincipal=retiring.arn)
        assert may(house, one, "Encrypt", KeyId=key, Plaintext=b"x")
        named: dict[str, Any] = {"KeyId": key, "GrantId": made["GrantId"]}
        if end == "revoke":
            assert not may(house, one, "RevokeGrant", **named)
            assert not may(house, retiring, "RevokeGrant", **named)
            house.kms("RevokeGrant", **named)
        else:
            assert not may(house, one, "RetireGrant", **named)
            assert not may(house, one, "RetireGrant", GrantToken=made["GrantToken"])
            house.kms("RetireGrant", by=retiring, GrantToken=made["GrantToken"])
        assert not may(house, one, "Encrypt", KeyId=key, Plaintext=b"x")
        assert house.kms("ListGrants", KeyId=key)["Grants"] == []
        assert house.refused("RetireGrant", GrantToken=made["GrantToken"])[0] == "InvalidGrantToken"
        assert house.refused("RevokeGrant", **named)[0] == "NotFound"


def test_a_token_and_a_grant_id_that_say_different_things_retire_nothing(house: KmsHouse) -> None:
    """Who may retire one grant must not retire another of the same key by naming both."""
    mine, theirs, one, key = person(house), person(house), person(house), house.key()
    own = grant(house, key, one.arn, "Encrypt", RetiringPrincipal=mine.arn)
    other = grant(house, key, one.arn, "Decrypt", RetiringPrincipal=theirs.arn)
    both: dict[str, Any] = {"GrantId": own["GrantId"], "GrantToken": other["GrantToken"]}
    for named in (both, {**both, "KeyId": key}):
        assert house.refused("RetireGrant", mine, **named)[0] in ("InvalidGrantToken", "AccessDenied")
        assert house.refused("RetireGrant", **named)[0] == "InvalidGrantToken"
    assert len(house.kms("ListGrants", KeyId=key)["Grants"]) == 2
    house.kms("RetireGrant", by=mine, KeyId=key, GrantId=own["GrantId"], GrantToken=own["GrantToken"])
    assert [g["GrantId"] for g in house.kms("ListGrants", KeyId=key)["Grants"]] == [other["GrantId"]]


def test_a_grantee_retires_its_grant_where_the_grant_says_so_and_so_does_the_issuing_account(house: KmsHouse) -> None:
    one, key = person(house), house.key()
    made = grant(house, key, one.arn, "Encrypt", "RetireGrant")
    house.kms("RetireGrant", by=one, KeyId=house.arn(key), GrantId=made["GrantId"])
    assert house.last is not None
    assert house.last.noted == {"grantId": made["GrantId"]}
    made = grant(house, key, one.arn, "Encrypt")
    able = person(house, ACCOUNT, {"Effect": "Allow", "Action": "kms:RetireGrant", "Resource": "*"})
    house.kms("RetireGrant", by=able, GrantToken=made["GrantToken"])


def test_a_grant_to_another_account_lets_that_account_decide(house: KmsHouse) -> None:
    key = house.key()
    able = person(house, OTHER, {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"})
    grant(house, key, f"arn:aws:iam::{OTHER}:root", "Encrypt")
    assert may(house, able, "Encrypt", KeyId=house.arn(key), Plaintext=b"x")
    assert not may(house, person(house, OTHER), "Encrypt", KeyId=house.arn(key), Plaintext=b"x")
    assert may(house, OTHER, "Encrypt", KeyId=house.arn(key), Plaintext=b"x")


def test_a_grant_to_a_role_is_for_its_sessions(house: KmsHouse) -> None:
    session, key = house.role(ACCOUNT, f"role{next(_names)}"), house.key()
    grant(house, key, session.role_arn, "Encrypt")
    assert may(house, session, "Encrypt", KeyId=key, Plaintext=b"x")
    listed = house.kms("ListGrants", KeyId=key, GranteePrincipal=session.role_arn)["Grants"]
    assert [entry["GranteePrincipal"] for entry in listed] == [session.role_arn]


def test_a_deny_wins_over_a_grant(house: KmsHouse) -> None:
    deny = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}
    one, key = person(house, ACCOUNT, deny), house.key()
    grant(house, key, one.arn, "Encrypt")
    assert not may(house, one, "Encrypt", KeyId=key, Plaintext=b"x")


def test_the_same_request_under_a_name_gives_the_same_grant_and_another_token(house: KmsHouse) -> None:
    one, key = person(house), house.key()
    first = grant(house, key, one.arn, "Encrypt", "Decrypt", Name="job")
    again = grant(house, key, one.arn, "Decrypt", "Encrypt", Name="job")
    other = grant(house, key, one.arn, "Encrypt", Name="job")
    unnamed = [grant(house, key, one.arn, "Encrypt") for _ in range(2)]
    assert again["GrantId"] == first["GrantId"] != other["GrantId"]
    assert again["GrantToken"] != first["GrantToken"]
    assert unnamed[0]["GrantId"] != unnamed[1]["GrantId"]
    for token in (first["GrantToken"], again["GrantToken"]):
        house.kms("Encrypt", by=one, KeyId=key, Plaintext=b"x", GrantTokens=[token])
    said = house.refused("Encrypt", by=one, KeyId=key, Plaintext=b"x", GrantTokens=["no token"])
    assert said[0] == "InvalidGrantToken"


@pytest.mark.parametrize(
    "params",
    [
        {"Operations": ["Sign"]},
        {"Operations": ["Encrypt"], "GranteeServicePrincipal": "s3.amazonaws.com"},
        {"Operations": ["Encrypt"], "Constraints": {"EncryptionContextEquals": {str(n): "" for n in range(9)}}},
        {"Operations": ["Encrypt"], "Constraints": {"EncryptionContextSubset": {"a": "x" * 384}}},
    ],
)
def test_grants_that_cannot_be_made(house: KmsHouse, params: dict[str, Any]) -> None:
    one = person(house)
    assert house.refused("CreateGrant", KeyId=house.key(), GranteePrincipal=one.arn, **params)[0] == "Validation"


def test_a_grantee_has_to_exist(house: KmsHouse) -> None:
    nobody = f"arn:aws:iam::{ACCOUNT}:user/nobody"
    assert house.refused("CreateGrant", KeyId=house.key(), GranteePrincipal=nobody, Operations=["Encrypt"]) == (
        "InvalidArn",
        f"ARN does not refer to a valid principal: {nobody}",
    )


def test_a_dry_run_says_whether_and_does_nothing(house: KmsHouse) -> None:
    one, key = person(house), house.key()
    asked: dict[str, Any] = {"KeyId": key, "GranteePrincipal": one.arn, "Operations": ["Encrypt"]}
    said = ("DryRunOperation", "The request would have succeeded, but the DryRun option is set.")
    assert house.refused("CreateGrant", DryRun=True, **asked) == said
    assert house.kms("ListGrants", KeyId=key)["Grants"] == []
    made = house.kms("CreateGrant", **asked)
    assert house.refused("RevokeGrant", KeyId=key, GrantId=made["GrantId"], DryRun=True) == said
    assert house.refused("RetireGrant", GrantToken=made["GrantToken"], DryRun=True) == said
    assert may(house, one, "Encrypt", KeyId=key, Plaintext=b"x")


def test_grants_are_listed_in_pages_by_key_and_by_who_may_retire_them(house: KmsHouse) -> None:
    one, retiring, key, other = person(house), person(house), house.key(), house.key()
    made = {grant(house, key, one.arn, "Encrypt", RetiringPrincipal=retiring.arn)["GrantId"] for _ in range(3)}
    made.add(grant(house, other, one.arn, "Encrypt", RetiringPrincipal=retiring.arn)["GrantId"])
    first = house.kms("ListRetirableGrants", RetiringPrincipal=retiring.arn, Limit=3)
    rest = house.kms("ListRetirableGrants", RetiringPrincipal=retiring.arn, Marker=first["NextMarker"])
    assert {entry["GrantId"] for entry in first["Grants"] + rest["Grants"]} == made
    page = house.kms("ListGrants", KeyId=key, Limit=2)
    last = house.kms("ListGrants", KeyId=key, Marker=page["NextMarker"])
    assert (len(page["Grants"]), len(last["Grants"])) == (2, 1)
    assert house.refused("ListGrants", KeyId=key, GrantId="nonsense")[0] == "InvalidGrantId"
