"""Laws every evaluation obeys, whatever the policies say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from garrison.policy.evaluate import evaluate
from garrison.policy.request import PolicyType, Request
from tests.policy.strategies import ACTION_PATTERNS, raw_stacks, requests, stack_of, statements, texts

law = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
FULL = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def decided(request: Request, raw: dict[str, Any]) -> bool:
    return evaluate(request, stack_of(raw)).allowed


def in_every_policy(raw: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """The stack with every document rewritten."""

    def rewritten(text: str) -> str:
        return json.dumps(change(json.loads(text)))

    made = dict(raw)
    for name in ("boundary", "resource", "endpoint"):
        made[name] = None if raw[name] is None else rewritten(raw[name])
    made["identity"] = [rewritten(text) for text in raw["identity"]]
    made["session"] = None if raw["session"] is None else [rewritten(text) for text in raw["session"]]
    for name in ("scps", "rcps"):
        made[name] = None if raw[name] is None else [[rewritten(text) for text in level] for level in raw[name]]
    return made


def listed(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


@law
@given(requests, raw_stacks(), texts(PolicyType.IDENTITY))
def test_adding_a_policy_of_denies_never_allows(request: Request, raw: dict[str, Any], more: str) -> None:
    document = json.loads(more)
    document["Statement"] = [one | {"Effect": "Deny"} for one in listed(document)]
    with_denies = raw | {"identity": [*raw["identity"], json.dumps(document)]}
    assert decided(request, with_denies) <= decided(request, raw)


@law
@given(requests, raw_stacks(), st.integers(0, 5))
def test_removing_an_allow_never_allows(request: Request, raw: dict[str, Any], index: int) -> None:
    def fewer(document: dict[str, Any]) -> dict[str, Any]:
        found = listed(document)
        nothing = found[0] | {"Effect": "Deny", "Condition": {"Null": {"aws:x": ["maybe"]}}}
        kept = [one for at, one in enumerate(found) if one["Effect"] == "Deny" or at != index % len(found)]
        return document | {"Statement": kept or [nothing]}

    assert decided(request, in_every_policy(raw, fewer)) <= decided(request, raw)


@law
@given(requests, raw_stacks(), st.integers(1, 4))
def test_full_access_at_every_level_is_no_service_control_policy(
    request: Request, raw: dict[str, Any], depth: int
) -> None:
    full, none = raw | {"scps": [[FULL]] * depth}, raw | {"scps": None}
    assert evaluate(request, stack_of(full)).code == evaluate(request, stack_of(none)).code


@law
@given(requests, raw_stacks())
def test_the_order_of_statements_and_policies_does_not_matter(request: Request, raw: dict[str, Any]) -> None:
    def reversed_(document: dict[str, Any]) -> dict[str, Any]:
        return document | {"Statement": listed(document)[::-1]}

    turned = in_every_policy(raw, reversed_)
    turned["identity"] = turned["identity"][::-1]
    assert evaluate(request, stack_of(turned)).code == evaluate(request, stack_of(raw)).code


@law
@given(requests, raw_stacks())
def test_splitting_the_actions_of_a_statement_changes_nothing(request: Request, raw: dict[str, Any]) -> None:
    def split(document: dict[str, Any]) -> dict[str, Any]:
        made = []
        for one in listed(document):
            actions = one.get("Action")
            made += [one | {"Action": action} for action in actions] if isinstance(actions, list) else [one]
        return document | {"Statement": made}

    assert evaluate(request, stack_of(in_every_policy(raw, split))).code == evaluate(request, stack_of(raw)).code


@law
@given(requests, raw_stacks())
def test_saying_everything_twice_changes_nothing(request: Request, raw: dict[str, Any]) -> None:
    def twice(document: dict[str, Any]) -> dict[str, Any]:
        return document | {"Statement": listed(document) * 2}

    assert evaluate(request, stack_of(in_every_policy(raw, twice))).code == evaluate(request, stack_of(raw)).code


@law
@given(requests, statements(PolicyType.IDENTITY), st.lists(st.sampled_from(ACTION_PATTERNS), min_size=1, max_size=3))
def test_an_action_and_its_negation_share_out_every_request(
    request: Request, statement: dict[str, Any], actions: list[str]
) -> None:
    rest = {
        key: value for key, value in statement.items() if key not in ("Action", "NotAction", "Effect", "NotResource")
    }
    rest |= {"Effect": "Allow", "Resource": "*"}
    rest.pop("Condition", None)
    stack: dict[str, Any] = {
        "identity": [],
        "boundary": None,
        "session": None,
        "scps": None,
        "rcps": None,
        "resource": None,
        "endpoint": None,
        "trust": False,
        "required": False,
    }
    assume(type(request.principal).__name__ in ("User", "RoleSession"))
    assume(request.resource_account in (None, request.principal.account))
    answers = []
    for element in ("Action", "NotAction"):
        text = json.dumps({"Version": "2012-10-17", "Statement": rest | {element: actions}})
        answers.append(decided(request, stack | {"identity": [text]}))
    assert answers[0] is not answers[1]


@law
@given(requests, raw_stacks())
def test_a_boundary_of_everything_limits_nothing_but_not_principal(request: Request, raw: dict[str, Any]) -> None:
    assume("NotPrincipal" not in (raw["resource"] or "") + (raw["endpoint"] or ""))
    full, none = raw | {"boundary": FULL}, raw | {"boundary": None}
    assert evaluate(request, stack_of(full)).code == evaluate(request, stack_of(none)).code
