"""The errors of Organizations whose texts several operations share.

Texts known from public reports of the service are its own; the others are guesses, made of the sentences by which the
API reference describes each exception.
"""

from __future__ import annotations

from garrison.aws.errors import AwsError


def error(name: str, text: str) -> AwsError:
    """`name` without the `Exception` it ends in."""
    return AwsError(f"{name}Exception", text, status=400)


def constraint(reason: str, text: str) -> AwsError:
    """`ConstraintViolationException` with its reason."""
    return AwsError("ConstraintViolationException", text, status=400, fields={"Reason": reason})


def invalid(reason: str, text: str) -> AwsError:
    """`InvalidInputException` with its reason."""
    return AwsError("InvalidInputException", text, status=400, fields={"Reason": reason})


def handshake_constraint(reason: str, text: str) -> AwsError:
    """`HandshakeConstraintViolationException` with its reason."""
    return AwsError("HandshakeConstraintViolationException", text, status=400, fields={"Reason": reason})


def not_found(what: str, noun: str) -> AwsError:
    """`not_found("Policy", "a policy")`: `PolicyNotFoundException`."""
    return error(f"{what}NotFound", f"You specified {noun} that doesn't exist.")


def not_in_use() -> AwsError:
    """The caller's account belongs to no organization."""
    return error("AWSOrganizationsNotInUse", "Your account is not a member of an organization.")


def denied() -> AwsError:
    """The caller's account may not make this call, whatever its policies say."""
    return error("AccessDenied", "You don't have permissions to access this resource.")


def account_not_found() -> AwsError:
    return not_found("Account", "an account")


def target_not_found() -> AwsError:
    return not_found("Target", "a target")


def all_features_needed() -> AwsError:
    return constraint(
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        "You can't perform this operation because your organization doesn't have all features enabled.",
    )


def too_many_accounts() -> str:
    """What is said where one account more would be too many."""
    return "You have exceeded the allowed number of AWS accounts."
