"""What belongs to the account itself: password policy, alias, summary, and root's own password and devices."""

from __future__ import annotations

import json

import pytest
from botocore.session import get_session

from garrison.access.principals import principals
from garrison.aws.errors import AwsError
from garrison.policy.principal import Root
from garrison.services.iam import root, totp
from garrison.services.iam.account_alias import account_called
from garrison.services.iam.login_profiles import profile_of
from garrison.services.iam.password import matches
from tests.services.iam.conftest import ACCOUNT, NOW, OTHER_ACCOUNT, Iam


def test_an_account_has_no_password_policy_until_it_makes_one(iam: Iam) -> None:
    assert iam.refused("GetAccountPasswordPolicy") == (
        "NoSuchEntity",
        f"The Password Policy with domain name {ACCOUNT} cannot be found.",
    )
    assert iam.refused("DeleteAccountPasswordPolicy")[0] == "NoSuchEntity"


def test_what_an_update_leaves_out_goes_back_to_its_default(iam: Iam) -> None:
    iam.run("UpdateAccountPasswordPolicy", MinimumPasswordLength=12, RequireSymbols=True, MaxPasswordAge=90)
    iam.run("UpdateAccountPasswordPolicy", RequireNumbers=True, HardExpiry=False, PasswordReusePrevention=3)
    assert iam.run("GetAccountPasswordPolicy")["PasswordPolicy"] == {
        "MinimumPasswordLength": 6,
        "RequireSymbols": False,
        "RequireNumbers": True,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": False,
        "PasswordReusePrevention": 3,
        "HardExpiry": False,
    }
    iam.run("DeleteAccountPasswordPolicy")
    assert iam.refused("GetAccountPasswordPolicy")[0] == "NoSuchEntity"


def test_a_policy_with_an_age_expires_passwords(iam: Iam) -> None:
    iam.run("UpdateAccountPasswordPolicy", MaxPasswordAge=90)
    policy = iam.run("GetAccountPasswordPolicy")["PasswordPolicy"]
    assert (policy["ExpirePasswords"], policy["MaxPasswordAge"]) == (True, 90)


