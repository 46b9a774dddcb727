"""The engine and a slow, obvious evaluator that shares no code with it give the same answer for the same reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from garrison.policy.evaluate import Plan, evaluate
from garrison.policy.explain import explain
from garrison.policy.glob import matches
from garrison.policy.request import Request
from tests.policy.reference.conditions import expand, holds, wild
from tests.policy.reference.evaluator import decide
from tests.policy.strategies import KEYS, VALUES, contexts, operators, raw_stacks, requests, stack_of, who_of
from tests.policy.world import condition_holds

quick = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
long = settings(max_examples=40_000, deadline=None, suppress_health_check=list(HealthCheck))


def agree(request: Request, raw: dict[str, Any]) -> None:
    stack = stack_of(raw)
    decision = evaluate(request, stack)
    expected = decide(
        who_of(request.principal),
        request.action,
        request.resource,
        request.resource_account,
        dict(request.context),
        raw,
    )
    assert (decision.allowed, decision.code, decision.level) == expected
    plan = Plan(stack)
    assert plan.evaluate(request).code == plan.evaluate(request).code == decision.code
    explanation = explain(request, stack)
    assert (explanation.allowed, explanation.code) == (decision.allowed, decision.code)
    if decision.policy is not None and decision.statement is not None:
        statement = decision.policy.document.statements[decision.statement]
        assert statement.allow == decision.allowed
        traces = [t for layer in explanation.layers for p in layer.policies for t in p.statements]
        assert any(t.applies and t.index == decision.statement for t in traces)
    if not decision.allowed:
        # The layer that denied is in the tree, under the same code and level (a layer that is not there has none).
        codes = {(layer.code, layer.level) for layer in explanation.layers}
        assert (decision.code, decision.level) in codes


@quick
@given(requests, raw_stacks())
def test_random_stacks_are_decided_as_the_reference_does(request: Request, raw: dict[str, Any]) -> None:
    agree(request, raw)


@pytest.mark.soak
@long
@given(requests, raw_stacks())
def test_very_many_random_stacks_are_decided_as_the_reference_does(request: Request, raw: dict[str, Any]) -> None:
    agree(request, raw)


one_condition = given(
    operators(),
    st.sampled_from(KEYS),
    st.lists(st.sampled_from(VALUES) | st.text("a*?$:{}',1", max_size=12), max_size=3),
    contexts,
    st.booleans(),
)


def condition_agrees(operator: str, key: str, values: list[str], context: dict[str, Any], new: bool) -> None:
    version = "2012-10-17" if new else "2008-10-17"
    actual = context.get(key.lower())
    others = {k.replace(":", "__"): v for k, v in context.items() if k != key.lower()}
    assert condition_holds(operator, values, actual, key=key, version=version, **others) == holds(
        operator, key, values, context, new
    )


@quick
@one_condition
def test_random_conditions_hold_as_the_reference_says(
    operator: str, key: str, values: list[str], context: dict[str, Any], new: bool
) -> None:
    condition_agrees(operator, key, values, context, new)


@pytest.mark.soak
@long
@one_condition
def test_very_many_random_conditions_hold_as_the_reference_says(
    operator: str, key: str, values: list[str], context: dict[str, Any], new: bool
) -> None:
    condition_agrees(operator, key, values, context, new)


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(st.text("ab*?", max_size=10), st.text("ab", max_size=12))
def test_globs_match_as_dynamic_programming_does(pattern: str, text: str) -> None:
    expanded = expand(pattern, {}, variables=False, wildcards=True)
    assert expanded is not None
    assert matches(pattern, text) == wild(expanded, text)
