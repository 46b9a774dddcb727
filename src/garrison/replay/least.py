"""The least policy that covers what a principal was seen to do.

Actions that were asked for on the same resources share a statement. More than a few names of one kind become `prefix*`,
with the longest prefix they share that ends at a separator; fewer are drawn together only as far as the policy would
not fit otherwise. Nothing gets a wildcard in its actions.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from garrison.aws.reference.actions import resource_templates
from garrison.policy.document import Document
from garrison.policy.evaluate import Plan
from garrison.policy.principal import Principal
from garrison.policy.request import AttachedPolicy, PolicyType, Request, Stack
from garrison.policy.validate import size

LIMITS = {"managed": 6144, "user": 2048, "role": 10240}
"""Characters without white space. Source: IAM user guide, "IAM and AWS STS quotas"."""
SEVERAL = 8
"""Names of one kind that are listed one by one; more are looked at for what they share."""
_SEPARATORS = "/-_.:"


class Used(msgspec.Struct, frozen=True):
    """One (action, resource) that was allowed."""

    action: str
    resource: str
    passed_to: str = ""
    """For iam:PassRole, the service the role was passed to."""


class Generated(msgspec.Struct, frozen=True):
    """A policy, and how it stands the test of what was done."""

    document: dict[str, Any]
    text: str
    size: int
    generalized: tuple[str, ...]
    """Resources with a wildcard that stands for several seen."""
    uncovered: tuple[Used, ...]
    """What was done and the policy does not allow: empty, unless the generator is wrong."""


def generate(
    used: Iterable[Used], principal: Principal, *, limit: int = LIMITS["managed"], exact: bool = False
) -> Generated:
    """The least policy for `used`, checked against all of it. `exact`: every resource by its name, however large."""
    seen = list(used)
    by_action: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in seen:
        # Actions without resource types are only ever asked for on everything.
        by_action[one.action, one.passed_to].add(one.resource if resource_templates(one.action) else "*")
    for several in (len(seen) + 1,) if exact else (SEVERAL, 4, 2, 1):
        document, generalized = _document(by_action, several)
        if size(json.dumps(document)) <= limit:
            break
    text = json.dumps(document, indent=2) + "\n"
    return Generated(
        document=document,
        text=text,
        size=size(json.dumps(document)),
        generalized=tuple(sorted(generalized)),
        uncovered=tuple(_uncovered(text, seen, principal)),
    )


def _document(by_action: Mapping[tuple[str, str], set[str]], several: int) -> tuple[dict[str, Any], set[str]]:
    generalized: set[str] = set()
    by_resources: dict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    for (action, passed_to), resources in by_action.items():
        kept, wider = _narrowed(resources, several)
        generalized |= wider
        by_resources[kept, passed_to].append(action)
    statements: list[dict[str, Any]] = []
    for (kept, passed_to), actions in sorted(by_resources.items(), key=lambda item: min(item[1])):
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Action": _one_or_list(sorted(actions)),
            "Resource": _one_or_list([_literal(resource) for resource in kept]),
        }
        if passed_to:
            statement["Condition"] = {"StringEquals": {"iam:PassedToService": passed_to}}
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}, generalized


def _narrowed(resources: set[str], several: int) -> tuple[tuple[str, ...], set[str]]:
    """The resources, those of one kind drawn together where there are more than `several` of it."""
    kinds: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for resource in resources:
        kinds[_kind(resource)].append(resource)
    out: list[str] = []
    wider: set[str] = set()
    for kind, names in kinds.items():
        if len(names) <= several:
            out += names
            continue
        pattern = _shared(kind, names)
        wider.add(_literal(pattern))
        out.append(pattern)
    return tuple(sorted(out)), wider


def _kind(resource: str) -> tuple[str, ...]:
    """What must be equal for names to be drawn together: everything before the name, down to the bucket or type."""
    parts = resource.split(":", 5)
    if len(parts) != 6:
        return (resource,)
    for separator in ("/", ":"):
        head, found, _ = parts[5].partition(separator)
        if found:
            return (*parts[:5], head + separator)
    return (*parts[:5], "")


def _shared(kind: tuple[str, ...], names: list[str]) -> str:
    """`prefix*`, with the longest prefix all names share that ends where a part of the name does."""
    fixed = ":".join(kind)
    common = os.path.commonprefix(names)  # noqa: RUF071 - of texts, which is what a pattern goes by
    while len(common) > len(fixed) and common[-1] not in _SEPARATORS:
        common = common[:-1]
    return max(common, fixed, key=len) + "\0"


def _literal(resource: str) -> str:
    """The resource as a policy spells it: its own `*`, `?` and `$` are no wildcards, what `_shared` added is one."""
    if resource == "*":
        return resource
    head, more = (resource[:-1], "*") if resource.endswith("\0") else (resource, "")
    out = head.replace("$", "${$}").replace("?", "${?}")
    # `arn:...:volume/*` is what creating calls ask for where the name is still to come: there the star is the resource.
    star = "*" if head.endswith(("/*", ":*")) else None
    body = out[:-1] if star else out
    return body.replace("*", "${*}") + (star or "") + more


def _one_or_list(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _uncovered(text: str, used: Iterable[Used], principal: Principal) -> Iterator[Used]:
    """What of `used` the policy does not allow, asked as if every resource were the principal's own."""
    policy = AttachedPolicy(Document.parse(text, PolicyType.IDENTITY), PolicyType.IDENTITY, "generated")
    plan = Plan(Stack(identity=(policy,)))
    for one in used:
        context = {"iam:passedtoservice": one.passed_to} if one.passed_to else {}
        if not plan.evaluate(Request(principal, one.action, one.resource, principal.account, context)).allowed:
            yield one
