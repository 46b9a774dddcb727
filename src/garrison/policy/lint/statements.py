"""Remarks on actions and resources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from garrison.policy.glob import matcher, matches, tokens
from garrison.policy.lint.finding import LintFinding, Reference, did_you_mean, finding
from garrison.policy.lint.overlap import could_fit
from garrison.policy.reader import Object, Scalar, strings

_MANY = 50
"""An action pattern that covers more than this many actions is not held against each resource."""


def lint_actions(statement: Object, reference: Reference) -> Iterator[LintFinding]:
    """Actions and services that do not exist."""
    for element in ("Action", "NotAction"):
        for action in _values(statement, element):
            yield from _action(action, reference)


def lint_resources(statement: Object, reference: Reference) -> Iterator[LintFinding]:
    """Actions none of the resources can ever fit, and resources no action can ever be about."""
    actions = _values(statement, "Action")
    resources = _values(statement, "Resource")
    patterns = [resource.text for resource in resources]
    useful: set[str] = set()
    for action in actions:
        names = covered(action.text, reference)
        wild = "*" in action.text or "?" in action.text
        for name in names:
            templates = reference.resource_templates(name)
            fitting = {pattern for pattern in patterns if _fits(pattern, templates)}
            useful |= fitting
            if not fitting and not wild and resources:
                yield finding(action.span, "resource-never-matches", "error", _never(name, templates))
        if not names or action.text == "*":
            useful |= set(patterns)
    for resource in resources:
        if actions and resource.text not in useful:
            yield finding(
                resource.span,
                "resource-unused",
                "warning",
                f"no action of this statement acts on {resource.text}",
            )


def lint_breadth(statement: Object) -> Iterator[LintFinding]:
    """Grants that reach further than they look."""
    effect = statement.get("Effect")
    if not isinstance(effect, Scalar) or effect.text != "Allow":
        return
    for element, what in (
        ("NotAction", "every action but these, new ones included"),
        ("NotResource", "every resource but these, new ones included"),
    ):
        if element in statement.members:
            span = statement.members[element].span
            yield finding(span, "allow-" + element.lower(), "advice", f"Allow with {element} grants {what}")
    actions = {value.text for value in _values(statement, "Action")}
    resources = {value.text for value in _values(statement, "Resource")}
    if "*" in resources and "Condition" not in statement.members:
        span = statement.members["Action"].span if actions else statement.span
        if "*" in actions or "*:*" in actions:
            yield finding(span, "full-access", "advice", "this statement grants everything on everything")
        elif any(matches(action.lower(), "iam:passrole") for action in actions):
            yield finding(
                span,
                "pass-role-everywhere",
                "warning",
                "iam:PassRole on every role lets its holder give any role's rights to a service it controls; "
                "name the roles, or ask for iam:PassedToService",
            )


def covered(pattern: str, reference: Reference) -> Sequence[str]:
    """The known actions a pattern covers; empty for `*`, and for services there are none of."""
    service, _, name = pattern.partition(":")
    if service.lower() not in reference.services():
        return ()
    return tuple(f"{service}:{known}" for known in _fitting(name.lower(), reference.actions(service)))


@lru_cache(maxsize=4096)
def _fitting(pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Of `names`, those a lower-case pattern fits; the same few patterns stand in many policies."""
    fits = matcher(tokens(pattern))
    return tuple(name for name in names if fits(name.lower()))


def _action(action: Scalar, reference: Reference) -> Iterator[LintFinding]:
    text = action.text
    service, colon, name = text.partition(":")
    if text in ("*", "*:*"):
        return
    if text != text.strip():
        yield finding(
            action.span, "blank-in-action", "error", f"{text!r} has blanks around it, which are part of the name"
        )
    elif not colon:
        yield finding(action.span, "action-without-service", "error", f"{text} names no service")
    elif "*" in service or "?" in service:
        yield finding(action.span, "wildcard-in-service", "error", f"the service of {text} cannot hold wildcards")
    elif service.lower() not in reference.services():
        hint = did_you_mean(service, reference.services())
        yield finding(action.span, "unknown-service", "error", f"there is no service {service}{hint}")
    elif "*" in name or "?" in name:
        if not covered(text, reference):
            yield finding(action.span, "action-matches-nothing", "error", f"no action of {service} fits {text}")
    elif not reference.action_exists(text):
        hint = _near_actions(service, name, reference)
        yield finding(
            action.span, "unknown-action", "error", f"{text} is not an action, so this grants or denies nothing{hint}"
        )


def _near_actions(service: str, name: str, reference: Reference) -> str:
    known = reference.actions(service)
    operation = _OPERATIONS.get(f"{service}:{name}".lower())
    if operation is not None:
        return f"; did you mean {operation}?"
    hint = did_you_mean(name, known)
    return hint.replace("did you mean ", f"did you mean {service}:").replace(" or ", f" or {service}:")


_OPERATIONS = {
    "s3:listobject": "s3:ListBucket",
    "s3:listobjects": "s3:ListBucket",
    "s3:listobjectsv2": "s3:ListBucket",
    "s3:headobject": "s3:GetObject",
    "s3:headbucket": "s3:ListBucket",
    "s3:listbuckets": "s3:ListAllMyBuckets",
    "s3:copyobject": "s3:GetObject with s3:PutObject",
    "s3:uploadpart": "s3:PutObject",
    "s3:createmultipartupload": "s3:PutObject",
    "s3:completemultipartupload": "s3:PutObject",
    "s3:deleteobjects": "s3:DeleteObject",
    "s3:getbucketencryption": "s3:GetEncryptionConfiguration",
    "s3:putbucketencryption": "s3:PutEncryptionConfiguration",
    "lambda:invoke": "lambda:InvokeFunction",
    "kms:reencrypt": "kms:ReEncryptFrom with kms:ReEncryptTo",
    "sqs:sendmessagebatch": "sqs:SendMessage",
    "sqs:deletemessagebatch": "sqs:DeleteMessage",
    "sns:publishbatch": "sns:Publish",
}
"""Operations whose action goes by another name, which is how most unknown actions come about."""


def _fits(pattern: str, templates: Sequence[str]) -> bool:
    if pattern.strip("*") == "":
        return True
    return any(could_fit(pattern, template) for template in templates)


def _never(action: str, templates: Sequence[str]) -> str:
    if not templates:
        return f'{action} acts on no particular resource: it needs "Resource": "*"'
    return f"{action} acts on {' or '.join(templates[:3])}, which none of the resources here can be"


def _values(statement: Object, element: str) -> tuple[Scalar, ...]:
    node = statement.get(element)
    return () if node is None else strings(node) or ()
