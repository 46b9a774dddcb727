"""Who may do what with a key: key policies, IAM policies, grants, other accounts, the lock-out check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from garrison.access.simulate import simulate
from garrison.policy.principal import User
from tests.services.kms.house import ACCOUNT, OTHER, KmsHouse

ADMINISTERS = (
    "kms:Create*", "kms:Describe*", "kms:Enable*", "kms:List*", "kms:Put*", "kms:Update*", "kms:Revoke*",
    "kms:Disable*", "kms:Get*", "kms:Delete*", "kms:TagResource", "kms:UntagResource", "kms:ScheduleKeyDeletion",
    "kms:CancelKeyDeletion",
)  # fmt: skip
USES = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")

_names = iter(range(1000))


def person(house: KmsHouse, *actions: str, account: str = ACCOUNT) -> User:
    statements = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}] if actions else []
    return house.user(account, f"person{next(_names)}", *statements)


def to(*who: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": list(who)}, "Action": "kms:*", "Resource": "*", **more}


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_who_manages_a_key_cannot_use_it_and_who_uses_it_cannot_manage_it(house: KmsHouse) -> None:
    manager, user = person(house), person(house)
    separated = text(to(manager.arn, Action=list(ADMINISTERS)), to(user.arn, Action=list(USES)))
    key = house.key(by=person(house, "kms:CreateKey"), Policy=separated, BypassPolicyLockoutSafetyCheck=True)
    blob = house.kms("Encrypt", by=user, KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    assert house.kms("Decrypt", by=user, CiphertextBlob=blob)["Plaintext"] == b"secret"
    assert house.refused("Decrypt", by=manager, CiphertextBlob=blob, KeyId=key)[0] == "AccessDenied"
    assert house.refused("Decrypt", by=manager, CiphertextBlob=blob)[0] == "AccessDenied"
    policy = house.kms("GetKeyPolicy", by=manager, KeyId=key)["Policy"]
    house.kms("PutKeyPolicy", by=manager, KeyId=key, Policy=policy)
    for operation, params in {
        "PutKeyPolicy": {"Policy": policy}, "GetKeyPolicy": {}, "DisableKey": {}, "ScheduleKeyDeletion": {},
        "CreateGrant": {"GranteePrincipal": user.arn, "Operations": ["Decrypt"]},
    }.items():  # fmt: skip
        assert house.refused(operation, by=user, KeyId=key, **params)[0] == "AccessDenied"
    # Nor does being root help, where the policy does not say so.
    for operation, params in {"Decrypt": {"CiphertextBlob": blob}, "PutKeyPolicy": {"Policy": policy}}.items():
        assert house.refused(operation, KeyId=key, **params)[0] == "AccessDenied"


def test_iam_policies_count_only_where_the_key_policy_lets_the_account_decide(house: KmsHouse) -> None:
    able = person(house, "kms:*")
    delegated = house.key()
    alone = house.key(Policy=text(to(person(house).arn)), BypassPolicyLockoutSafetyCheck=True)
    assert house.kms("Encrypt", by=able, KeyId=delegated, Plaintext=b"x")
    assert house.refused("Encrypt", by=able, KeyId=alone, Plaintext=b"x") == (
        "AccessDenied",
        f"User: {able.arn} is not authorized to perform: kms:Encrypt on resource: {house.arn(alone)} because no "
        "resource-based policy allows the kms:Encrypt action",
    )


def test_a_deny_in_an_iam_policy_counts_whatever_the_key_policy_says(house: KmsHouse) -> None:
    one = person(house)
    key = house.key(Policy=text(to(one.arn), to(ACCOUNT)))
    deny = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}
    assert house.kms("Encrypt", by=one, KeyId=key, Plaintext=b"x")
    house.run("PutUserPolicy", ACCOUNT, "iam", UserName=one.name, PolicyName="d", PolicyDocument=text(deny))
    assert house.refused("Encrypt", by=one, KeyId=key, Plaintext=b"x")[0] == "AccessDenied"


def test_another_account_needs_the_key_policy_and_its_own(house: KmsHouse) -> None:
    able, unable = person(house, "kms:Encrypt", account=OTHER), person(house, account=OTHER)
    key = house.arn(house.key(Policy=text(to(ACCOUNT), to(OTHER, Action="kms:Encrypt"))))
    assert house.kms("Encrypt", by=able, KeyId=key, Plaintext=b"x")["KeyId"] == key
    assert house.last is not None
    assert house.last.shared_with == (ACCOUNT,)
    assert house.refused("Encrypt", by=unable, KeyId=key, Plaintext=b"x")[0] == "AccessDenied"
    closed = house.arn(house.key())
    assert house.refused("Encrypt", by=able, KeyId=closed, Plaintext=b"x")[0] == "AccessDenied"


@pytest.mark.parametrize("operation", ["PutKeyPolicy", "ScheduleKeyDeletion", "ListResourceTags", "GetKeyLastUsage"])
def test_what_is_not_for_other_accounts_is_refused_to_them_whatever_the_policy_says(
    house: KmsHouse, operation: str
) -> None:
    key = house.arn(house.key(Policy=text(to(ACCOUNT), to(OTHER))))
    params = {"Policy": text(to(OTHER))} if operation == "PutKeyPolicy" else {}
    assert house.refused(operation, by=OTHER, KeyId=key, **params)[0] == "AccessDenied"
    assert house.kms("DescribeKey", by=OTHER, KeyId=key)["KeyMetadata"]["AWSAccountId"] == ACCOUNT


def test_nobody_locks_themselves_out_unless_they_say_so(house: KmsHouse) -> None:
    key, other = house.key(), person(house)
    closed = text(to(other.arn))
    said = ("MalformedPolicyDocument", "The new key policy will not allow you to update the key policy in the future.")
    assert house.refused("PutKeyPolicy", KeyId=key, Policy=closed) == said
    assert house.refused("CreateKey", Policy=closed) == said
    house.kms("PutKeyPolicy", KeyId=key, Policy=closed, BypassPolicyLockoutSafetyCheck=True)
    assert house.refused("DescribeKey", KeyId=key)[0] == "AccessDenied"
    # The policy lets the account decide, and the account has not let this user: the same refusal.
    creator = person(house, "kms:CreateKey")
    assert house.refused("CreateKey", by=creator, Policy=text(to(ACCOUNT))) == said


def test_resource_control_policies_limit_the_keys_of_members_but_not_those_of_aws(tmp_path: Path) -> None:
    house = KmsHouse(tmp_path)
    try:
        key = house.key(by=OTHER)
        house.kms("DescribeKey", by=OTHER, KeyId="alias/aws/sqs")
        house.limit(OTHER, text({"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}))
        assert house.refused("DescribeKey", OTHER, KeyId=key)[0] == "AccessDenied"
        for name in ("alias/aws/sqs", "alias/aws/sns"):
            assert house.run("DescribeKey", OTHER, KeyId=name)["KeyMetadata"]["KeyManager"] == "AWS"
    finally:
        house.close()


def test_a_principal_made_again_under_an_old_name_is_another(house: KmsHouse) -> None:
    first = person(house)
    key = house.key(Policy=text(to(ACCOUNT, Action="kms:PutKeyPolicy"), to(first.arn)))
    assert house.kms("Encrypt", by=first, KeyId=key, Plaintext=b"x")
    assert first.arn in house.kms("GetKeyPolicy", by=first, KeyId=key)["Policy"]
    house.run("DeleteUser", ACCOUNT, "iam", UserName=first.name)
    made = house.run("CreateUser", ACCOUNT, "iam", UserName=first.name)["User"]
    second = User(ACCOUNT, made["Arn"], made["UserId"])
    assert second.arn == first.arn
    assert house.refused("Encrypt", by=second, KeyId=key, Plaintext=b"x")[0] == "AccessDenied"
    house.kms("PutKeyPolicy", KeyId=key, Policy=text(to(ACCOUNT)))


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("not json", "MalformedPolicyDocument"),
        (text({"Effect": "Allow", "Action": "kms:*", "Resource": "*"}), "MalformedPolicyDocument"),
        (text(to(f"arn:aws:iam::{ACCOUNT}:user/nobody")), "MalformedPolicyDocument"),
        (text(to("*")) .replace("kms:*", "kms:\u0100"), "MalformedPolicyDocument"),
        (text(to("*")).replace("kms:*", "kms:" + "x" * 33_000), "LimitExceeded"),
    ],
)  # fmt: skip
def test_policies_that_cannot_be_saved(house: KmsHouse, policy: str, code: str) -> None:
    assert house.refused("PutKeyPolicy", KeyId=house.key(), Policy=policy)[0] == code
    if "nobody" in policy:
        message = "Policy contains a statement with one or more invalid principals."
        assert house.refused("CreateKey", Policy=policy) == (code, message)


def test_a_statement_without_action_or_resource_is_kept_and_does_nothing(house: KmsHouse) -> None:
    one = person(house)
    idle = {"Effect": "Allow", "Principal": {"AWS": one.arn}}
    policy = text(to(ACCOUNT), idle | {"Action": "kms:*"}, idle | {"Resource": "*"})
    key = house.key(Policy=policy)
    assert json.loads(house.kms("GetKeyPolicy", KeyId=key)["Policy"])["Statement"][1] == idle | {"Action": "kms:*"}
    assert house.refused("Encrypt", by=one, KeyId=key, Plaintext=b"x")[0] == "AccessDenied"


def test_tags_of_a_key_decide_who_may_use_it(house: KmsHouse) -> None:
    own: dict[str, Any] = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    blue = house.user(ACCOUNT, "blue", {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": own})
    key = house.key(Tags=[{"TagKey": "team", "TagValue": "blue"}])
    assert house.kms("Encrypt", by=blue, KeyId=key, Plaintext=b"x")
    house.kms("TagResource", KeyId=key, Tags=[{"TagKey": "team", "TagValue": "red"}])
    assert house.refused("Encrypt", by=blue, KeyId=key, Plaintext=b"x")[0] == "AccessDenied"


def test_a_policy_about_an_alias_is_not_about_its_key(house: KmsHouse) -> None:
    key = house.key()
    house.kms("CreateAlias", AliasName="alias/door", TargetKeyId=key)
    alias = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/door"
    one = house.user(ACCOUNT, "door", {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": alias})
    assert house.refused("Encrypt", by=one, KeyId="alias/door", Plaintext=b"x")[0] == "AccessDenied"
    # The right way: a condition on the aliases of the key.
    by_alias = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/door"}}
    two = house.user(
        ACCOUNT, "wicket", {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*", "Condition": by_alias}
    )
    assert house.kms("Encrypt", by=two, KeyId=key, Plaintext=b"x")


def test_moving_an_alias_needs_the_alias_the_old_key_and_the_new(house: KmsHouse) -> None:
    old, new = house.key(), house.key()
    house.kms("CreateAlias", AliasName="alias/moves", TargetKeyId=old)
    alias = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/moves"
    for missing in (alias, house.arn(old), house.arn(new), None):
        resources = [arn for arn in (alias, house.arn(old), house.arn(new)) if arn != missing]
        one = house.user(
            ACCOUNT, f"mover{next(_names)}", {"Effect": "Allow", "Action": "kms:UpdateAlias", "Resource": resources}
        )
        if missing is None:
            house.kms("UpdateAlias", by=one, AliasName="alias/moves", TargetKeyId=new)
        else:
            assert house.refused("UpdateAlias", by=one, AliasName="alias/moves", TargetKeyId=new)[0] == "AccessDenied"


def test_re_encryption_needs_both_keys(house: KmsHouse) -> None:
    one, source, destination = person(house), house.key(), house.key()
    blob = house.kms("Encrypt", KeyId=source, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
    call: dict[str, Any] = {
        "CiphertextBlob": blob,
        "SourceEncryptionContext": {"a": "b"},
        "DestinationKeyId": destination,
    }
    house.kms("CreateGrant", KeyId=source, GranteePrincipal=one.arn, Operations=["ReEncryptFrom"])
    assert house.refused("ReEncrypt", by=one, **call)[0] == "AccessDenied"
    house.kms("CreateGrant", KeyId=destination, GranteePrincipal=one.arn, Operations=["ReEncryptTo"])
    moved = house.kms("ReEncrypt", by=one, **call)
    assert (moved["SourceKeyId"], moved["KeyId"]) == (house.arn(source), house.arn(destination))
    assert house.kms("Decrypt", CiphertextBlob=moved["CiphertextBlob"])["Plaintext"] == b"x"


def test_a_simulation_of_a_key_sees_policy_and_grants(house: KmsHouse) -> None:
    one, key = person(house), house.key()

    def asked(resource: str) -> Any:
        with house.store.reading() as reader:
            return simulate(house.runtime, reader, one, "kms:Decrypt", resource, {})

    assert asked(house.arn(key)).code == "DENY_IMPLICIT_IDENTITY"
    grant = house.kms("CreateGrant", KeyId=key, GranteePrincipal=one.arn, Operations=["Decrypt"])["GrantId"]
    found = asked(house.arn(key))
    assert (found.code, found.decided_by.arn) == ("ALLOW_GRANT", grant)
    assert [layer.type for layer in found.layers] == ["resource-based policy", "grant"]
    assert not asked(house.arn("00000000-0000-4000-8000-000000000000")).allowed
