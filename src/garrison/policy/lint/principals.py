"""Remarks on `Principal` and `NotPrincipal`."""

from __future__ import annotations

from collections.abc import Iterator

from garrison.policy.grant import account_of, role_key
from garrison.policy.lint.finding import LintFinding, finding
from garrison.policy.reader import Object, Scalar, strings


def lint_principals(statement: Object) -> Iterator[LintFinding]:
    """Wildcards that never match, everyone, and the traps of NotPrincipal."""
    effect = statement.get("Effect")
    allow = isinstance(effect, Scalar) and effect.text == "Allow"
    for element in ("Principal", "NotPrincipal"):
        member = statement.members.get(element)
        if member is None:
            continue
        entries = list(_entries(member.value))
        for kind, value in entries:
            if kind == "AWS" and value.text != "*" and ("*" in value.text or "?" in value.text):
                yield finding(
                    value.span,
                    "wildcard-in-principal",
                    "error",
                    f"wildcards are not expanded in principals, so {value.text} is nobody; use * with a condition on "
                    "aws:PrincipalArn",
                )
        everyone = any(kind == "AWS" and value.text == "*" for kind, value in entries)
        if element == "Principal" and everyone and allow and "Condition" not in statement.members:
            yield finding(member.span, "open-to-everyone", "warning", "anyone may use this, without signing in")
        if element == "NotPrincipal":
            yield from _not_principal(member.span.line, member.span.column, [v.text for _, v in entries], allow)


def _not_principal(line: int, column: int, values: list[str], allow: bool) -> Iterator[LintFinding]:
    if allow:
        message = "Allow with NotPrincipal lets in everyone else, the anonymous included"
        yield LintFinding(line, column, "allow-not-principal", "warning", message)
        return
    message = (
        "NotPrincipal also denies every principal that has a permissions boundary; "
        "a condition on aws:PrincipalArn says the same without surprises"
    )
    yield LintFinding(line, column, "not-principal", "advice", message)
    accounts = {account_of(value) for value in values}
    roles = {role_key(value) for value in values}
    for value in values:
        parts = value.split(":", 5)
        if len(parts) == 6 and account_of(value) is None and parts[4] not in accounts:
            message = f"list the account {parts[4]} beside {value}: AWS may check account, role and session one by one"
            yield LintFinding(line, column, "not-principal-without-account", "warning", message)
        if len(parts) == 6 and parts[5].startswith("assumed-role/"):
            role = f"arn:{parts[1]}:iam::{parts[4]}:role/{parts[5].split('/')[1]}"
            if role_key(role) not in roles:
                message = f"list the role {role} beside its session"
                yield LintFinding(line, column, "not-principal-without-role", "warning", message)


def _entries(node: object) -> Iterator[tuple[str, Scalar]]:
    if isinstance(node, Scalar):
        yield "AWS", node
    elif isinstance(node, Object):
        for member in node.members.values():
            for value in strings(member.value) or ():
                yield member.key, value
