"""Expectations in YAML: who may do what, and who may not, because of what.

    export: [account.json, organization.json]   # exports; without them: the running Garrison
    changes: ["scp:region-lock.json@ou-ab12-workloads"]
    defaults: {principal: "arn:aws:iam::111122223333:role/dev", context: {aws:SourceIp: 10.0.0.1}}
    tests:
      - name: developers stay in Europe
        action: [ec2:RunInstances, rds:CreateDBInstance]
        context: {aws:RequestedRegion: us-east-1}
        expect: deny
        because: DENY_EXPLICIT_SCP

`policies` instead of `export` gives the policies of one user themselves (paths, or policies written in place):
`identity`, `boundary`, `resource`, and `scps`, one level each. Paths are relative to the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from garrison.policy.explain import Explanation
from garrison.replay.changes import apply, read_change
from garrison.replay.decide import Asked, decide
from garrison.replay.exports import read_exports
from garrison.replay.world import FULL_SCP, Entity, ManagedPolicy, Organization, OrganizationPolicy, World

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/simulated"
_BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"


class ScenarioError(Exception):
    """A scenario file cannot be read. The text names file and line where known."""


class _Policies(msgspec.Struct, forbid_unknown_fields=True):
    identity: list[str | dict[str, Any]] = []
    boundary: str | dict[str, Any] | None = None
    resource: str | dict[str, Any] | None = None
    scps: list[str | dict[str, Any]] = []


class _Defaults(msgspec.Struct, forbid_unknown_fields=True):
    principal: str | None = None
    action: str | list[str] | None = None
    resource: str | list[str] = "*"
    context: dict[str, Any] = {}
    region: str | None = None
    expect: Literal["allow", "deny"] | None = None
    because: str | None = None


class _Test(msgspec.Struct, forbid_unknown_fields=True):
    name: str | None = None
    principal: str | None = None
    action: str | list[str] | None = None
    resource: str | list[str] | None = None
    context: dict[str, Any] = {}
    region: str | None = None
    expect: Literal["allow", "deny"] | None = None
    because: str | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    tests: list[_Test]
    export: str | list[str] = []
    changes: str | list[str] = []
    policies: _Policies | None = None
    defaults: _Defaults = msgspec.field(default_factory=_Defaults)


class Case(msgspec.Struct, frozen=True):
    """One question with what is expected of its answer."""

    file: str
    line: int
    name: str
    asked: Asked
    expect: str
    because: str | None


class Result(msgspec.Struct, frozen=True):
    """One case's outcome."""

    case: Case
    outcome: str
    """`passed`, `failed`, or `error` where it could not be decided."""
    message: str = ""
    explanation: Explanation | None = None


class Scenario(msgspec.Struct, frozen=True):
    """One file: its world and its cases."""

    world: World
    cases: tuple[Case, ...]


def read_scenario(path: Path, live: Callable[[], World]) -> Scenario:
    """Read a file. `live` gives the world of files that name none.

    Raises `ScenarioError`; also `ExportError`, `ChangeError` and `WorldError` of what the file names.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
        file = msgspec.convert(content, _File, strict=False)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as e:
        raise ScenarioError(f"{path}: {e}") from e
    base = path.parent
    resource_policy = None
    if file.policies is not None:
        world = _world(file.policies, base)
        resource_policy = None if file.policies.resource is None else _text(file.policies.resource, base)
    elif file.export:
        world = read_exports(base / name for name in _several(file.export))
    else:
        world = live()
    world = apply(world, [read_change(given, base) for given in _several(file.changes)])
    cases = tuple(_cases(path, file, _lines(node), resource_policy))
    return Scenario(world, cases)


def run(scenario: Scenario) -> Iterator[Result]:
    """Decide every case."""
    for case in scenario.cases:
        try:
            explanation = decide(scenario.world, case.asked)
        except Exception as e:  # what cannot be decided is this case's outcome, and the others go on
            yield Result(case, "error", str(e) or type(e).__name__)
            continue
        got = "allow" if explanation.allowed else "deny"
        asked = f"{case.asked.action} on {case.asked.resource}"
        if got != case.expect:
            message = f"expected {case.expect}, got {got} ({explanation.code}): {asked} by {case.asked.principal}"
            yield Result(case, "failed", message, explanation)
        elif case.because is not None and case.because != explanation.code and case.because not in explanation.also:
            message = f"{got} as expected, but because of {explanation.code}, not {case.because}: {asked}"
            yield Result(case, "failed", message, explanation)
        else:
            yield Result(case, "passed", "", explanation)


def _lines(node: Any) -> list[int]:
    """The line of each test."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value == "tests" and isinstance(value, yaml.SequenceNode):
            return [item.start_mark.line + 1 for item in value.value]
    return []


