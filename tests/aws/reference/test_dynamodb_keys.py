"""Leading keys, attributes and PartiQL: what must not slip through."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.reference import Unmapped, resolve
from garrison.aws.reference.dynamodb_keys import UNKNOWN_KEY, attributes, leading_keys
from garrison.aws.reference.partiql import statement

ANA, BOB = {"S": "ana"}, {"S": "bob"}


def query(expression: str, **values: Any) -> dict[str, Any]:
    return {"KeyConditionExpression": expression, "ExpressionAttributeValues": {":" + k: v for k, v in values.items()}}


@pytest.mark.parametrize(
    "params",
    [
        {"Key": {"id": ANA, "at": BOB}},
        {"Key": {}},
        {"Key": {"id": {"B": b"x"}}},
        {"Key": {"id": {"S": "${aws:username}"}}},
        query("id = :a AND at = :b", a=ANA, b=BOB),
        query("at = :a AND ((id = :b))", a=ANA, b=BOB),
        query("(at = :a)AND(id = :b)", a=ANA, b=BOB),
        query("at = :a AND :b = id", a=ANA, b=BOB),
        query("at > :a", a=ANA),
        query("id = :a"),
        {"Keys": [{"id": ANA}, {"id": ANA, "at": BOB}]},
        {"Statement": "SELECT * FROM t"},
    ],
)
def test_a_leading_key_that_cannot_be_told_is_no_key_at_all(params: dict[str, Any]) -> None:
    assert leading_keys(params) == (UNKNOWN_KEY,)


def test_whoever_knows_the_partition_key_knows_its_values() -> None:
    assert leading_keys({"Key": {"at": BOB, "id": ANA}}, "id") == ("ana",)
    assert leading_keys({"Item": {"at": BOB, "id": {"N": "7"}, "x": ANA}}, "id") == ("7",)
    assert leading_keys(query("at = :a AND id = :b", a=BOB, b=ANA), "id") == ("ana",)
    assert leading_keys(query("at = :a", a=BOB), "id") == (UNKNOWN_KEY,)
    entries = [{"PutRequest": {"Item": {"id": ANA, "at": BOB}}}, {"DeleteRequest": {"Key": {"id": BOB, "at": ANA}}}]
    assert leading_keys({"Entries": entries}, "id") == ("ana", "bob")


def test_a_scan_names_no_leading_key() -> None:
    assert leading_keys({"TableName": "t"}) is None


def test_attributes_are_found_behind_names_paths_and_functions() -> None:
    found = attributes(
        {
            "ProjectionExpression": "#a.b[0], c.d",
            "FilterExpression": "contains(e, :v) OR NOT f IN (:x) AND size (g) > :n",
            "ExpressionAttributeNames": {"#a": "secret"},
        }
    )
    assert found == ("secret", "c", "e", "f", "g")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM t, u",
        "SELECT * FROM t AS x",
        "SELECT * FROM t; DELETE FROM u WHERE id='x'",
        "SELECT * FROM t -- WHERE id='x'",
        "SELECT * FROM t WHERE id IN (SELECT id FROM u)",
        "SELECT a.b FROM t",
        "SELECT count(*) FROM t",
        "EXISTS(SELECT * FROM t WHERE id='x')",
        "DELETE FROM t",
        "UPDATE t WHERE id='x'",
        "INSERT INTO t",
        "SELECT * FROM 't'",
        "SELECT * FROM",
        "DROP TABLE t",
        "",
    ],
)
def test_a_statement_that_is_not_plain_is_refused(text: str) -> None:
    assert statement(text) is None
    with pytest.raises(Unmapped):
        resolve("dynamodb", "ExecuteStatement", {"Statement": text}, account="1" * 12, region="r", partition="aws")


def test_one_statement_of_a_batch_that_is_not_understood_refuses_them_all() -> None:
    params = {"Statements": [{"Statement": "SELECT * FROM t"}, {"Statement": "SELECT * FROM t, u"}]}
    with pytest.raises(Unmapped):
        resolve("dynamodb", "BatchExecuteStatement", params, account="1" * 12, region="r", partition="aws")


def test_what_stands_in_quotes_is_not_part_of_the_statement() -> None:
    found = statement("SELECT \"a\" FROM \"t\" WHERE b = 'x'' FROM u; --' AND c = 1")
    assert found is not None
    assert (found["TableName"], found["PartiQLAttributes"]) == ("t", ["a", "b", "c"])
