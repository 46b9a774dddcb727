"""`garrison coverage --upstream`: what a gateway knows of the calls it forwards, said beforehand."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from garrison.aws.reference.standing import counted
from garrison.cli.coverage import coverage
from garrison.cli.up import up


def test_each_operation_of_a_service_is_mapped_or_says_why_it_is_refused() -> None:
    answer = CliRunner().invoke(coverage, ["--upstream", "s3", "-o", "json"])
    rows = {row["operation"]: row for row in json.loads(answer.output)["operations"]}
    assert rows["GetObject"]["mapping"] == "explicit"
    assert rows["CreateSession"]["mapping"] == "refused"
    assert "directory buckets" in rows["CreateSession"]["why"]


def test_the_counts_of_a_service_add_up() -> None:
    found = counted("sqs")
    assert (found.explicit, found.default, found.refused, found.operations) == (23, 0, 0, 23)
    ec2 = counted("ec2")
    assert ec2.explicit + ec2.default + ec2.refused == ec2.operations
    assert min(ec2.explicit, ec2.default, ec2.refused) > 0


def test_without_the_option_it_is_about_what_is_implemented() -> None:
    answer = CliRunner().invoke(coverage, ["sts", "-o", "json"])
    rows = {row["operation"]: row["implemented"] for row in json.loads(answer.output)["operations"]}
    assert rows["GetCallerIdentity"] == "yes"


def test_an_unknown_service_is_a_mistake_of_usage() -> None:
    assert CliRunner().invoke(coverage, ["--upstream", "nothing"]).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--upstream", "127.0.0.1:5000"], "one looks like http://127.0.0.1:5000"),
        (["--upstream", "http://[::1"], "one looks like"),
        (["--upstream", "http://127.0.0.1:99999"], "one looks like"),
        (["--upstream", "http://127.0.0.1:5000/path"], "one looks like"),
        (["--upstream", "http://me:secret@127.0.0.1:5000"], "--upstream-access-key-id"),
        (["--upstream", "dynamo=http://127.0.0.1:5000"], "Did you mean"),
        (["--upstream", "iam=http://127.0.0.1:5000"], "Garrison's own"),
        (["--upstream", "s3=http://a:1", "--upstream", "s3=http://b:1"], "twice"),
        (["--upstream", "http://a:1", "--upstream", "http://b:1"], "only one"),
        (["--port", "4999", "--upstream", "http://127.0.0.1:4999"], "this Garrison itself"),
        (["--upstream", "http://127.0.0.1:5000", "--upstream-account", "12"], "12 digits"),
        (["--upstream-account", "123456789012"], "there is no --upstream"),
    ],
)
def test_upstreams_that_cannot_be_meant_are_refused_with_the_way_out(arguments: list[str], said: str) -> None:
    answer = CliRunner().invoke(up, ["--ephemeral", *arguments])
    assert answer.exit_code == 2
    assert said in answer.output
