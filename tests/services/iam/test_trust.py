"""Principals of trust policies: kept by unique id, shown by ARN."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest

from garrison.policy.principal import Root
from garrison.services.iam.resources import ROLE
from tests.services.iam.conftest import ACCOUNT, OTHER_ACCOUNT, Iam
from tests.services.iam.documents import trust, trusted

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def made(iam: Iam, name: str, document: str) -> str:
    """The trust policy as CreateRole shows it."""
    role = iam.run("CreateRole", RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    return str(role["AssumeRolePolicyDocument"])


def stored(iam: Iam, name: str) -> str:
    """The trust policy as it lies in the store."""
    with iam.runtime.store.reading() as reader:
        row = reader.get(ROLE, ACCOUNT, name)
        assert row is not None
        return row.body.trust


def test_users_and_roles_are_kept_by_id_and_shown_by_arn(iam: Iam) -> None:
    ana = iam.user("ana", Path="/staff/")
    role = iam.run("CreateRole", RoleName="inner", AssumeRolePolicyDocument=trust({"AWS": "*"}))["Role"]
    named = {"AWS": [ana.arn, role["Arn"]]}
    assert trusted(made(iam, "outer", trust(named))) == named
    assert json.loads(stored(iam, "outer"))["Statement"][0]["Principal"] == {"AWS": [ana.id, role["RoleId"]]}


def test_users_of_other_accounts_are_kept_by_id_too(iam: Iam) -> None:
    eve = iam.run("CreateUser", by=Root(OTHER_ACCOUNT), UserName="eve")["User"]
    assert trusted(made(iam, "r", trust({"AWS": eve["Arn"]}))) == {"AWS": eve["Arn"]}
    assert eve["UserId"] in stored(iam, "r")


def test_a_renamed_user_stays_trusted_and_is_shown_by_its_new_name(iam: Iam) -> None:
    ana = iam.user("ana")
    made(iam, "r", trust({"AWS": ana.arn}))
    iam.run("UpdateUser", UserName="ana", NewUserName="anna", NewPath="/x/")
    shown = iam.run("GetRole", RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    assert trusted(shown) == {"AWS": f"arn:aws:iam::{ACCOUNT}:user/x/anna"}


def test_a_user_made_again_is_not_trusted_and_the_old_id_shows(iam: Iam) -> None:
    ana = iam.user("ana")
    made(iam, "r", trust({"AWS": ana.arn}))
    iam.run("DeleteUser", UserName="ana")
    iam.user("ana")
    shown = iam.run("GetRole", RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    assert trusted(shown) == {"AWS": ana.id}
    # Saving what was read is refused, as the id is nobody's now.
    assert iam.refused("UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=unquote(shown)) == (
        "MalformedPolicyDocument",
        f'Invalid principal in policy: "AWS":"{ana.id}"',
    )


def test_accounts_are_shown_as_their_root(iam: Iam) -> None:
    shown = made(iam, "r", trust({"AWS": [ACCOUNT, "arn:aws:iam::999999999999:root"]}))
    assert trusted(shown) == {"AWS": [ROOT, "arn:aws:iam::999999999999:root"]}


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "*"},
        {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]},
        {"Federated": "accounts.google.com"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/any/session"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"},
    ],
)
def test_other_principals_stay_as_they_are(iam: Iam, principal: dict[str, object]) -> None:
    document = trust(principal)
    assert unquote(made(iam, "r", document)) == document


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:user/nobody",
        f"arn:aws:iam::{ACCOUNT}:user/ANA",
        f"arn:aws:iam::{ACCOUNT}:user/x/ana",
        f"arn:aws:iam::{ACCOUNT}:role/nothing",
        f"arn:aws:iam::{ACCOUNT}:user/*",
        f"arn:aws:iam::{ACCOUNT}:group/devs",
        f"arn:aws-cn:iam::{ACCOUNT}:root",
        f"arn:aws:iam::{ACCOUNT}:user/",
        "AIDAAAAAAAAAAAAAAAAAA",
        "ana",
        "12345",
    ],
)
def test_unknown_principals_are_refused(iam: Iam, arn: str) -> None:
    iam.user("ana")
    assert iam.refused("CreateRole", RoleName="r", AssumeRolePolicyDocument=trust({"AWS": arn})) == (
        "MalformedPolicyDocument",
        f'Invalid principal in policy: "AWS":"{arn}"',
    )


def test_what_is_no_service_is_refused(iam: Iam) -> None:
    assert iam.refused("CreateRole", RoleName="r", AssumeRolePolicyDocument=trust({"Service": "ec2.example.com"})) == (
        "MalformedPolicyDocument",
        'Invalid principal in policy: "SERVICE":"ec2.example.com"',
    )


def test_everything_but_the_principals_stays_as_given(iam: Iam) -> None:
    ana = iam.user("ana")
    document = (
        '{ "Version":"2012-10-17",\n\t"Statement" : [\n  {"Effect":"Allow", "Principal" : {"AWS"\n'
        ':\n ["ANA" ,"\\u002a"]},\n   "Action":"sts:AssumeRole",\n'
        '  "Condition":{"StringEquals":{"aws:PrincipalArn":"ANA"}}}\n]\n}\n'
    ).replace("ANA", ana.arn)
    assert unquote(made(iam, "r", document)) == document
    kept = stored(iam, "r")
    # ARNs in conditions are text, and lines stay where they were.
    assert kept == document.replace(ana.arn, ana.id, 1)
