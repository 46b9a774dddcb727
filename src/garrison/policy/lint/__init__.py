"""What is wrong with a policy that AWS would accept.

AWS takes a policy that allows `s3:ListObject`, an action that does not exist, and the policy grants nothing. The
linter says so, with the line. It needs a service reference for what depends on one (`garrison.aws.reference.actions`).
"""

from __future__ import annotations

from collections.abc import Iterator

from garrison.policy.document import VERSION_WITH_VARIABLES, Document
from garrison.policy.lint.conditions import lint_conditions, lint_operators
from garrison.policy.lint.finding import LintFinding, Reference, finding
from garrison.policy.lint.principals import lint_principals
from garrison.policy.lint.statements import lint_actions, lint_breadth, lint_resources
from garrison.policy.reader import Array, Member, Node, Object, PolicyError, Scalar, read
from garrison.policy.request import PolicyType

__all__ = ["LintFinding", "Reference", "lint"]


def lint(text: str, kind: PolicyType = PolicyType.IDENTITY, *, reference: Reference | None = None) -> list[LintFinding]:
    """Every remark on a policy of `kind`, in the order of its lines. A text that is no policy gives one error."""
    try:
        root = read(text)
    except PolicyError as error:
        return [LintFinding(error.line, error.column, "syntax", "error", error.message)]
    found = list(_unknown_operators(root))
    if not found:
        try:
            Document.parse(text, kind)
        except PolicyError as error:
            return [LintFinding(error.line, error.column, "syntax", "error", error.message)]
        found = list(_remarks(root, reference))
    return sorted(set(found))


def _unknown_operators(root: Node) -> Iterator[LintFinding]:
    for statement in _statements(root):
        yield from lint_operators(statement)


def _remarks(root: Node, reference: Reference | None) -> Iterator[LintFinding]:
    yield from _version(root)
    sids: set[str] = set()
    for statement in _statements(root):
        yield from _sid(statement, sids)
        yield from lint_breadth(statement)
        yield from lint_principals(statement)
        yield from lint_conditions(statement, reference)
        if reference is not None:
            yield from lint_actions(statement, reference)
            yield from lint_resources(statement, reference)


def _version(root: Node) -> Iterator[LintFinding]:
    assert isinstance(root, Object)
    version = root.get("Version")
    if isinstance(version, Scalar) and version.text == VERSION_WITH_VARIABLES:
        return
    if version is None:
        message = f'without "Version": "{VERSION_WITH_VARIABLES}" the policy is read as one of 2008-10-17'
        yield finding(root.span, "missing-version", "warning", message)
    else:
        message = f'use "Version": "{VERSION_WITH_VARIABLES}"'
        yield finding(version.span, "old-version", "warning", message)
    for statement in _statements(root):
        for scalar in _scalars(statement):
            if "${" in scalar.text:
                message = f"{scalar.text} is ordinary text in this version: variables need {VERSION_WITH_VARIABLES}"
                yield finding(scalar.span, "variable-needs-version", "error", message)


def _sid(statement: Object, seen: set[str]) -> Iterator[LintFinding]:
    sid = statement.get("Sid")
    if isinstance(sid, Scalar):
        if sid.text in seen:
            yield finding(sid.span, "duplicate-sid", "error", f"another statement is called {sid.text} already")
        seen.add(sid.text)


def _statements(root: Node) -> list[Object]:
    node = root.get("Statement") if isinstance(root, Object) else None
    nodes = node.items if isinstance(node, Array) else (node,)
    return [item for item in nodes if isinstance(item, Object)]


def _scalars(node: Node | Member) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Array():
            for item in node.items:
                yield from _scalars(item)
        case Object():
            for member in node.members.values():
                yield from _scalars(member.value)
        case Member():
            yield from _scalars(node.value)
