"""`garrison waf test`, as scripts and people call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from garrison.cli.main import cli

RULES = [
    {
        "Name": "no-admin",
        "Action": {"Block": {}},
        "RuleLabels": [{"Name": "probe:admin"}],
        "Statement": {
            "ByteMatchStatement": {
                "SearchString": "/admin",
                "FieldToMatch": {"UriPath": {}},
                "TextTransformations": [{"Priority": 0, "Type": "URL_DECODE"}],
                "PositionalConstraint": "STARTS_WITH",
            }
        },
    }
]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(RULES))
    return file


def run(*arguments: object, given: str | None = None) -> Any:
    return CliRunner().invoke(cli, ["waf", "test", *map(str, arguments)], input=given)


def test_a_request_its_verdict_the_bytes_and_the_weight(rules: Path) -> None:
    result = run("-a", rules, "-c", "curl http://shop/%61dmin/", "-o", "json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["wcu"] == 2 + 10 + 1
    (row,) = document["results"]
    assert (row["action"], row["rule"], row["status"]) == ("BLOCK", "no-admin", 403)
    assert row["matched"][0]["places"] == [
        {"condition": "BYTE_MATCH", "location": "URI", "name": "", "data": ["/admin"]}
    ]
    assert row["labels"] == ["awswaf:123456789012:webacl:web-acl:probe:admin"]


def test_expectations_that_are_met_are_0_and_others_are_1(rules: Path, tmp_path: Path) -> None:
    file = tmp_path / "requests.txt"
    file.write_text("# expect: block by no-admin\ncurl http://shop/admin\n# expect: allow\ncurl http://shop/\n")
    assert run("-a", rules, file).exit_code == 0
    wrong = run("-a", rules, file, "--curl", "curl http://shop/", "--expect", "block")
    assert wrong.exit_code == 1
    assert "2 as expected, 1 not" in wrong.stderr
    tree = ElementTree.fromstring(
        run("-a", rules, "-c", "curl http://shop/", "--expect", "block", "-o", "junit").stdout
    )
    assert tree.findall(".//failure")[0].get("message") == "expected block, got ALLOW by Default_Action"


def test_labelled_requests_are_measured_against_percentages(rules: Path) -> None:
    lines = [{"target": f"/{'admin' if n < 3 else 'x'}/{n}", "label": "attack"} for n in range(4)]
    lines += [{"target": "/fine", "label": "benign"}]
    text = "\n".join(map(json.dumps, lines))
    assert run("-a", rules, "-", given=text).exit_code == 1
    assert run("-a", rules, "-", "--min-blocked", 75, "--max-blocked", 0, given=text).exit_code == 0
    short = run("-a", rules, "-", "--min-blocked", 76, given=text)
    assert short.exit_code == 1
    assert "attack: 75.0 % blocked" in short.stderr


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("nonsense", "no JSON"),
        ("{}", "no web ACL"),
        ('[{"Statement": {"GeoMatchStatement": {}}}]', "RULE"),
        ('[{"Action": {"Block": {}}, "Statement": {"OrStatement": {"Statements": []}}}]', "minimum requirement"),
        ('[{"Action": {"Block": {}}, "Statement": 5}]', "WAFInvalidParameterException"),
    ],
)
def test_a_document_aws_would_not_take_is_a_usage_error(tmp_path: Path, document: str, said: str) -> None:
    file = tmp_path / "acl.json"
    file.write_text(document)
    result = run("-a", file, "-c", "curl http://shop/")
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_addresses_of_a_set_in_another_file(tmp_path: Path) -> None:
    arn = "arn:aws:wafv2:us-east-1:123456789012:regional/ipset/office/1"
    (tmp_path / "acl.json").write_text(
        json.dumps(
            [{"Name": "office", "Action": {"Block": {}}, "Statement": {"IPSetReferenceStatement": {"ARN": arn}}}]
        )
    )
    (tmp_path / "sets.json").write_text(json.dumps({"IPSet": {"ARN": arn, "Addresses": ["192.0.2.0/24"]}}))
    common = ("-a", tmp_path / "acl.json", "-c", "curl http://shop/", "-o", "jsonl")
    found = run(*common, "-r", tmp_path / "sets.json", "--source-ip", "192.0.2.9")
    assert json.loads(found.stdout)["action"] == "BLOCK"
    assert run(*common).exit_code == 2
