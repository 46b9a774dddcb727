"""Reading policies: positions, and whatever somebody may send instead of a policy."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garrison.policy.document import Document
from garrison.policy.lint import lint
from garrison.policy.reader import Array, Object, PolicyError, Scalar, Span, read
from garrison.policy.request import PolicyType, Stack
from tests.policy.world import ANA, allowed, document, policy, statement

KINDS = list(PolicyType)


def test_positions_are_those_an_editor_shows() -> None:
    text = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {"Sid": "A",\n     "Effect": "Allow",\n'
    text += '     "Action": ["s3:*"], "Resource": "*",\n     "Condition": {"Bool": {"a:b": true}}},\n'
    text += '    {"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
    first, second = Document.parse(text, PolicyType.IDENTITY).statements
    assert first.span == Span(4, 5, 7, 42)
    assert second.span == Span(8, 5, 8, 54)
    assert first.elements["Effect"] == Span(5, 6, 5, 22)
    assert first.elements["Resource"] == Span(6, 26, 6, 40)
    assert first.conditions[0].span == Span(7, 29, 7, 39)
    assert (first.sid, second.sid, first.index, second.index) == ("A", None, 0, 1)


def test_reading_gives_what_the_standard_reader_gives() -> None:
    values = {
        "a": [1, -2.5, 1e3, True, False, None, 'x\n\u00e9\\"\U0001f600'],
        "b": {},
        "c": [],
        "d": ["x", {"y": "z"}],
    }

    def plain(node: Any) -> Any:
        if isinstance(node, Object):
            return {key: plain(member.value) for key, member in node.members.items()}
        if isinstance(node, Array):
            return [plain(item) for item in node.items]
        assert isinstance(node, Scalar)
        return node.text if node.kind == "string" else json.loads(node.text)

    for text in (json.dumps(values), json.dumps(values, indent="\t"), json.dumps(values, ensure_ascii=False)):
        assert plain(read(text)) == values


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("", "too early", 1, 1),
        ("  \n ", "too early", 2, 2),
        ('{"a": 1} x', "after the end", 1, 10),
        ('{"a": 1,\n "a": 2}', "duplicate key", 2, 2),
        ('{"a": 1,}', "key in double quotes", 1, 9),
        ("{'a': 1}", "key in double quotes", 1, 2),
        ('{"a" 1}', "expected ':'", 1, 6),
        ('{"a": 1 "b": 2}', "expected ','", 1, 9),
        ("[1 2]", "expected ','", 1, 4),
        ("[1,]", "expected a JSON value", 1, 4),
        ("[NaN]", "expected a JSON value", 1, 2),
        ("[Infinity]", "expected a JSON value", 1, 2),
        ("[01]", "expected ','", 1, 3),
        ("[+1]", "expected a JSON value", 1, 2),
        ("[.5]", "expected a JSON value", 1, 2),
        ('["a', "never ends", 1, 2),
        ('["a\nb"]', "control character", 1, 2),
        ('["\\x"]', "broken escape", 1, 2),
        ('["\\ud800"]', "surrogate", 1, 2),
        ('["\ud800"]', "surrogate", 1, 3),
        ("[" * 100, "deep", 1, 33),
        ('{"a":' * 100, "deep", 1, 161),
        ("\ufeff{}", "expected a JSON value", 1, 1),
        ("// x", "expected a JSON value", 1, 1),
        ("tru", "expected a JSON value", 1, 1),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(PolicyError, match=message) as caught:
        read(text)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_depth_is_bounded_exactly() -> None:
    read("[" * 32 + "]" * 32)
    with pytest.raises(PolicyError):
        read("[" * 33 + "]" * 33)


GOOD: dict[str, Any] = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
BAD_STATEMENTS: dict[str, Any] = {
    "no effect": {"Action": "*", "Resource": "*"},
    "effect in the wrong case": GOOD | {"Effect": "allow"},
    "effect no string": GOOD | {"Effect": True},
    "no action": {"Effect": "Allow", "Resource": "*"},
    "both actions": GOOD | {"NotAction": "iam:*"},
    "action null": GOOD | {"Action": None},
    "action number": GOOD | {"Action": 1},
    "action empty list": GOOD | {"Action": []},
    "action mixed list": GOOD | {"Action": ["s3:*", 1]},
    "action nested list": GOOD | {"Action": [["s3:*"]]},
    "no resource": {"Effect": "Allow", "Action": "*"},
    "both resources": GOOD | {"NotResource": "*"},
    "resource object": GOOD | {"Resource": {}},
    "unknown element": GOOD | {"Actions": "*"},
    "element in the wrong case": GOOD | {"sid": "x"},
    "sid number": GOOD | {"Sid": 1},
    "condition string": GOOD | {"Condition": "x"},
    "condition null": GOOD | {"Condition": None},
    "condition list": GOOD | {"Condition": []},
    "unknown operator": GOOD | {"Condition": {"StringEqual": {"a:b": "c"}}},
    "unknown empty operator": GOOD | {"Condition": {"StringEqual": {}}},
    "operator string": GOOD | {"Condition": {"StringEquals": "x"}},
    "condition value null": GOOD | {"Condition": {"StringEquals": {"a:b": None}}},
    "condition value object": GOOD | {"Condition": {"StringEquals": {"a:b": {}}}},
    "condition value list of lists": GOOD | {"Condition": {"StringEquals": {"a:b": [["x"]]}}},
    "condition value list with null": GOOD | {"Condition": {"StringEquals": {"a:b": ["x", None]}}},
    "principal in an identity policy": GOOD | {"Principal": "*"},
    "not-principal in an identity policy": GOOD | {"NotPrincipal": "*"},
    "no object": "Allow",
    "null": None,
}


@pytest.mark.parametrize("case", BAD_STATEMENTS)
def test_statements_that_mean_nothing_are_refused(case: str) -> None:
    for statements in (BAD_STATEMENTS[case], [GOOD, BAD_STATEMENTS[case]]):
        with pytest.raises(PolicyError):
            Document.parse(json.dumps({"Statement": statements}), PolicyType.IDENTITY)


@pytest.mark.parametrize(
    "root",
    [
        {},
        [],
        "x",
        1,
        None,
        {"Statement": []},
        {"Statement": GOOD, "Extra": 1},
        {"Statement": GOOD, "Version": "2013-01-01"},
        {"Statement": GOOD, "Version": 2012},
        {"Statement": GOOD, "Id": 1},
        {"statement": GOOD},
    ],
)
def test_documents_that_are_none_are_refused(root: Any) -> None:
    with pytest.raises(PolicyError):
        Document.parse(json.dumps(root), PolicyType.IDENTITY)


PRINCIPALS_REFUSED: list[Any] = [
    {},
    [],
    "arn:aws:iam::111111111111:root",
    None,
    1,
    {"AWS": []},
    {"AWS": [1]},
    {"AWS": None},
    {"Person": "ana"},
    {"aws": "*"},
    ["*"],
]


@pytest.mark.parametrize("kind", [PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.VPCE, PolicyType.RCP])
@pytest.mark.parametrize("principal", PRINCIPALS_REFUSED)
def test_principals_that_are_none_are_refused(kind: PolicyType, principal: Any) -> None:
    body = {"Effect": "Allow", "Action": "*", "Principal": principal}
    if kind is not PolicyType.TRUST:
        body["Resource"] = "*"
    with pytest.raises(PolicyError):
        Document.parse(document(body), kind)
    Document.parse(document(body | {"Principal": {"AWS": "*"}}), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_which_elements_each_kind_of_policy_has(kind: PolicyType) -> None:
    def accepts(**elements: Any) -> bool:
        try:
            Document.parse(document({"Effect": "Allow", "Action": "*"} | elements), kind)
        except PolicyError:
            return False
        return True

    speaks = kind in (PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.VPCE, PolicyType.RCP)
    who = {"Principal": "*"} if speaks else {}
    assert accepts(**who, Resource="*") is (kind is not PolicyType.TRUST)
    assert accepts(**who) is (kind in (PolicyType.TRUST, PolicyType.RESOURCE))
    resource = {} if kind is PolicyType.TRUST else {"Resource": "*"}
    assert accepts(**resource) is not speaks
    assert accepts(**resource, Principal="*") is speaks
    assert accepts(**resource, NotPrincipal="*") is speaks
    assert not accepts(**resource, Principal="*", NotPrincipal="*")


def test_the_same_text_is_parsed_once() -> None:
    text = document(statement())
    assert Document.parse(text, PolicyType.IDENTITY) is Document.parse(text, PolicyType.IDENTITY)
    assert Document.parse(text, PolicyType.IDENTITY) is not Document.parse(text, PolicyType.BOUNDARY)
    assert Document.parse(text, PolicyType.IDENTITY).hash == Document.parse(text, PolicyType.SCP).hash
    assert Document.parse(text, PolicyType.IDENTITY).hash != Document.parse(text + " ", PolicyType.IDENTITY).hash


def test_version_and_id_are_kept() -> None:
    old = json.dumps({"Version": "2008-10-17", "Id": "x", "Statement": GOOD})
    parsed = Document.parse(old, PolicyType.IDENTITY)
    assert (parsed.version, parsed.id, parsed.variables) == ("2008-10-17", "x", False)
    parsed = Document.parse(document(GOOD), PolicyType.IDENTITY)
    assert (parsed.version, parsed.id, parsed.variables) == ("2012-10-17", None, True)
    assert "identity" in repr(parsed)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
elements = st.dictionaries(
    st.sampled_from(["Sid", "Effect", "Action", "NotAction", "Resource", "Principal", "Condition", "X"]),
    st.sampled_from(["Allow", "Deny", "*", "s3:*", ["*"], {"StringEquals": {"a:b": "c"}}]) | json_values,
)
policies = st.fixed_dictionaries({"Statement": elements | st.lists(elements, max_size=3) | json_values})


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=60) | json_values.map(json.dumps) | policies.map(json.dumps), st.sampled_from(KINDS))
def test_whatever_is_sent_only_ever_raises_a_policy_error(text: str, kind: PolicyType) -> None:
    try:
        Document.parse(text, kind)
    except PolicyError as error:
        place = (error.line, error.column)
    else:
        place = (1, 1)
    assert min(place) >= 1
    lint(text, kind)


@pytest.mark.parametrize("sent", [None, 1, b"{}", ["x"], {"a": "b"}, object])
def test_what_is_no_text_at_all_is_refused(sent: Any) -> None:
    with pytest.raises(PolicyError):
        Document.parse(sent, PolicyType.IDENTITY)
    with pytest.raises(PolicyError):
        read(sent)


def test_large_and_hostile_policies_are_read_in_reasonable_time() -> None:
    hostile = [
        document(*[statement(action=f"s3:Get{index}") for index in range(10_000)]),
        '{"Statement": ' + "[" * 100_000,
        '{"a":' * 100_000,
        '["' + "\\" * 200_001,
        '"' + "a" * 1_000_000,
        "[" + "9" * 1_000_000,
        document(statement(action="s3:" + "x" * 1_000_000)),
        document(statement(resource="arn:aws:s3:::" + "${" * 200_000)),
        document(statement(resource="arn:aws:s3:::" + "${a, '" * 100_000 + "}")),
        document(statement(Condition={"ArnLike": {"a:b": "${:" * 100_000}})),
        document(statement(Condition={"NumericEquals": {"a:b": "9" * 100_000}})),
        document(statement(Condition={"DateEquals": {"a:b": "9" * 100_000}})),
        document(statement(Condition={"BinaryEquals": {"a:b": "A" * 100_001}})),
    ]
    begin = time.process_time()
    for text in hostile:
        try:
            Document(text, PolicyType.IDENTITY)
        except PolicyError:
            continue
    assert time.process_time() - begin < 15


def test_matching_a_hostile_pattern_does_not_explode() -> None:
    pattern = "arn:aws:s3:::" + "*a" * 200 + "b"
    stack = Stack(identity=[policy(PolicyType.IDENTITY, statement(resource=pattern))])
    holes = Stack(identity=[policy(PolicyType.IDENTITY, statement(resource="arn:aws:s3:::" + "*?a?" * 100 + "b"))])
    begin = time.process_time()
    assert not allowed(stack, ANA, resource="arn:aws:s3:::" + "a" * 5000)
    assert not allowed(holes, ANA, resource="arn:aws:s3:::" + "a" * 5000)
    assert time.process_time() - begin < 5
