"""Every condition operator, as the IAM user guide describes it."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.policy.conditions import OPERATORS, UnknownOperator, parse_name
from tests.policy.world import condition_holds

CASES: list[tuple[str, Any, Any, bool]] = [
    # operator, policy values, request value, holds
    ("StringEquals", "ana", "ana", True),
    ("StringEquals", "ana", "Ana", False),
    ("StringEquals", "a*", "ana", False),
    ("StringEquals", ["bo", "ana"], "ana", True),
    ("StringEquals", [], "ana", False),
    ("StringEquals", "", "", True),
    ("StringNotEquals", "ana", "bo", True),
    ("StringNotEquals", "ana", "ana", False),
    ("StringNotEquals", ["ana", "bo"], "ana", False),
    ("StringNotEquals", ["ana", "bo"], "cy", True),
    ("StringNotEquals", [], "ana", True),
    ("StringEqualsIgnoreCase", "ANA", "ana", True),
    ("StringEqualsIgnoreCase", "STRASSE", "straße", False),
    ("StringNotEqualsIgnoreCase", "ANA", "ana", False),
    ("StringNotEqualsIgnoreCase", "bo", "ana", True),
    ("StringLike", "a*", "ana", True),
    ("StringLike", "a*", "bana", False),
    ("StringLike", "*na", "ana", True),
    ("StringLike", "a?a", "ana", True),
    ("StringLike", "a?a", "anna", False),
    ("StringLike", "A*", "ana", False),
    ("StringLike", "a*c", "a/b:\nc", True),
    ("StringLike", "*", "", True),
    ("StringLike", "?", "", False),
    ("StringLike", "a.c", "abc", False),
    ("StringNotLike", "a*", "ana", False),
    ("StringNotLike", ["a*", "b*"], "cy", True),
    ("stringlike", "a*", "ana", True),
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", 10, "10", True),
    ("NumericEquals", 10.5, "10.50", True),
    ("NumericEquals", "10", "ten", False),
    ("NumericEquals", "ten", "10", False),
    ("NumericEquals", "NaN", "NaN", False),
    ("NumericEquals", "1_0", "10", False),
    ("NumericEquals", "+5", "5", True),
    ("NumericEquals", ".5", "0.5", True),
    ("NumericEquals", "5.", "5", True),
    ("NumericEquals", ".", "0", False),
    ("NumericNotEquals", "10", "11", True),
    ("NumericNotEquals", "10", "10.0", False),
    ("NumericNotEquals", "ten", "10", True),
    ("NumericLessThan", "10", "9.99", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericLessThanEquals", "10", "11", False),
    ("NumericGreaterThan", "10", "11", True),
    ("NumericGreaterThan", "10", "10", False),
    ("NumericGreaterThanEquals", "10", "10", True),
    ("NumericGreaterThanEquals", "-1", "-2", False),
    ("DateEquals", "2024-01-01", "2024-01-01T00:00:00Z", True),
    ("DateEquals", "2024-01-01T01:00:00+01:00", "2024-01-01T00:00:00Z", True),
    ("DateEquals", "2024-01-01T00:00:00-0130", "2024-01-01T01:30:00Z", True),
    ("DateEquals", "1704067200", "2024-01-01T00:00:00Z", True),
    ("DateEquals", "2024", "2024-01", True),
    ("DateEquals", "2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00.500Z", True),
    ("DateEquals", "2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00Z", False),
    ("DateEquals", "2024-13-01", "2024-13-01", False),
    ("DateEquals", "2024-02-30", "2024-02-30", False),
    ("DateEquals", "2024-01-01T24:00Z", "2024-01-01T24:00Z", False),
    ("DateEquals", "2024-01-01T00:60Z", "2024-01-01T00:60Z", False),
    ("DateEquals", "2024-01-01T23:59:61Z", "2024-01-01T23:59:61Z", False),
    ("DateEquals", "2024-01-01T23:59:60Z", "2024-01-02", True),
    ("DateEquals", "soon", "soon", False),
    ("DateEquals", "-2024", "-2024", True),
    ("DateEquals", "+12024-01-01", "+12024", True),
    ("DateNotEquals", "2024", "2025", True),
    ("DateNotEquals", "2024", "2024-01-01", False),
    ("DateLessThan", "2024-01-01", "2023-12-31T23:59:59Z", True),
    ("DateLessThan", "2024-01-01", "2024-01-01", False),
    ("DateLessThanEquals", "2024-01-01", "2024-01-01", True),
    ("DateGreaterThan", "2024-01-01", "2024-01-02", True),
    ("DateGreaterThan", "-0044-03-15", "1970", True),
    ("DateGreaterThan", "2024", "2023-12-31", False),
    ("DateGreaterThanEquals", "2024-01-01", "2024-01-01T00:00:00Z", True),
    ("DateGreaterThanEquals", "2000-03-01", "2000-02-29", False),
    ("Bool", "true", "true", True),
    ("Bool", "TRUE", "true", True),
    ("Bool", True, "True", True),
    ("Bool", "false", "true", False),
    ("Bool", "yes", "yes", False),
    ("Bool", ["true", "false"], "false", True),
    ("BinaryEquals", "YW5h", "YW5h", True),
    ("BinaryEquals", "YW5h", "Ym8=", False),
    ("BinaryEquals", "YW5", "YW5", False),
    ("BinaryEquals", "!", "!", False),
    ("IpAddress", "10.0.0.0/8", "10.255.0.1", True),
    ("IpAddress", "10.0.0.0/8", "11.0.0.1", False),
    ("IpAddress", "10.1.2.3/8", "10.9.9.9", True),
    ("IpAddress", "10.1.2.3", "10.1.2.3", True),
    ("IpAddress", "10.1.2.3", "10.1.2.4", False),
    ("IpAddress", "10.1.2.2", "10.1.2.3", False),
    ("IpAddress", "0.0.0.0/0", "192.0.2.1", True),
    ("IpAddress", "10.0.0.0/33", "10.0.0.0", False),
    ("IpAddress", "10.0.0.0/32", "10.0.0.0", True),
    ("IpAddress", "10.0.0.0/", "10.0.0.0", False),
    ("IpAddress", "10.0.0.0/255.0.0.0", "10.0.0.1", False),
    ("IpAddress", "10.0.0.0/8", "house", False),
    ("IpAddress", "house", "10.0.0.1", False),
    ("IpAddress", "2001:db8::/32", "2001:DB8:0:0::1", True),
    ("IpAddress", "2001:db8::/128", "2001:db8::", True),
    ("IpAddress", "::/0", "10.0.0.1", False),
    ("IpAddress", "0.0.0.0/0", "::1", False),
    ("IpAddress", "fe80::1%eth0", "fe80::1%eth0", False),
    ("IpAddress", ["192.0.2.0/24", "10.0.0.0/8"], "10.0.0.1", True),
    ("NotIpAddress", "10.0.0.0/8", "10.0.0.1", False),
    ("NotIpAddress", "10.0.0.0/8", "::1", True),
    ("NotIpAddress", ["10.0.0.0/8", "192.0.2.0/24"], "192.0.2.1", False),
    ("ArnLike", "arn:aws:iam::*:role/*", "arn:aws:iam::111111111111:role/a/b", True),
    ("ArnEquals", "arn:aws:iam::*:role/*", "arn:aws:iam::111111111111:role/a/b", True),
    ("ArnLike", "arn:aws:*:role/*", "arn:aws:iam::111111111111:role/a", False),
    ("ArnLike", "arn:aws:*", "arn:aws:iam::111111111111:role/a", False),
    ("ArnLike", "arn:aws:sns:*:*:a:b*", "arn:aws:sns:r:1:a:bc:d", True),
    ("ArnLike", "*:aws:sns:*:*:a", "arn:aws:sns:r:1:a", False),
    ("ArnLike", "arn:aws:s3:::box", "box", False),
    ("ArnLike", "box", "box", False),
    ("ArnNotLike", "arn:aws:iam::*:role/*", "arn:aws:iam::1:user/a", True),
    ("ArnNotEquals", "arn:aws:iam::*:role/*", "arn:aws:iam::1:role/a", False),
    ("ArnNotLike", "box", "box", True),
]


@pytest.mark.parametrize(("operator", "values", "actual", "holds"), CASES)
def test_operators(operator: str, values: Any, actual: Any, holds: bool) -> None:
    assert condition_holds(operator, values, actual) is holds


def test_every_operator_has_a_case() -> None:
    assert {operator.lower() for operator, *_ in CASES} == set(OPERATORS)


@pytest.mark.parametrize("operator", [operator.name for operator in OPERATORS.values()])
def test_an_absent_key_fails_positive_operators_and_satisfies_negated_ones(operator: str) -> None:
    assert condition_holds(operator, "x", None) is ("Not" in operator)
    assert condition_holds(operator, "x", ()) is ("Not" in operator)
    assert condition_holds(operator + "IfExists", "x", None) is True
    assert condition_holds(operator + "IfExists", "x", ()) is True


@pytest.mark.parametrize("operator", [operator.name for operator in OPERATORS.values()])
def test_if_exists_changes_nothing_for_a_key_that_is_there(operator: str) -> None:
    for value in ("x", "2024", "10.0.0.1", "true"):
        assert condition_holds(operator + "IfExists", "2024", value) is condition_holds(operator, "2024", value)


@pytest.mark.parametrize(
    ("values", "actual", "holds"),
    [
        ("true", None, True),
        ("true", "x", False),
        ("true", "", False),
        ("false", "x", True),
        ("false", None, False),
        ("false", (), False),
        ("false", ("a", "b"), True),
        ("TRUE", None, True),
        (True, None, True),
        (["true", "false"], "x", True),
        ("maybe", None, False),
        ("maybe", "x", False),
        ([], None, False),
    ],
)
def test_null_asks_whether_a_key_is_absent(values: Any, actual: Any, holds: bool) -> None:
    assert condition_holds("Null", values, actual) is holds


SETS: list[tuple[str, Any, Any, bool]] = [
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "c"), False),
    ("ForAllValues:StringEquals", ["a", "b"], (), True),
    ("ForAllValues:StringEquals", ["a", "b"], None, True),
    ("ForAllValues:StringEquals", ["a"], "", True),
    ("ForAllValues:StringEquals", ["a"], ("", "c"), False),
    ("ForAllValues:StringEquals", ["a"], "a", True),
    ("ForAllValues:StringNotEquals", ["a"], ("b", "c"), True),
    ("ForAllValues:StringNotEquals", ["a"], ("a", "c"), False),
    ("ForAllValues:StringLike", "a*", ("ana", "abe"), True),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c", "b"), True),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c", "d"), False),
    ("ForAnyValue:StringEquals", "a", "a", True),
    ("ForAnyValue:StringEquals", "", "", False),
    ("ForAnyValue:StringEquals", "a", (), False),
    ("ForAnyValue:StringEquals", "a", None, False),
    ("ForAnyValue:StringNotEquals", "a", None, False),
    ("ForAnyValue:StringNotEquals", "a", ("a", "b"), True),
    ("ForAnyValue:StringNotEquals", ["a", "b"], ("a", "b"), False),
    ("ForAnyValue:StringEqualsIfExists", "a", None, True),
    ("ForAnyValue:StringEqualsIfExists", "a", (), True),
    ("ForAnyValue:StringEqualsIfExists", "a", ("b",), False),
    ("ForAllValues:StringEqualsIfExists", "a", None, True),
    ("foranyvalue:stringequals", "a", ("a",), True),
    ("StringEquals", "a", ("b", "a"), True),
    ("StringEquals", "a", ("b", "c"), False),
    ("StringNotEquals", "a", ("b", "a"), False),
    ("StringNotEquals", "a", ("b", "c"), True),
]


@pytest.mark.parametrize(("operator", "values", "actual", "holds"), SETS)
def test_keys_with_several_values(operator: str, values: Any, actual: Any, holds: bool) -> None:
    assert condition_holds(operator, values, actual) is holds


def test_key_names_are_compared_regardless_of_case() -> None:
    assert condition_holds("StringEquals", "x", "x", key="aws:PrincipalTag/Team")


def test_operators_and_keys_are_joined_by_and() -> None:
    from garrison.policy.request import Stack
    from tests.policy.world import allowed, identity, statement

    both = identity(statement(Condition={"StringEquals": {"a:x": "1", "a:y": "1"}, "StringLike": {"a:z": "1*"}}))
    stack = Stack(identity=[both])
    whole = {"a:x": "1", "a:y": "1", "a:z": "12"}
    assert allowed(stack, context=whole)
    for key in whole:
        assert not allowed(stack, context=whole | {key: "2"})


@pytest.mark.parametrize(
    "name", ["StringEqual", "", "NullIfExists", "ForSomeValues:StringEquals", ":StringEquals", "Null:"]
)
def test_unknown_operators_are_refused(name: str) -> None:
    with pytest.raises(UnknownOperator):
        parse_name(name)


VARIABLES: list[tuple[str, str, dict[str, Any], str, bool]] = [
    # operator, policy value, context besides the key, request value, holds
    ("StringEquals", "${aws:username}", {"aws:username": "ana"}, "ana", True),
    ("StringEquals", "${AWS:UserName}", {"aws:username": "ana"}, "ana", True),
    ("StringEquals", "x-${aws:username}-y", {"aws:username": "ana"}, "x-ana-y", True),
    ("StringEquals", "${aws:username}${aws:x}", {"aws:username": "a", "aws:x": "b"}, "ab", True),
    ("StringEquals", "${aws:username}", {"aws:username": ""}, "", True),
    ("StringEquals", "${aws:username}", {}, "ana", False),
    ("StringEquals", "${aws:username}", {}, "${aws:username}", False),
    ("StringEquals", "${aws:username}", {"aws:username": ("ana",)}, "ana", False),
    ("StringEquals", "${aws:username, 'ana'}", {"aws:username": ("bo",)}, "ana", False),
    ("StringEquals", "${aws:username, 'ana'}", {"aws:username": ()}, "ana", True),
    ("StringEquals", "${aws:username, 'ana'}", {}, "ana", True),
    ("StringEquals", "${aws:username,'ana'}", {}, "ana", True),
    ("StringEquals", "${aws:username, ''}", {}, "", True),
    ("StringEquals", "${aws:username, 'a}b'}c", {}, "a}bc", True),
    ("StringEquals", "${aws:username, 'ana'}", {"aws:username": "bo"}, "bo", True),
    ("StringEquals", "${aws:username, 'ana'}", {"aws:username": ""}, "ana", False),
    ("StringEquals", "${aws:username, ana}", {}, "ana", False),
    ("StringEquals", "${*}", {}, "*", True),
    ("StringEquals", "${?}${$}", {}, "?$", True),
    ("StringEquals", "${$}{aws:username}", {"aws:username": "ana"}, "${aws:username}", True),
    ("StringEquals", "${aws:username", {"aws:username": "ana"}, "${aws:username", True),
    ("StringEquals", "${}", {}, "", False),
    ("StringEquals", "$aws:username}", {}, "$aws:username}", True),
    ("StringNotEquals", "${aws:username}", {}, "ana", True),
    ("StringNotEquals", "${aws:username}", {"aws:username": "ana"}, "ana", False),
    ("StringLike", "${aws:username}/*", {"aws:username": "ana"}, "ana/x", True),
    ("StringLike", "${aws:username}/*", {"aws:username": "a*"}, "ana/x", False),
    ("StringLike", "${aws:username}/*", {"aws:username": "a*"}, "a*/x", True),
    ("StringLike", "${*}", {}, "x", False),
    ("StringLike", "?${aws:username}?", {"aws:username": "n?"}, "an?a", True),
    ("StringLike", "?${aws:username}?", {"aws:username": "n?"}, "anna", False),
    ("StringLike", "a${aws:x}b*", {"aws:x": "${aws:username}", "aws:username": "z"}, "azb", False),
    ("StringNotLike", "${aws:absent}*", {}, "x", True),
    ("StringEqualsIgnoreCase", "${aws:username}", {"aws:username": "ANA"}, "ana", True),
    ("StringEqualsIgnoreCase", "${aws:username}", {}, "ana", False),
    ("Bool", "${aws:username}", {"aws:username": "TRUE"}, "true", True),
    ("Bool", "${aws:username}", {"aws:username": "yes"}, "yes", False),
    ("ArnLike", "arn:aws:iam::${aws:x}:user/*", {"aws:x": "1"}, "arn:aws:iam::1:user/a", True),
    ("ArnLike", "arn:aws:iam::${aws:x}:user/*", {"aws:x": "1:user/b"}, "arn:aws:iam::1:user/a", False),
    ("ArnLike", "arn:aws:iam::1:user/${aws:x}", {"aws:x": "*"}, "arn:aws:iam::1:user/a", False),
    ("ArnLike", "arn:aws:iam::${aws:}:user/*", {"aws:": "1"}, "arn:aws:iam::1:user/a", True),
    ("ArnLike", "arn:aws:iam::${aws:x}:user/*", {}, "arn:aws:iam::1:user/a", False),
    ("NumericEquals", "${aws:x}", {"aws:x": "1"}, "1", False),
    ("DateEquals", "${aws:x}", {"aws:x": "2024"}, "2024", False),
    ("IpAddress", "${aws:x}", {"aws:x": "10.0.0.1"}, "10.0.0.1", False),
]


@pytest.mark.parametrize(("operator", "value", "context", "actual", "holds"), VARIABLES)
def test_variables(operator: str, value: str, context: dict[str, Any], actual: str, holds: bool) -> None:
    others = {key.replace(":", "__"): found for key, found in context.items()}
    assert condition_holds(operator, value, actual, **others) is holds


@pytest.mark.parametrize("version", ["2008-10-17", None])
@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "StringEqualsIgnoreCase"])
def test_documents_of_the_old_version_have_no_variables(version: str | None, operator: str) -> None:
    context = {"aws__username": "ana"}
    assert not condition_holds(operator, "${aws:username}", "ana", version=version, **context)
    assert condition_holds(operator, "${aws:username}", "${aws:username}", version=version, **context)


@pytest.mark.parametrize(
    ("operator", "value", "actual", "holds"),
    [
        ("ArnLike", "arn:aws:logs:*:*:a:b:*", "arn:aws:logs:r:1:a:b:c:d", True),
        ("ArnLike", "arn:aws:logs:*:*:a:b", "arn:aws:logs:r:1:a:c", False),
        ("ArnLike", "arn:aws:iam::${aws:x}:user/a", "arn:aws:iam::1:user/a", False),
        ("Bool", "${aws:x}", "true", False),
        ("Bool", "True", "true", True),
        ("StringEqualsIgnoreCase", "${aws:X}", "${AWS:x}", True),
    ],
)
def test_other_operators_in_documents_of_the_old_version(operator: str, value: str, actual: str, holds: bool) -> None:
    context = {"aws__x": "true"}
    assert condition_holds(operator, value, actual, version="2008-10-17", **context) is holds