def test_users_may_change_their_password_where_the_policy_says_so(iam: Iam) -> None:
    ana = iam.user("ana", Path="/staff/")

    def policies() -> list[str]:
        with iam.runtime.store.reading() as reader:
            return [policy.document.text for policy in principals().grants(iam.runtime, reader, ana).identity]

    assert policies() == []
    before = iam.epoch()
    iam.run("UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True)
    assert iam.epoch() > before
    [document] = policies()
    change, look = json.loads(document)["Statement"]
    assert change == {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": ana.arn}
    assert look == {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"}
    iam.run("DeleteAccountPasswordPolicy")
    assert policies() == []


def test_an_alias_is_one_per_account_and_unique_among_all(iam: Iam) -> None:
    iam.run("CreateAccountAlias", AccountAlias="acme")
    iam.run("CreateAccountAlias", AccountAlias="acme")
    assert iam.refused("CreateAccountAlias", by=Root(OTHER_ACCOUNT), AccountAlias="acme") == (
        "EntityAlreadyExists",
        "The account alias acme already exists.",
    )
    iam.run("CreateAccountAlias", AccountAlias="acme-2")
    assert iam.run("ListAccountAliases") == {"AccountAliases": ["acme-2"], "IsTruncated": False}
    iam.run("CreateAccountAlias", by=Root(OTHER_ACCOUNT), AccountAlias="acme")
    with iam.runtime.store.reading() as reader:
        assert account_called(reader, "acme") == OTHER_ACCOUNT
        assert account_called(reader, "acme-2") == ACCOUNT
    assert iam.run("GetUser")["User"]["UserName"] == "acme-2"


def test_only_ones_own_alias_is_deleted(iam: Iam) -> None:
    iam.run("CreateAccountAlias", by=Root(OTHER_ACCOUNT), AccountAlias="theirs")
    assert iam.refused("DeleteAccountAlias", AccountAlias="theirs")[0] == "NoSuchEntity"
    iam.run("DeleteAccountAlias", by=Root(OTHER_ACCOUNT), AccountAlias="theirs")
    assert iam.run("ListAccountAliases", by=Root(OTHER_ACCOUNT))["AccountAliases"] == []


def test_an_alias_is_no_account_number(iam: Iam) -> None:
    assert iam.refused("CreateAccountAlias", AccountAlias="123456789012")[0] == "ValidationError"


def test_the_summary_counts_what_there_is_under_every_key_of_the_model(iam: Iam) -> None:
    keys = get_session().get_service_model("iam").shape_for("summaryKeyType").metadata["enum"]
    before = iam.run("GetAccountSummary")["SummaryMap"]
    assert set(before) == set(keys)
    assert before["Users"] == before["AccountMFAEnabled"] == before["AccountPasswordPresent"] == 0
    iam.user("ana")
    iam.run("CreateGroup", GroupName="devs")
    iam.run("CreateAccessKey")
    root.set_root_password(iam.runtime, ACCOUNT, "Root-pass1")
    iam.run("CreateVirtualMFADevice", VirtualMFADeviceName="spare")
    enable_root_device(iam)
    after = iam.run("GetAccountSummary")["SummaryMap"]
    changed = {key: after[key] for key in after if after[key] != before[key]}
    assert changed == {
        "Users": 1,
        "Groups": 1,
        "MFADevices": 2,
        "MFADevicesInUse": 1,
        "AccountMFAEnabled": 1,
        "AccountPasswordPresent": 1,
        "AccountAccessKeysPresent": 1,
    }


def enable_root_device(iam: Iam) -> str:
    serial, new = root.create_root_mfa(iam.runtime, ACCOUNT)
    step = totp.step_at(iam.clock.now())
    root.enable_root_mfa(iam.runtime, ACCOUNT, serial, totp.code(new.seed, step - 1), totp.code(new.seed, step))
    return serial


def test_roots_device_is_enabled_shown_and_removed(iam: Iam) -> None:
    serial = enable_root_device(iam)
    assert serial == f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device"
    assert iam.run("ListMFADevices")["MFADevices"] == [{"SerialNumber": serial, "EnableDate": NOW}]
    [device] = iam.run("ListVirtualMFADevices", AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert device["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert [row.id for row in root.root_mfa_devices(iam.runtime, ACCOUNT)] == [serial]
    root.remove_root_mfa(iam.runtime, ACCOUNT, serial)
    assert iam.run("ListVirtualMFADevices")["VirtualMFADevices"] == []


def test_a_wrong_code_does_not_enable_roots_device(iam: Iam) -> None:
    serial, _ = root.create_root_mfa(iam.runtime, ACCOUNT)
    with pytest.raises(AwsError, match="InvalidAuthenticationCode"):
        root.enable_root_mfa(iam.runtime, ACCOUNT, serial, "12345", "123456")
    assert root.root_mfa_devices(iam.runtime, ACCOUNT) == []


def test_roots_password_is_set_and_replaced_but_never_weak(iam: Iam) -> None:
    iam.run("UpdateAccountPasswordPolicy", MinimumPasswordLength=6)
    with pytest.raises(AwsError, match="PasswordPolicyViolation"):
        root.set_root_password(iam.runtime, ACCOUNT, "aaaaaaaa")
    root.set_root_password(iam.runtime, ACCOUNT, "Root-pass1")
    root.set_root_password(iam.runtime, ACCOUNT, "Root-pass2")
    with iam.runtime.store.reading() as reader:
        row = profile_of(reader, ACCOUNT)
    assert row is not None
    assert matches(row.body.password_hash, "Root-pass2")


def test_the_token_version_of_the_global_endpoint_is_chosen(iam: Iam) -> None:
    assert iam.run("GetAccountSummary")["SummaryMap"]["GlobalEndpointTokenVersion"] == 1
    iam.run("SetSecurityTokenServicePreferences", GlobalEndpointTokenVersion="v2Token")
    assert iam.run("GetAccountSummary")["SummaryMap"]["GlobalEndpointTokenVersion"] == 2
    iam.run("SetSecurityTokenServicePreferences", GlobalEndpointTokenVersion="v1Token")
    assert iam.run("GetAccountSummary")["SummaryMap"]["GlobalEndpointTokenVersion"] == 1
