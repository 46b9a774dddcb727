"""The errors of Inspector. Texts are those its users have met where any is known; the others are made alike."""

from __future__ import annotations

from garrison.aws.errors import AwsError


def invalid(text: str, field: str | None = None) -> AwsError:
    """`ValidationException` about one field, or about how several go together."""
    if field is None:
        return AwsError("ValidationException", text, status=400, fields={"reason": "OTHER"})
    listed = [{"name": field, "message": text}]
    return AwsError(
        "ValidationException", text, status=400, fields={"reason": "FIELD_VALIDATION_FAILED", "fields": listed}
    )


def not_found(text: str) -> AwsError:
    return AwsError("ResourceNotFoundException", text, status=404)


def conflict(text: str, id: str, type: str) -> AwsError:
    return AwsError("ConflictException", text, status=409, fields={"resourceId": id, "resourceType": type})


def denied(text: str) -> AwsError:
    """What the caller's account may not do, whatever its policies say."""
    return AwsError("AccessDeniedException", text, status=403)


def not_enabled() -> AwsError:
    """Seen in many public reports, for every operation on findings and coverage."""
    return denied("Invoking account is not enabled.")


def no_access() -> str:
    """Why an account in a list is refused. Seen in public reports."""
    return "Invoking account does not have access to this account"


def quota(text: str, id: str) -> AwsError:
    """HTTP 402, as the model has it."""
    return AwsError("ServiceQuotaExceededException", text, status=402, fields={"resourceId": id})
