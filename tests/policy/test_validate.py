"""What AWS refuses to save, in its words; the first failing check is the one reported."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.policy import validate
from garrison.policy.document import Document
from garrison.policy.reader import PolicyError
from garrison.policy.request import PolicyType

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
VERSION = "Policy document must be version 2012-10-17 or greater."
GOOD: dict[str, Any] = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::box"}
KNOWN = {"s3", "iam", "sts", "sqs", "kms"}


def doc(*statements: Any, **top: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)} | top)


def refusal(text: str, check: Any = validate.validate_identity, **how: Any) -> str | None:
    try:
        check(text, **how)
    except AwsError as error:
        raised = error
    else:
        return None
    assert raised.status == 400
    assert raised.code.startswith("MalformedPolicyDocument")
    return raised.message


def without(*names: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key not in names} | more


ACCEPTED: list[str] = [
    doc(GOOD),
    json.dumps({"Version": "2012-10-17", "Statement": GOOD}),
    doc(GOOD, Id="anything"),
    doc(GOOD | {"Sid": "Abc1"}, GOOD | {"Sid": ""}, GOOD | {"Sid": ""}),
    doc(GOOD | {"Action": "*", "Resource": "*"}),
    doc(GOOD | {"Action": ["s3:NoSuchAction", "S3:Get*"]}),
    doc(without("Action", NotAction="s3:*")),
    doc(without("Resource", NotResource="*")),
    doc(GOOD | {"Resource": ["arn:aws:iam::123456789012:user/*", "arn:aws:iam::aws:policy/x", "arn:aws:iam:*"]}),
    doc(GOOD | {"Resource": "arn:aws-cn:sqs:*:*:q"}),
    doc(GOOD | {"Action": "sts:AssumeRoot", "Resource": "arn:aws:iam::123456789012:root"}),
    doc(GOOD | {"Resource": "arn:aws:sqs:*"}),
    doc(GOOD | {"Condition": {}}),
    doc(GOOD | {"Condition": {"StringEquals": {}}}),
    doc(GOOD | {"Condition": {"StringEquals": {"a": ["b", 1, True]}, "ForAnyValue:StringLike": {"s3:x": "b"}}}),
    doc(GOOD | {"Condition": {"DateLessThan": {"a": ["2024", "2024-01-01T00:00:00Z", "0", "9223372036854775807"]}}}),
    doc(GOOD | {"Condition": {"DateLessThan": {"a": ["-292275054", "+292278993"]}}}),
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_identity_policies_that_may_be_saved(text: str) -> None:
    assert refusal(text) is None
    Document.parse(text, PolicyType.IDENTITY)


REFUSED: list[tuple[str, str]] = [
    ("", SYNTAX),
    ("{", SYNTAX),
    ("[]", SYNTAX),
    ("null", SYNTAX),
    (doc(GOOD) + "x", SYNTAX),
    ('{"Version":"2012-10-17","Version":"2012-10-17","Statement":%s}' % json.dumps(GOOD), SYNTAX),  # noqa: UP031
    (doc(GOOD | {"Sid": "\u20ac"}).replace("\\u20ac", "\u20ac"), SYNTAX),
    (doc(GOOD, Other=1), SYNTAX),
    (doc(GOOD, Version="2012-10-18"), SYNTAX),
    (doc(GOOD, Version=None), SYNTAX),
    (doc(GOOD, Id=1), SYNTAX),
    (doc(), SYNTAX),
    (json.dumps({"Version": "2012-10-17"}), SYNTAX),
    (json.dumps({"Version": "2012-10-17", "Statement": "x"}), SYNTAX),
    (doc("x"), SYNTAX),
    (doc([GOOD]), SYNTAX),
    (doc(without("Effect")), SYNTAX),
    (doc(GOOD | {"Effect": 1}), SYNTAX),
    (doc(GOOD | {"Effect": "Maybe"}), SYNTAX),
    (doc(GOOD | {"Sid": 1}), SYNTAX),
    (doc(GOOD | {"Action": None}), SYNTAX),
    (doc(GOOD | {"Action": [1]}), SYNTAX),
    (doc(GOOD | {"NotAction": "s3:*"}), SYNTAX),
    (doc(GOOD | {"Resource": None}), SYNTAX),
    (doc(GOOD | {"Resource": {}}), SYNTAX),
    (doc(GOOD | {"NotResource": "*"}), SYNTAX),
    (doc(GOOD | {"Extra": "x"}), SYNTAX),
    (doc(GOOD | {"Condition": "x"}), SYNTAX),
    (doc(GOOD | {"Condition": {"StringEquals": "x"}}), SYNTAX),
    (doc(GOOD | {"Condition": {"StringEquals": {"a": None}}}), SYNTAX),
    (doc(GOOD | {"Condition": {"StringEquals": {"a": [[]]}}}), SYNTAX),
    (doc(GOOD | {"Condition": {"Strings": {"a": "b"}}}), SYNTAX),
    (doc(GOOD | {"Principal": "ana"}), SYNTAX),
    (doc(GOOD | {"Principal": ["*"]}), SYNTAX),
    (doc(GOOD | {"Principal": "*", "NotPrincipal": "*"}), SYNTAX),
    (json.dumps({"Statement": GOOD}), VERSION),
    (doc(GOOD, Version="2008-10-17"), VERSION),
    (doc(GOOD | {"Effect": "allow"}), LEGACY),
    (doc(GOOD | {"Effect": "DENY"}), LEGACY),
    (doc(GOOD | {"Resource": "arn:aws:s3::box"}), LEGACY),
    (doc(GOOD | {"Resource": "arn:aws"}), LEGACY),
    (doc(GOOD | {"Condition": {"DateEquals": {"a": "soon"}}}), LEGACY),
    (doc(GOOD | {"Condition": {"ForAllValues:DateEqualsIfExists": {"a": ["2024", "01T"]}}}), LEGACY),
    (doc(GOOD | {"Condition": {"DateEquals": {"a": "9223372036854775808"}}}), LEGACY),
    (doc(GOOD | {"Condition": {"DateEquals": {"a": "9" * 30}}}), LEGACY),
    (doc(GOOD | {"Condition": {"DateEquals": {"a": "-292275055"}}}), LEGACY),
    (doc(GOOD | {"Condition": {"DateEquals": {"a": "+292278994"}}}), LEGACY),
    (doc(GOOD | {"Condition": {"DateEquals": {"a": "-" + "9" * 50}}}), LEGACY),
    (
        doc(GOOD | {"Sid": "a b"}),
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
        "[0-9A-Za-z]*",
    ),
    (doc(GOOD | {"Sid": "a"}, GOOD | {"Sid": "a"}), "Statement IDs (SID) in a single policy must be unique."),
    (doc(without("Action")), "Policy statement must contain actions."),
    (doc(GOOD | {"Action": []}), "Policy statement must contain actions."),
    (doc(GOOD | {"Resource": "box"}), 'Resource box must be in ARN format or "*".'),
    (doc(GOOD | {"Resource": ["*", ""]}), 'Resource  must be in ARN format or "*".'),
    (doc(GOOD | {"Resource": "arn*"}), 'Resource arn* must be in ARN format or "*".'),
    (doc(GOOD | {"Resource": "arn:x:s3:::box"}), 'Partition "x" is not valid for resource "arn:x:s3:::box".'),
    (doc(GOOD | {"Resource": "arn:*:s3:::box"}), 'Partition "*" is not valid for resource "arn:*:s3:::box".'),
    (
        doc(GOOD | {"Resource": "arn:aws:*:::box"}),
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    (
        doc(GOOD | {"Resource": "arn:aws:s?:::box"}),
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    (
        doc(GOOD | {"Resource": "arn:aws:iam:us-east-1:1:user/x"}),
        "IAM resource arn:aws:iam:us-east-1:1:user/x cannot contain region information.",
    ),
    (
        doc(GOOD | {"Resource": "arn:aws:s3:us-east-1::box"}),
        "Resource arn:aws:s3:us-east-1::box can not contain region information.",
    ),
    (
        doc(GOOD | {"Resource": "arn:aws:iam::1:users/x"}),
        'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, '
        "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.",
    ),
    (
        doc(GOOD | {"Action": "ListBucket"}),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
    (doc(GOOD | {"Action": ""}), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    (doc(GOOD | {"Action": "s3:a:b"}), "Actions/Condition can contain only one colon."),
    (doc(GOOD | {"Action": "s4:Get"}), "Vendor s4 is not valid"),
    (doc(GOOD | {"Action": "s*:Get"}), "Vendor s* is not valid"),
    (doc(without("Action", NotAction=["s3:Get", ":x"])), "Vendor  is not valid"),
    (doc(GOOD | {"Principal": "*"}), "Policy document should not specify a principal."),
    (doc(GOOD | {"NotPrincipal": {"AWS": "*"}}), "Policy document should not specify a principal."),
    (doc(without("Resource")), "Policy statement must contain resources."),
    (doc(GOOD | {"Resource": []}), "Policy statement must contain resources."),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_identity_policies_that_may_not_be_saved(text: str, message: str) -> None:
    assert refusal(text, services=KNOWN) == message


ORDERED: list[tuple[str, dict[str, Any]]] = [
    (SYNTAX, {"Condition": "x"}),
    (LEGACY, {"Effect": "allow"}),
    ("Statement IDs (SID) must be", {"Sid": "-"}),
    ("Policy statement must contain actions.", {"Action": []}),
    ("Resource box must be", {"Resource": "box"}),
    ("Vendor s4", {"Action": "s4:x"}),
    ("Policy document should not", {"Principal": "*"}),
    ("Policy statement must contain resources.", {"Resource": []}),
]


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(range(len(ORDERED)), 2)))
def test_of_several_faults_the_first_in_awss_order_is_reported(first: int, second: int) -> None:
    for order in ((first, second), (second, first)):
        text = doc(*(GOOD | ORDERED[index][1] for index in order))
        assert (refusal(text, services=KNOWN) or "").startswith(ORDERED[first][0])


def test_a_missing_version_is_reported_after_syntax_and_before_the_rest() -> None:
    assert refusal(json.dumps({"Statement": GOOD | {"Effect": "allow"}})) == VERSION
    assert refusal(json.dumps({"Statement": GOOD | {"Condition": 1}})) == SYNTAX


def test_known_services_may_be_a_function_and_need_not_be_given() -> None:
    text = doc(GOOD | {"Action": "quux:Do"})
    assert refusal(text) is None
    assert refusal(text, services=lambda prefix: prefix == "s3") == "Vendor quux is not valid"
    assert refusal(doc(GOOD | {"Action": "S3:Do"}), services=lambda prefix: prefix == "s3") is None


TRUST: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}


@pytest.mark.parametrize(
    "statement",
    [
        TRUST,
        TRUST | {"Principal": "*"},
        TRUST | {"Principal": {"AWS": "*"}},
        TRUST | {"Principal": {"AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/a/b"]}},
        TRUST | {"Principal": {"AWS": ["arn:aws:iam::123456789012:role/r", "AIDAEXAMPLEEXAMPLE123"]}},
        TRUST | {"Principal": {"AWS": "arn:aws:sts::123456789012:assumed-role/r/s"}},
        TRUST | {"Principal": {"AWS": "arn:aws-us-gov:sts::123456789012:federated-user/f"}},
        TRUST | {"Principal": {"Service": ["ec2.amazonaws.com", "states.eu-west-1.amazonaws.com"]}},
        TRUST | {"Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/id.example.com/x"}},
        TRUST | {"Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity"},
        TRUST | {"Action": ["sts:assumerole", "sts:TagSession", "sts:SetSourceIdentity", "sts:AssumeRoleWithSAML"]},
    ],
)
@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17"])
def test_trust_policies_that_may_be_saved(statement: dict[str, Any], version: str) -> None:
    text = doc(statement, Version=version)
    assert refusal(text, validate.validate_trust) is None
    Document.parse(text, PolicyType.TRUST)


ACTIONS_OF_TRUST = (
    "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and "
    "sts:AssumeRoleWithWebIdentity"
)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (TRUST | {"Resource": "*"}, "Has prohibited field Resource."),
        (TRUST | {"Action": "sts:GetCallerIdentity"}, ACTIONS_OF_TRUST),
        (TRUST | {"Action": "*"}, ACTIONS_OF_TRUST),
        (TRUST | {"Action": ["sts:AssumeRole", "iam:PassRole"]}, ACTIONS_OF_TRUST),
        ({"Effect": "Allow", "NotAction": "sts:AssumeRole", "Principal": "*"}, ACTIONS_OF_TRUST),
        ({"Effect": "Allow", "Action": "sts:AssumeRole"}, "Missing required field Principal cannot be empty!"),
        (
            {"Effect": "Deny", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "123456789012"}},
            "Has prohibited field NotPrincipal.",
        ),
        (TRUST | {"Principal": {}}, SYNTAX),
        (TRUST | {"Principal": {"AWS": []}}, SYNTAX),
        (TRUST | {"Principal": {"AWS": [1]}}, SYNTAX),
        (TRUST | {"Principal": "arn:aws:iam::123456789012:root"}, SYNTAX),
        (TRUST | {"Principal": {"AWS": "ana"}}, 'Invalid principal in policy: "AWS":"ana"'),
        (TRUST | {"Principal": {"AWS": "12345678901"}}, 'Invalid principal in policy: "AWS":"12345678901"'),
        (
            TRUST | {"Principal": {"AWS": "arn:aws:iam::123456789012:user/*"}},
            'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/*"',
        ),
        (
            TRUST | {"Principal": {"AWS": "arn:aws:iam::*:root"}},
            'Invalid principal in policy: "AWS":"arn:aws:iam::*:root"',
        ),
        (
            TRUST | {"Principal": {"AWS": "arn:aws:iam::123456789012:group/g"}},
            'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:group/g"',
        ),
        (TRUST | {"Principal": {"Service": "ec2"}}, 'Invalid principal in policy: "SERVICE":"ec2"'),
        (TRUST | {"Principal": {"Service": "*"}}, 'Invalid principal in policy: "SERVICE":"*"'),
        (TRUST | {"Principal": {"Federated": "x"}}, 'Invalid principal in policy: "FEDERATED":"x"'),
        (TRUST | {"Principal": {"CanonicalUser": "x"}}, 'Invalid principal in policy: "CANONICALUSER":"x"'),
        (TRUST | {"Principal": {"Person": "x"}}, 'Invalid principal in policy: "PERSON":"x"'),
    ],
)
def test_trust_policies_that_may_not_be_saved(statement: dict[str, Any], message: str) -> None:
    assert refusal(doc(statement), validate.validate_trust) == message


def test_a_principal_that_does_not_exist_is_refused_in_awss_words() -> None:
    error = validate.principal_refusal("AWS", "arn:aws:iam::123456789012:user/gone")
    assert (error.code, error.status) == ("MalformedPolicyDocument", 400)
    assert error.message == 'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/gone"'


def test_session_policies_are_identity_policies_of_any_version() -> None:
    assert refusal(doc(GOOD), validate.validate_session) is None
    assert refusal(json.dumps({"Statement": GOOD}), validate.validate_session) is None
    assert refusal(doc(GOOD | {"Principal": "*"}), validate.validate_session) is not None
    assert (
        refusal(doc(GOOD | {"Action": "s4:x"}), validate.validate_session, services=KNOWN) == "Vendor s4 is not valid"
    )


def test_resource_policies() -> None:
    whole = GOOD | {"Principal": "*", "Sid": "any text, really"}
    check = validate.validate_resource
    assert refusal(doc(whole), check) is None
    assert refusal(json.dumps({"Statement": whole}), check) is None
    assert refusal(doc(whole | {"NotPrincipal": "*"}), check) == SYNTAX
    spared = {key: value for key, value in whole.items() if key != "Principal"} | {"NotPrincipal": {"AWS": "*"}}
    assert refusal(doc(spared), check) is None
    assert refusal(doc(GOOD), check) == "Missing required field Principal cannot be empty!"
    bare = {key: value for key, value in whole.items() if key != "Resource"}
    assert refusal(doc(bare), check) == "Policy statement must contain resources."
    assert refusal(doc(bare), check, needs_resource=False) is None
    canonical = whole | {"Principal": {"CanonicalUser": "0a" * 32}}
    assert refusal(doc(canonical), check) is None
    with pytest.raises(AwsError) as caught:
        check(doc(GOOD), code="MalformedPolicyDocumentException")
    assert caught.value.code == "MalformedPolicyDocumentException"


def test_service_control_policies() -> None:
    check = validate.validate_scp
    for accepted in (GOOD, without("Action", NotAction="s3:*"), GOOD | {"Condition": {"StringEquals": {"a:b": "c"}}}):
        assert refusal(doc(accepted), check) is None
    for refused in (GOOD | {"Principal": "*"}, GOOD | {"Effect": "allow"}, without("Resource")):
        assert refusal(doc(refused), check) == validate.ORGANIZATIONS_REFUSAL
    assert refusal(doc(GOOD, Version="2008-10-17"), check) == validate.ORGANIZATIONS_REFUSAL


def test_resource_control_policies() -> None:
    check = validate.validate_rcp
    deny = GOOD | {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    assert refusal(doc(deny), check, services=["s3", "sts"]) is None
    for changed in (
        {"Effect": "Allow"},
        {"Principal": {"AWS": "*"}},
        {"Action": "*"},
        {"Action": ["s3:*", "*"]},
        {"Action": "iam:*"},
    ):
        assert refusal(doc(deny | changed), check, services=["s3"]) == validate.ORGANIZATIONS_REFUSAL
    for renamed in ("Action", "Principal"):
        changed = {("Not" + key if key == renamed else key): value for key, value in deny.items()}
        assert refusal(doc(changed), check) == validate.ORGANIZATIONS_REFUSAL
    assert refusal(doc({key: value for key, value in deny.items() if key != "Principal"}), check) is not None


def test_size_leaves_white_space_out() -> None:
    assert validate.size("") == 0
    assert validate.size(' { "a" :\t"b c"\r\n} ') == len('{"a":"bc"}')
    assert validate.size("\u00a0") == 1


@pytest.mark.parametrize("text", [text for text, _ in REFUSED])
def test_what_is_accepted_for_saving_can_be_parsed(text: str) -> None:
    for check, kind in (
        (validate.validate_identity, PolicyType.IDENTITY),
        (validate.validate_trust, PolicyType.TRUST),
        (validate.validate_resource, PolicyType.RESOURCE),
    ):
        if refusal(text, check) is None:
            try:
                Document.parse(text, kind)
            except PolicyError as error:  # pragma: no cover
                pytest.fail(str(error))
