"""Managed policies of the account and of AWS, as operations make, show, list and delete them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from garrison.aws import managed_policies
from garrison.policy.principal import Root
from tests.services.iam.conftest import ACCOUNT, NOW, OTHER_ACCOUNT, Iam
from tests.services.iam.documents import ALLOW_ALL, allow, sized

READ = f"arn:aws:iam::{ACCOUNT}:policy/read"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_a_new_policy_is_shown_with_its_first_version(iam: Iam) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    policy = iam.run(
        "CreatePolicy", PolicyName="read", Path="/x/", PolicyDocument=ALLOW_ALL, Description="reads", Tags=tags
    )["Policy"]
    assert policy == {
        "PolicyName": "read",
        "PolicyId": policy["PolicyId"],
        "Arn": f"arn:aws:iam::{ACCOUNT}:policy/x/read",
        "Path": "/x/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": NOW,
        "UpdateDate": NOW,
        "Tags": tags,
    }
    assert policy["PolicyId"].startswith("ANPA")
    assert iam.run("GetPolicy", PolicyArn=policy["Arn"])["Policy"] == {**policy, "Description": "reads"}


def test_a_document_comes_back_percent_encoded_and_otherwise_as_given(iam: Iam) -> None:
    document = '{\n  "Version" : "2012-10-17",\n "Statement": {"Effect":"Allow","Action":"s3:*","Resource":"*"} }'
    iam.run("CreatePolicy", PolicyName="read", PolicyDocument=document)
    version = iam.run("GetPolicyVersion", PolicyArn=READ, VersionId="v1")["PolicyVersion"]
    assert version == {
        "Document": quote(document, safe="~"),
        "VersionId": "v1",
        "IsDefaultVersion": True,
        "CreateDate": NOW,
    }
    assert " " not in version["Document"]
    assert "+" not in version["Document"]


def test_names_are_unique_whatever_their_case_and_path(iam: Iam) -> None:
    iam.run("CreatePolicy", PolicyName="read", PolicyDocument=ALLOW_ALL)
    assert iam.refused("CreatePolicy", PolicyName="READ", Path="/x/", PolicyDocument=ALLOW_ALL) == (
        "EntityAlreadyExists",
        "A policy called READ already exists. Duplicate names are not allowed.",
    )


def test_a_policy_is_found_by_its_whole_arn_only(iam: Iam) -> None:
    iam.run("CreatePolicy", PolicyName="read", Path="/x/", PolicyDocument=ALLOW_ALL)
    assert iam.refused("GetPolicy", PolicyArn=READ) == ("NoSuchEntity", f"Policy {READ} was not found.")
    assert iam.refused("GetPolicy", by=Root(OTHER_ACCOUNT), PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/x/read")[0] == (
        "NoSuchEntity"
    )


@pytest.mark.parametrize("arn", ["arn:aws:iam::123456789012:user/x", "AdministratorAccess-and-more", "arn:aws:iam::1"])
def test_what_is_not_a_policy_arn_is_invalid(iam: Iam, arn: str) -> None:
    assert iam.refused("GetPolicy", PolicyArn=arn) == ("InvalidInput", f"ARN {arn} is not valid.")


def test_malformed_documents_are_refused(iam: Iam) -> None:
    assert iam.refused("CreatePolicy", PolicyName="read", PolicyDocument="{")[0] == "MalformedPolicyDocument"
    iam.run("CreatePolicy", PolicyName="read", PolicyDocument=ALLOW_ALL)
    assert iam.refused("CreatePolicyVersion", PolicyArn=READ, PolicyDocument="[]")[0] == "MalformedPolicyDocument"


def test_white_space_does_not_count_against_the_size_quota(iam: Iam) -> None:
    spaced = sized(6144).replace(" ", " \n\t" * 100)
    iam.run("CreatePolicy", PolicyName="read", PolicyDocument=spaced)
    refusal = ("LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
    assert iam.refused("CreatePolicy", PolicyName="more", PolicyDocument=sized(6145)) == refusal
    assert iam.refused("CreatePolicyVersion", PolicyArn=READ, PolicyDocument=sized(6145)) == refusal


def test_a_sixth_version_is_refused_until_one_is_deleted(iam: Iam) -> None:
    iam.run("CreatePolicy", PolicyName="read", PolicyDocument=ALLOW_ALL)
    for n in range(2, 6):
        made = iam.run("CreatePolicyVersion", PolicyArn=READ, PolicyDocument=ALLOW_ALL)["PolicyVersion"]
        assert made == {"VersionId": f"v{n}", "IsDefaultVersion": False, "CreateDate": NOW}
    assert iam.refused("CreatePolicyVersion", PolicyArn=READ, PolicyDocument=ALLOW_ALL) == (
        "LimitExceeded",
        "A managed policy can have up to 5 versions."
        " Before you create a new version, you must delete an existing version.",
    )
    iam.run("DeletePolicyVersion", PolicyArn=READ, VersionId="v5")
    made = iam.run("CreatePolicyVersion", PolicyArn=READ, PolicyDocument=ALLOW_ALL)["PolicyVersion"]
    assert made["VersionId"] == "v6"
    listed = iam.run("ListPolicyVersions", PolicyArn=READ)
    assert [version["VersionId"] for version in listed["Versions"]] == ["v6", "v4", "v3", "v2", "v1"]
    assert listed["IsTruncated"] is False
    assert "Document" not in listed["Versions"][0]


def test_the_default_version_moves_and_cannot_be_deleted(iam: Iam) -> None:
    iam.run("CreatePolicy", PolicyName="read", PolicyDocument=ALLOW_ALL)
    iam.run("CreatePolicyVersion", PolicyArn=READ, PolicyDocument=ALLOW_ALL, SetAsDefault=True)
    assert iam.run("GetPolicy", PolicyArn=READ)["Policy"]["DefaultVersionId"] == "v2"
    assert iam.refused("DeletePolicyVersion", PolicyArn=READ, VersionId="v2") == (
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
    )
    before = iam.epoch()
    iam.run("SetDefaultPolicyVersion", PolicyArn=READ, VersionId="v1")
    assert iam.epoch() > before
    iam.run("DeletePolicyVersion", PolicyArn=READ, VersionId="v2")
    assert iam.refused("GetPolicyVersion", PolicyArn=READ, VersionId="v2") == (
        "NoSuchEntity",
        f"Policy {READ} version v2 does not exist or is not attachable.",
    )


def test_a_policy_with_versions_or_in_use_cannot_be_deleted(iam: Iam) -> None:
    iam.run("CreatePolicy", PolicyName="read", PolicyDocument=ALLOW_ALL)
    iam.run("CreatePolicyVersion", PolicyArn=READ, PolicyDocument=ALLOW_ALL)
    assert iam.refused("DeletePolicy", PolicyArn=READ) == (
        "DeleteConflict",
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions."
        " The default version is deleted with the policy.",
    )
    iam.run("DeletePolicyVersion", PolicyArn=READ, VersionId="v2")
    in_use = ("DeleteConflict", "Cannot delete a policy attached to entities.")
    iam.user("ana")
    iam.run("AttachUserPolicy", UserName="ana", PolicyArn=READ)
    assert iam.refused("DeletePolicy", PolicyArn=READ) == in_use
    iam.run("DetachUserPolicy", UserName="ana", PolicyArn=READ)
    iam.run("PutUserPermissionsBoundary", UserName="ana", PermissionsBoundary=READ)
    assert iam.refused("DeletePolicy", PolicyArn=READ) == in_use
    iam.run("DeleteUserPermissionsBoundary", UserName="ana")
    iam.run("DeletePolicy", PolicyArn=READ)
    assert iam.refused("GetPolicy", PolicyArn=READ)[0] == "NoSuchEntity"


def test_aws_managed_policies_are_there_and_nobody_can_change_them(iam: Iam) -> None:
    policy = iam.run("GetPolicy", PolicyArn=ADMINISTRATOR)["Policy"]
    assert (policy["PolicyName"], policy["DefaultVersionId"]) == ("AdministratorAccess", "v1")
    assert iam.run("ListPolicyVersions", PolicyArn=ADMINISTRATOR)["Versions"][0]["IsDefaultVersion"] is True
    assert iam.run("ListPolicyTags", PolicyArn=ADMINISTRATOR)["Tags"] == []
    for operation, params in (
        ("DeletePolicy", {}),
        ("CreatePolicyVersion", {"PolicyDocument": ALLOW_ALL}),
        ("DeletePolicyVersion", {"VersionId": "v1"}),
        ("SetDefaultPolicyVersion", {"VersionId": "v1"}),
        ("TagPolicy", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("UntagPolicy", {"TagKeys": ["a"]}),
    ):
        code, message = iam.refused(operation, PolicyArn=ADMINISTRATOR, **params)
        assert code == "AccessDenied"
        assert f"is not authorized to perform: iam:{operation} on resource: " in message


def test_lists_page_through_all_policies_of_aws_and_the_account(iam: Iam) -> None:
    iam.run("CreatePolicy", PolicyName="mine", PolicyDocument=ALLOW_ALL)
    arns: list[str] = []
    params: dict[str, Any] = {}
    while True:
        answer = iam.run("ListPolicies", MaxItems=1000, **params)
        arns += [policy["Arn"] for policy in answer["Policies"]]
        if not answer["IsTruncated"]:
            break
        params = {"Marker": answer["Marker"]}
    assert len(arns) == len(set(arns)) == 1 + len(managed_policies.all_policies())
    assert "Tags" not in answer["Policies"][0]
    assert "Description" not in answer["Policies"][0]


def test_lists_narrow_to_scope_path_and_use(iam: Iam) -> None:
    for name in ("capped", "given", "idle"):
        iam.run("CreatePolicy", PolicyName=name, Path=f"/{name}/", PolicyDocument=ALLOW_ALL)
    iam.user("ana")
    iam.run("AttachUserPolicy", UserName="ana", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/given/given")
    iam.run("AttachUserPolicy", UserName="ana", PolicyArn=ADMINISTRATOR)
    capped = f"arn:aws:iam::{ACCOUNT}:policy/capped/capped"
    iam.run("PutUserPermissionsBoundary", UserName="ana", PermissionsBoundary=capped)

    def names(**params: Any) -> list[str]:
        return [policy["PolicyName"] for policy in iam.run("ListPolicies", MaxItems=1000, **params)["Policies"]]

    assert names(Scope="Local") == ["capped", "given", "idle"]
    assert names(Scope="Local", PathPrefix="/id") == ["idle"]
    assert names(Scope="AWS", PathPrefix="/root-task/") != []
    assert names(OnlyAttached=True) == ["given", "AdministratorAccess"]
    assert names(PolicyUsageFilter="PermissionsBoundary") == ["capped"]
    assert names(Scope="AWS", PolicyUsageFilter="PermissionsPolicy") == ["AdministratorAccess"]


def test_other_accounts_attachments_are_not_counted(iam: Iam) -> None:
    iam.run("CreateUser", by=Root(OTHER_ACCOUNT), UserName="eve")
    iam.run("AttachUserPolicy", by=Root(OTHER_ACCOUNT), UserName="eve", PolicyArn=ADMINISTRATOR)
    assert iam.run("GetPolicy", PolicyArn=ADMINISTRATOR)["Policy"]["AttachmentCount"] == 0
    assert iam.run("ListEntitiesForPolicy", PolicyArn=ADMINISTRATOR)["PolicyUsers"] == []


def test_policies_carry_tags(iam: Iam) -> None:
    iam.run("CreatePolicy", PolicyName="read", PolicyDocument=allow("s3:GetObject"))
    iam.run("TagPolicy", PolicyArn=READ, Tags=[{"Key": "Team", "Value": "a"}, {"Key": "stage", "Value": "x"}])
    iam.run("TagPolicy", PolicyArn=READ, Tags=[{"Key": "team", "Value": "b"}])
    iam.run("UntagPolicy", PolicyArn=READ, TagKeys=["STAGE"])
    assert iam.run("ListPolicyTags", PolicyArn=READ) == {
        "Tags": [{"Key": "team", "Value": "b"}],
        "IsTruncated": False,
    }


def test_unknown_services_are_refused_but_not_retired_ones(iam: Iam) -> None:
    assert iam.refused("CreatePolicy", PolicyName="read", PolicyDocument=allow("nosuchservice:Get")) == (
        "MalformedPolicyDocument",
        "Vendor nosuchservice is not valid",
    )
    # The founding example: AWS does not look at action names.
    iam.run("CreatePolicy", PolicyName="read", PolicyDocument=allow("s3:ListObject", "codestar:GetProject"))
