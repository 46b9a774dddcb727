"""What AWS asks of `Principal` and `NotPrincipal`. Source: IAM user guide, "AWS JSON policy elements: Principal"."""

from __future__ import annotations

import re

from garrison.policy.grant import account_of
from garrison.policy.reader import Object, strings
from garrison.policy.request import PolicyType
from garrison.policy.saving.refusal import SYNTAX, Refusal
from garrison.policy.saving.shape import PolicyShape, StatementShape

_NAMED = re.compile(
    r"arn:aws[a-z-]*:(?:iam::[0-9]{12}:(?:root|(?:user|role)/[^*?]+)"
    r"|sts::[0-9]{12}:(?:assumed-role/[^*?/]+|federated-user)/[^*?/]+)"
)
_UNIQUE_ID = re.compile(r"(?:AIDA|AROA)[A-Z0-9]{12,}")
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|aws\.internal|amazon\.com|alexa\.com)")
_FEDERATED = re.compile(
    r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:saml-provider|oidc-provider)/[^*?]+"
    r"|accounts\.google\.com|graph\.facebook\.com|www\.amazon\.com|cognito-identity\.amazonaws\.com"
)
_CANONICAL = re.compile(r"[0-9a-f]{64}")
_SPEAKS_OF_PRINCIPALS = (PolicyType.TRUST, PolicyType.RESOURCE, PolicyType.VPCE, PolicyType.RCP)


def check_principals(policy: PolicyShape, kind: PolicyType) -> None:
    """Raise `Refusal` for principals where none belong, none where some do, and forms that are none."""
    for statement in policy.statements:
        if kind not in _SPEAKS_OF_PRINCIPALS:
            if statement.principal_element is not None:
                raise Refusal("Policy document should not specify a principal.")
        elif kind is PolicyType.RCP:
            if statement.principal_element != "Principal" or isinstance(statement.principal, Object):
                raise Refusal('resource control policies speak of the principal "*"')
        else:
            _check_statement(statement, kind)


def invalid(kind: str, value: str) -> str:
    """AWS's words for a principal it does not know. It writes the type in capitals."""
    return f'Invalid principal in policy: "{kind.upper()}":"{value}"'


def _check_statement(statement: StatementShape, kind: PolicyType) -> None:
    if statement.principal is None:
        raise Refusal("Missing required field Principal cannot be empty!")
    if kind is PolicyType.TRUST and statement.principal_element == "NotPrincipal":
        raise Refusal("Has prohibited field NotPrincipal.")
    if not isinstance(statement.principal, Object):
        return
    if not statement.principal.members:
        raise Refusal(SYNTAX)
    for member in statement.principal.members.values():
        values = strings(member.value)
        if not values:
            raise Refusal(SYNTAX)
        for value in values:
            if not _is_principal(member.key, value.text):
                raise Refusal(invalid(member.key, value.text))


def _is_principal(kind: str, value: str) -> bool:
    match kind:
        case "AWS":
            known = value == "*" or account_of(value) or _NAMED.fullmatch(value) or _UNIQUE_ID.fullmatch(value)
            return bool(known) and ("*" not in value or value == "*")
        case "Service":
            return _SERVICE.fullmatch(value) is not None
        case "Federated":
            return _FEDERATED.fullmatch(value) is not None
        case "CanonicalUser":
            return _CANONICAL.fullmatch(value) is not None
    return False
