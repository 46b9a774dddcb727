"""The errors of Shield. Texts are those its users have met where any is known; the others are made alike (a guess)."""

from __future__ import annotations

from garrison.aws.errors import AwsError


def not_found(text: str, resource_type: str) -> AwsError:
    """Nothing of that kind. `resource_type` is the error's `resourceType`."""
    return AwsError("ResourceNotFoundException", text, status=400, fields={"resourceType": resource_type})


def no_subscription() -> AwsError:
    """Shield Advanced is not subscribed to."""
    return not_found("The subscription does not exist.", "SUBSCRIPTION")


def no_protection() -> AwsError:
    return not_found("The referenced protection does not exist.", "PROTECTION")


def no_group() -> AwsError:
    return not_found("The referenced protection group does not exist.", "PROTECTION_GROUP")


def already(text: str, resource_type: str) -> AwsError:
    return AwsError("ResourceAlreadyExistsException", text, status=400, fields={"resourceType": resource_type})


def invalid(text: str, field: str | None = None) -> AwsError:
    """`InvalidParameterException` about one field, or about how several go together."""
    told = [] if field is None else [{"name": field, "message": text}]
    return AwsError(
        "InvalidParameterException", text, status=400,
        fields={"reason": "OTHER" if field is None else "INVALID_OPTIONS", "fields": told},
    )  # fmt: skip


def invalid_resource(text: str = "Unrecognized resource.") -> AwsError:
    return AwsError("InvalidResourceException", text, status=400)


def invalid_operation(text: str) -> AwsError:
    return AwsError("InvalidOperationException", text, status=400)


def locked(text: str) -> AwsError:
    return AwsError("LockedSubscriptionException", text, status=400)


def limit(kind: str, most: int) -> AwsError:
    return AwsError(
        "LimitsExceededException",
        f"The limit of {most} for {kind} has been exceeded.",
        status=400,
        fields={"Type": kind, "Limit": most},
    )
