"""Broken constraints are reported together, in AWS's sentences."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.aws.service_index import index
from garrison.gateway.protocols import codec


def complaint(service: str, operation: str, params: dict[str, Any]) -> AwsError:
    checked = codec(service, operation, index().services[service].protocols[0])
    with pytest.raises(AwsError) as caught:
        checked.validate(params)
    return caught.value


def test_a_missing_member_is_null() -> None:
    error = complaint("iam", "CreateUser", {})
    assert (error.code, error.status) == ("ValidationError", 400)
    assert error.message == (
        "1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null"
    )


def test_all_failures_stand_in_one_message() -> None:
    name = "a" * 64 + "!"
    assert complaint("iam", "CreateUser", {"UserName": name}).message == (
        f"2 validation errors detected: Value '{name}' at 'userName' failed to satisfy constraint: Member must have "
        f"length less than or equal to 64; Value '{name}' at 'userName' failed to satisfy constraint: Member must "
        r"satisfy regular expression pattern: [\w+=,.@-]+"
    )


def test_nested_members_are_named_with_their_place() -> None:
    tags = [{"Key": "a"}, {"Key": "", "Value": "b"}]
    assert complaint("iam", "CreateUser", {"UserName": "a", "Tags": tags}).message == (
        "3 validation errors detected: Value null at 'tags.1.member.value' failed to satisfy constraint: Member must "
        "not be null; Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length greater "
        "than or equal to 1; Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must satisfy regular "
        r"expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"
    )


def test_numbers_and_enumerations() -> None:
    message = complaint("iam", "ListUsers", {"MaxItems": 0}).message
    assert message.endswith(
        "Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1"
    )
    message = complaint("iam", "ListUsers", {"MaxItems": 1001}).message
    assert message.endswith("Member must have value less than or equal to 1000")
    message = complaint("iam", "UpdateAccessKey", {"AccessKeyId": "A" * 20, "Status": "Sleeping"}).message
    assert message.endswith(
        "Value 'Sleeping' at 'status' failed to satisfy constraint: Member must satisfy enum value set: "
        "[Active, Inactive, Expired]"
    )


def test_constraints_on_list_elements_are_reported_at_the_list() -> None:
    message = complaint("iam", "UntagUser", {"UserName": "a", "TagKeys": ["ok", ""]}).message
    assert message == (
        "1 validation error detected: Value '[ok, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy "
        "constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal "
        r"to 1, Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+]"
    )


def test_constraints_on_map_values_are_reported_at_the_map() -> None:
    message = complaint("kms", "Encrypt", {"KeyId": "", "Plaintext": b"a", "EncryptionContext": {"a": None}}).message
    assert message == (
        "2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length "
        "greater than or equal to 1; Value null at 'encryptionContext.a.member' failed to satisfy constraint: Member "
        "must not be null"
    )


def test_secrets_are_not_repeated() -> None:
    message = complaint("iam", "CreateLoginProfile", {"UserName": "a", "Password": "x" * 200}).message
    assert message.startswith("1 validation error detected: Value at 'password' failed to satisfy constraint: ")
    assert "xx" not in message


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("sts", "AssumeRole", "ValidationError"),
        ("kms", "Encrypt", "ValidationException"),
        ("shield", "AssociateDRTRole", "ValidationException"),
        ("inspector2", "GetMember", "ValidationException"),
        ("guardduty", "GetDetector", "BadRequestException"),
        ("organizations", "DescribeAccount", "InvalidInputException"),
    ],
)
def test_each_service_has_its_code(service: str, operation: str, code: str) -> None:
    assert complaint(service, operation, {}).code == code


@pytest.mark.parametrize(
    ("operation", "params", "reason", "text"),
    [
        ("DescribeAccount", {}, "INPUT_REQUIRED", "You must include a value for all required parameters."),
        (
            "DescribeAccount",
            {"AccountId": "abc"},
            "INVALID_PATTERN",
            "You provided a value that does not match the required pattern.",
        ),
        ("ListPolicies", {"Filter": "X"}, "INVALID_ENUM_POLICY_TYPE", "You specified an invalid value."),
        ("CreateOrganization", {"FeatureSet": "X"}, "INVALID_ENUM", "You specified an invalid value."),
        (
            "ListAccounts",
            {"MaxResults": 21},
            "MAX_VALUE_EXCEEDED",
            "You provided a numeric parameter that has a larger value than allowed.",
        ),
    ],
)
def test_organizations_says_its_reason(operation: str, params: dict[str, object], reason: str, text: str) -> None:
    error = complaint("organizations", operation, params)
    assert (error.fields["Reason"], error.message) == (reason, text)


def test_the_first_letter_only_is_lowered() -> None:
    assert "'sAMLMetadataDocument'" in complaint("iam", "CreateSAMLProvider", {"Name": "a"}).message


def test_letters_of_any_script_may_stand_in_tags() -> None:
    checked = codec("iam", "CreateUser", "query")
    checked.validate({"UserName": "a", "Tags": [{"Key": "Größe 漢字", "Value": "ß @ 𝒳"}]})
