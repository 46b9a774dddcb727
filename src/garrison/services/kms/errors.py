"""The errors of KMS whose texts several operations share.

Texts are AWS's own as recorded from the service, but for those that say otherwise.
"""

from __future__ import annotations

from garrison.aws.errors import AwsError


def error(name: str, text: str = "") -> AwsError:
    """`name` without the `Exception` it ends in."""
    return AwsError(f"{name}Exception", text, status=400)


def validation(text: str) -> AwsError:
    return error("Validation", text)


def key_not_found(arn: str) -> AwsError:
    return error("NotFound", f"Key '{arn}' does not exist")


def invalid_key_id(value: str) -> AwsError:
    return error("NotFound", f"Invalid keyId '{value}'")


def foreign_region(region: str) -> AwsError:
    """An ARN of another Region than the one that was called."""
    return error("NotFound", f"Invalid arn {region}")


def alias_not_found(arn: str) -> AwsError:
    return error("NotFound", f"Alias {arn} is not found.")


def invalid_arn(value: str) -> AwsError:
    """The text is a guess."""
    return error("InvalidArn", f"Invalid arn {value}")


def unsupported_origin(arn: str, origin: str) -> AwsError:
    return error("UnsupportedOperation", f"{arn} origin is {origin} which is not valid for this operation.")


def invalid_state(text: str) -> AwsError:
    return error("KMSInvalidState", text)


def limit_exceeded(text: str) -> AwsError:
    return error("LimitExceeded", text)


def invalid_usage(arn: str, usage: str, operation: str) -> AwsError:
    return error("InvalidKeyUsage", f"{arn} key usage is {usage} which is not valid for {operation}.")


def incompatible_algorithm(algorithm: str, spec: str) -> AwsError:
    return error("InvalidKeyUsage", f"Algorithm {algorithm} is incompatible with key spec {spec}.")


def incorrect_key() -> AwsError:
    text = "The key ID in the request does not identify a CMK that can perform this operation."
    return error("IncorrectKey", text)


def ciphertext_of_no_key() -> AwsError:
    """One text for a key that is not there, is elsewhere, or may not be used: which of them is nobody's business."""
    text = (
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you "
        "are not allowed to access."
    )
    return AwsError("AccessDeniedException", text, status=400)


def not_yours(arn: str, action: str) -> AwsError:
    """What the principals of another account learn of a key: no more than that it is not for them."""
    text = (
        f"User: {arn} is not authorized to perform: {action} on this resource because the resource does not exist in "
        "this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
    )
    return AwsError("AccessDeniedException", text, status=400)


def dry_run() -> AwsError:
    """The call would have succeeded. Status 412 is as other AWS services answer a dry run; KMS's is not documented."""
    return AwsError(
        "DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", status=412
    )
