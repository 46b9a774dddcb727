"""Access keys of users and of root."""

from __future__ import annotations

from garrison.aws.ids import account_of
from garrison.policy.principal import Root
from garrison.services.iam.resources import ACCESS_KEY
from tests.services.iam.conftest import ACCOUNT, NOW, OTHER_ACCOUNT, Iam


def test_a_new_key_names_its_user_and_its_account(iam: Iam) -> None:
    iam.user("ana")
    key = iam.run("CreateAccessKey", UserName="ANA")["AccessKey"]
    assert key["UserName"] == "ana"
    assert key["Status"] == "Active"
    assert key["CreateDate"] == NOW
    assert account_of(key["AccessKeyId"]) == ACCOUNT
    assert len(key["SecretAccessKey"]) == 40
    assert iam.run("ListAccessKeys", UserName="ana") == {
        "AccessKeyMetadata": [{k: v for k, v in key.items() if k != "SecretAccessKey"}],
        "IsTruncated": False,
    }


def test_the_secret_is_sealed_in_the_store(iam: Iam) -> None:
    iam.user("ana")
    key = iam.run("CreateAccessKey", UserName="ana")["AccessKey"]
    with iam.runtime.store.reading() as reader:
        row = reader.by_id(ACCESS_KEY, key["AccessKeyId"])
    assert row is not None
    assert key["SecretAccessKey"].encode() not in row.body.sealed_secret
    opened = iam.runtime.seal.open("access-key", row.body.sealed_secret, key["AccessKeyId"])
    assert opened.decode() == key["SecretAccessKey"]


def test_two_keys_and_no_third(iam: Iam) -> None:
    ana = iam.user("ana")
    iam.run("CreateAccessKey", by=ana)
    iam.run("CreateAccessKey", UserName="ana")
    assert iam.refused("CreateAccessKey", by=ana) == (
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )
    shown = iam.run("ListAccessKeys", by=ana, MaxItems=1)
    assert shown["IsTruncated"]
    rest = iam.run("ListAccessKeys", by=ana, Marker=shown["Marker"])
    assert len({k["AccessKeyId"] for k in shown["AccessKeyMetadata"] + rest["AccessKeyMetadata"]}) == 2


def test_root_makes_its_own_keys_which_name_no_user(iam: Iam) -> None:
    key = iam.run("CreateAccessKey")["AccessKey"]
    assert "UserName" not in key
    assert [k["AccessKeyId"] for k in iam.run("ListAccessKeys")["AccessKeyMetadata"]] == [key["AccessKeyId"]]
    assert iam.run("ListAccessKeys", by=Root(OTHER_ACCOUNT))["AccessKeyMetadata"] == []
    iam.run("DeleteAccessKey", AccessKeyId=key["AccessKeyId"])
    assert iam.run("ListAccessKeys")["AccessKeyMetadata"] == []


def test_a_key_is_switched_off_and_on_again(iam: Iam) -> None:
    iam.user("ana")
    key = iam.run("CreateAccessKey", UserName="ana")["AccessKey"]["AccessKeyId"]
    before = iam.epoch()
    iam.run("UpdateAccessKey", UserName="ana", AccessKeyId=key, Status="Inactive")
    assert iam.epoch() > before
    assert iam.run("ListAccessKeys", UserName="ana")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    iam.run("UpdateAccessKey", UserName="ana", AccessKeyId=key, Status="Active")
    assert iam.refused("UpdateAccessKey", UserName="ana", AccessKeyId=key, Status="Expired")[0] == "InvalidInput"


def test_a_key_of_somebody_else_cannot_be_found(iam: Iam) -> None:
    iam.user("ana")
    iam.user("bob")
    key = iam.run("CreateAccessKey", UserName="ana")["AccessKey"]["AccessKeyId"]
    refusal = ("NoSuchEntity", f"The Access Key with id {key} cannot be found.")
    assert iam.refused("DeleteAccessKey", UserName="bob", AccessKeyId=key) == refusal
    assert iam.refused("UpdateAccessKey", UserName="bob", AccessKeyId=key, Status="Inactive") == refusal


def test_a_key_never_used_says_so_and_a_deleted_one_is_refused(iam: Iam) -> None:
    iam.user("ana")
    key = iam.run("CreateAccessKey", UserName="ana")["AccessKey"]["AccessKeyId"]
    assert iam.run("GetAccessKeyLastUsed", AccessKeyId=key) == {
        "UserName": "ana",
        "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"},
    }
    assert iam.refused("GetAccessKeyLastUsed", by=Root(OTHER_ACCOUNT), AccessKeyId=key)[0] == "AccessDenied"
    iam.run("DeleteAccessKey", UserName="ana", AccessKeyId=key)
    code, message = iam.refused("GetAccessKeyLastUsed", AccessKeyId=key)
    assert code == "AccessDenied"
    assert message.endswith(f"iam:GetAccessKeyLastUsed on resource: access key {key}")
