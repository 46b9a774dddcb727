"""What AWS refuses to save, in its own words and its own order: the first failing check is the one reported.

Source: IAM user guide, "Grammar of the IAM JSON policy language", and recorded answers of IAM. Unknown actions of a
known service are accepted, as AWS does; `garrison.policy.lint` is where they are noticed.

Every function here returns nothing if the policy may be saved, and then `Document.parse` accepts it too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from garrison.aws.errors import AwsError
from garrison.policy.document import Document
from garrison.policy.reader import PolicyError
from garrison.policy.request import PolicyType
from garrison.policy.saving import actions, principals, resources, shape
from garrison.policy.saving.refusal import SYNTAX, Refusal

KnownServices = Collection[str] | Callable[[str], bool]
"""Service prefixes that exist (lower case), or a function telling; None where any well-formed prefix will do."""

MALFORMED = "MalformedPolicyDocument"
ORGANIZATIONS_REFUSAL = "The provided policy document does not meet the requirements of the specified policy type."

_WHITESPACE = re.compile(r"\s+", re.ASCII)
_FORBIDDEN_CHARACTER = re.compile("[^\t\n\r\u0020-\u00ff]")


def size(text: str) -> int:
    """A policy's size as IAM counts it: characters that are not white space."""
    return len(_WHITESPACE.sub("", text))


def validate_identity(text: str, *, services: KnownServices | None = None) -> None:
    """Managed and inline policies, and boundaries. Raises `AwsError` `MalformedPolicyDocument`."""
    _validate(text, PolicyType.IDENTITY, services, new_version=True)


def validate_session(text: str, *, services: KnownServices | None = None) -> None:
    """Session policies passed to STS. Raises `AwsError` `MalformedPolicyDocument`."""
    _validate(text, PolicyType.SESSION, services, new_version=False)


def validate_trust(text: str) -> None:
    """Role trust policies. Whether named principals exist is for IAM to say (see `principal_refusal`).

    Raises `AwsError` `MalformedPolicyDocument`.
    """
    _validate(text, PolicyType.TRUST, None, new_version=False)


def validate_resource(
    text: str, *, services: KnownServices | None = None, needs_resource: bool = True, code: str = MALFORMED
) -> None:
    """Resource-based policies; `code` is the service's own error code. Raises `AwsError`."""
    _validate(text, PolicyType.RESOURCE, services, new_version=False, code=code, needs_resource=needs_resource)


def validate_scp(text: str, *, services: KnownServices | None = None) -> None:
    """Service control policies. Raises `AwsError` `MalformedPolicyDocumentException`."""
    _validate_for_organizations(text, PolicyType.SCP, services)


def validate_rcp(text: str, *, services: KnownServices | None = None) -> None:
    """Customer resource control policies. `services`: the prefixes resource control policies support.

    Source: Organizations user guide, "RCP syntax". Raises `AwsError` `MalformedPolicyDocumentException`.
    """
    _validate_for_organizations(text, PolicyType.RCP, services)


def principal_refusal(kind: str, value: str) -> AwsError:
    """The refusal of a principal that does not exist: `Invalid principal in policy: "AWS":"arn:..."`."""
    return AwsError(MALFORMED, principals.invalid(kind, value), status=400)


def _validate_for_organizations(text: str, kind: PolicyType, services: KnownServices | None) -> None:
    try:
        _validate(text, kind, services, new_version=True)
    except AwsError:
        raise AwsError("MalformedPolicyDocumentException", ORGANIZATIONS_REFUSAL, status=400) from None


def _validate(
    text: str,
    kind: PolicyType,
    services: KnownServices | None,
    *,
    new_version: bool,
    code: str = MALFORMED,
    needs_resource: bool = True,
) -> None:
    try:
        _check(text, kind, _membership(services), new_version=new_version, needs_resource=needs_resource)
        Document.parse(text, kind)
    except Refusal as refusal:
        raise AwsError(code, refusal.text, status=400) from None
    except PolicyError:
        raise AwsError(code, SYNTAX, status=400) from None


def _check(
    text: str,
    kind: PolicyType,
    known_service: Callable[[str], bool],
    *,
    new_version: bool,
    needs_resource: bool,
) -> None:
    if not isinstance(text, str) or _FORBIDDEN_CHARACTER.search(text):
        raise Refusal(SYNTAX)
    policy = shape.read_shape(text, kind)
    if new_version and policy.version != "2012-10-17":
        raise Refusal("Policy document must be version 2012-10-17 or greater.")
    shape.check_legacy(policy)
    shape.check_sids(policy, kind)
    for statement in policy.statements:
        if not statement.actions:
            raise Refusal("Policy statement must contain actions.")
    for statement in policy.statements:
        for resource in statement.resources or ():
            resources.check_resource(resource)
    for statement in policy.statements:
        for action in statement.actions:
            actions.check_action(action, known_service)
    principals.check_principals(policy, kind)
    for statement in policy.statements:
        if kind is PolicyType.TRUST:
            actions.check_trust_actions(statement)
            if statement.resources is not None:
                raise Refusal("Has prohibited field Resource.")
        elif needs_resource and not statement.resources:
            raise Refusal("Policy statement must contain resources.")
        if kind is PolicyType.RCP:
            actions.check_rcp(statement)


def _membership(services: KnownServices | None) -> Callable[[str], bool]:
    if services is None:
        return lambda prefix: True
    if callable(services):
        return services
    known = frozenset(services)
    return lambda prefix: prefix in known
