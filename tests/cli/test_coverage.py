"""`garrison coverage --upstream`: what a gateway knows of the calls it forwards, said beforehand."""

from __future__ import annotations

import json

from click.testing import CliRunner

from garrison.aws.reference.standing import counted
from garrison.cli.coverage import coverage


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