def _cases(path: Path, file: _File, lines: list[int], resource_policy: str | None) -> Iterator[Case]:
    defaults = file.defaults
    for number, (test, line) in enumerate(zip(file.tests, lines, strict=True), 1):
        where = f"{path}:{line}: test {number}"
        principal = test.principal or defaults.principal or (USER if file.policies is not None else None)
        actions = test.action or defaults.action
        expect = test.expect or defaults.expect
        for name, value in (("principal", principal), ("action", actions), ("expect", expect)):
            if value is None:
                raise ScenarioError(f"{where} has no {name}, and there is no default")
        assert principal is not None
        assert actions is not None
        assert expect is not None
        context = {**_context(defaults.context), **_context(test.context)}
        for action in _several(actions):
            if action.count(":") != 1:
                raise ScenarioError(f"{where}: {action!r} is not an action: it takes service:Action")
            for resource in _several(test.resource or defaults.resource):
                yield Case(
                    file=str(path),
                    line=line,
                    name=test.name or f"{expect} {action} on {resource}",
                    asked=Asked(principal, action, resource, context, test.region or defaults.region, resource_policy),
                    expect=expect,
                    because=test.because or (defaults.because if test.expect in (None, defaults.expect) else None),
                )


def _context(given: dict[str, Any]) -> dict[str, str | list[str]]:
    return {
        key.lower(): [_value(v) for v in value] if isinstance(value, list) else _value(value)
        for key, value in given.items()
    }


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)


def _several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _text(policy: str | dict[str, Any], base: Path) -> str:
    if isinstance(policy, dict):
        return json.dumps(policy, indent=2, default=str)
    try:
        return (base / policy).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise ScenarioError(f"{base / policy} cannot be read: {e}") from e


def world_of_policies(
    identity: dict[str, str], boundary: str | None = None, scps: list[tuple[str, str]] | None = None
) -> World:
    """A world of one user (`USER`) with inline policies by name; `scps` are (name, text), a level each, root first."""
    levels = scps or []
    user = Entity(
        "user", USER, "AIDASIMULATED00000000", ACCOUNT, "simulated", identity, boundary=_BOUNDARY if boundary else None
    )
    managed = {_BOUNDARY: ManagedPolicy(_BOUNDARY, "boundary", boundary)} if boundary else {}
    if not levels:
        return World({USER: user}, managed)
    nodes = [f"level-{n}" for n in range(len(levels))] + [ACCOUNT]
    policies = {
        f"p-{n}": OrganizationPolicy("scp", f"p-{n}", f"p-{n}", name, text) for n, (name, text) in enumerate(levels)
    }
    attached: dict[str, tuple[str, ...]] = {nodes[n]: (f"p-{n}",) for n in range(len(levels))}
    attached[ACCOUNT] = (FULL_SCP.id,)
    policies[FULL_SCP.id] = FULL_SCP
    parents = {child: parent for parent, child in pairwise(nodes)}
    tree = Organization("o-simulated", "", nodes[0], parents, {}, policies, attached, frozenset({"scp"}))
    return World({USER: user}, managed, (tree,))


def _world(given: _Policies, base: Path) -> World:
    return world_of_policies(
        {_name(policy, n): _text(policy, base) for n, policy in enumerate(given.identity)},
        None if given.boundary is None else _text(given.boundary, base),
        [(_name(policy, n), _text(policy, base)) for n, policy in enumerate(given.scps)],
    )


def _name(policy: str | dict[str, Any], number: int) -> str:
    return policy if isinstance(policy, str) else f"policy {number}"
