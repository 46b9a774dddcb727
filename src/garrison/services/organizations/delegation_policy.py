"""The organization's resource policy: which member accounts may look at and manage its policies.

Source: Organizations user guide, "Resource-based delegation policy for AWS Organizations": its actions, its principals,
and that the caller's own account must allow the call as well (IAM has seen to that before).
"""

from __future__ import annotations

from garrison.access.asked import Asked
from garrison.access.call import Call
from garrison.aws import models
from garrison.aws.errors import AwsError
from garrison.policy.document import Document
from garrison.policy.grant import Grant, account_of
from garrison.policy.request import PolicyType
from garrison.policy.statement import Statement
from garrison.policy.validate import validate_resource
from garrison.services.organizations.errors import invalid
from garrison.services.organizations.resources import Organization
from garrison.store import Resource

_WRITES = frozenset(
    {
        "AttachPolicy",
        "CreatePolicy",
        "DeletePolicy",
        "DetachPolicy",
        "DisablePolicyType",
        "EnablePolicyType",
        "TagResource",
        "UntagResource",
        "UpdatePolicy",
    }
)


def delegable(operation: str) -> bool:
    """Whether the policy may be about an operation: reading anything, and writing policies."""
    return operation in _WRITES or operation.startswith(("Describe", "List"))


def lets(call: Call, org: Resource[Organization]) -> bool:
    """Whether the resource policy lets the caller make this call: no statement denies, and one allows, each check."""
    policy = org.body.resource_policy
    asked = [check for check in call.checks if not check.side]
    if policy is None or not asked or not delegable(call.operation):
        return False
    document = Document.parse(policy.content, PolicyType.RESOURCE)
    return all(_lets(document, call, check) for check in asked)


def _lets(document: Document, call: Call, check: Asked) -> bool:
    principal = call.caller.principal
    context = {**call.context, **check.context}

    def applies(statement: Statement) -> bool:
        who = statement.principals
        return who is not None and who.grant(principal) is not Grant.NONE and statement.covers(check.resource, context)

    about = document.about(check.action)
    return not any(map(applies, about.denies)) and any(map(applies, about.allows))


def check_policy(text: str, accounts: frozenset[str]) -> None:
    """Raise `InvalidInputException` for what the organization, of these accounts, cannot have as its policy."""
    try:
        validate_resource(text)
        document = Document.parse(text, PolicyType.RESOURCE)
    except AwsError:
        raise invalid("INVALID_RESOURCE_POLICY_JSON", "You provided a resource policy that isn't valid.") from None
    for statement in document.statements:
        _check_actions(statement)
        _check_principals(statement, accounts)
        for resource in statement.values.get("Resource", ()):
            if resource != "*" and ":organizations:" not in resource:
                raise invalid(
                    "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY", "You provided an unsupported resource in the policy."
                )


def _check_actions(statement: Statement) -> None:
    """Every operation an action may mean must be one that can be delegated."""
    names = models.service("organizations").operation_names
    meant = [name for name in names if statement.action(f"organizations:{name}".lower())]
    actions = statement.values.get("Action", ())
    foreign = not actions or any(not action.lower().startswith("organizations:") for action in actions)
    if foreign or not meant or not all(map(delegable, meant)):
        raise invalid("UNSUPPORTED_ACTION_IN_RESOURCE_POLICY", "You provided an unsupported action in the policy.")


def _check_principals(statement: Statement, accounts: frozenset[str]) -> None:
    entries = statement.values.get("Principal", ())
    for entry in entries:
        kind, _, value = entry.partition(":")
        owner = account_of(value) or (value.split(":")[4] if value.count(":") >= 5 else None)
        if kind != "AWS" or (value != "*" and owner not in accounts):
            raise invalid("INVALID_PRINCIPAL", f"You specified an invalid principal in the policy: {value}")
    if not entries:
        raise invalid("INVALID_PRINCIPAL", "You specified an invalid principal element in the policy.")
