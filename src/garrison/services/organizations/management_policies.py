"""The syntax of management policies: settings whose values stand under inheritance operators.

Source: Organizations user guide, "Policy syntax and inheritance for management policy types" and the syntax page of
each type (its top-level key). What a service makes of the settings is not looked at here.
"""

from __future__ import annotations

import json
from typing import Any

from garrison.policy.validate import ORGANIZATIONS_REFUSAL
from garrison.services.organizations.errors import error

ASSIGN, APPEND, REMOVE = "@@assign", "@@append", "@@remove"
CONTROL = "@@operators_allowed_for_child_policies"
ALL, NONE = "@@all", "@@none"
SETTERS = frozenset({ASSIGN, APPEND, REMOVE})

_TOP = {
    "TAG_POLICY": "tags",
    "BACKUP_POLICY": "plans",
    "AISERVICES_OPT_OUT_POLICY": "services",
    "CHATBOT_POLICY": "chatbot",
    "DECLARATIVE_POLICY_EC2": "ec2_attributes",
    "SECURITYHUB_POLICY": "securityhub",
    "INSPECTOR_POLICY": "inspector",
    "UPGRADE_ROLLOUT_POLICY": "upgrade_rollout",
    "BEDROCK_POLICY": "bedrock",
    "S3_POLICY": "s3_attributes",
}
"""Types whose top-level key is known; of the others any single key is taken."""

_DEEPEST = 40


class _Malformed(Exception):
    pass


def check(policy_type: str, content: str) -> None:
    """Raise `MalformedPolicyDocumentException` for what is not a policy of that type."""
    try:
        document = json.loads(content, object_pairs_hook=_members)
        if not isinstance(document, dict) or not document:
            raise _Malformed
        top = _TOP.get(policy_type)
        settings = [key for key in document if key != CONTROL]
        if top is not None and settings != [top]:
            raise _Malformed
        _check_node(document, 0)
    except (ValueError, RecursionError, _Malformed):
        raise error("MalformedPolicyDocument", ORGANIZATIONS_REFUSAL) from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Malformed
    return found


def _check_node(node: Any, depth: int) -> None:
    if not isinstance(node, dict) or depth > _DEEPEST:
        raise _Malformed
    setters = SETTERS & node.keys()
    for key, value in node.items():
        if key == CONTROL:
            _check_control(value)
        elif key in SETTERS:
            _check_value(key, value)
        elif key.startswith("@@") or setters:
            # What has a value has no settings below it.
            raise _Malformed
        else:
            _check_node(value, depth + 1)
    if ASSIGN in setters and len(setters) > 1:
        raise _Malformed


def _check_control(value: Any) -> None:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise _Malformed
    if value not in ([ALL], [NONE]) and not SETTERS.issuperset(value):
        raise _Malformed


def _check_value(operator: str, value: Any) -> None:
    items = value if isinstance(value, list) else [value]
    if operator != ASSIGN and not isinstance(value, (list, str)):
        raise _Malformed
    if not all(isinstance(item, (str, int, float, bool)) for item in items):
        raise _Malformed
