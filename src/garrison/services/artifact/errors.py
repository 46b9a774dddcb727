"""The errors of Artifact. AWS does not document their sentences: these are made in its manner (a guess)."""

from __future__ import annotations

from garrison.aws.errors import AwsError


def invalid(text: str, field: str = "", reason: str = "fieldValidationFailed") -> AwsError:
    """`ValidationException`, about a field where there is one."""
    fields: dict[str, object] = {"reason": reason}
    if field:
        fields["fieldList"] = [{"name": field, "message": text}]
    return AwsError("ValidationException", text, status=400, fields=fields)


def bad_token(field: str) -> AwsError:
    """A token that is not one, is somebody else's, for something else, used or expired: which, nobody is told."""
    return invalid("The token is invalid or has expired.", field, "invalidToken")


def not_found(kind: str, id: str) -> AwsError:
    """There is none, as far as the caller may know."""
    fields = {"resourceId": id, "resourceType": kind}
    return AwsError("ResourceNotFoundException", f"The {kind} {id} does not exist.", status=404, fields=fields)


def conflict(text: str, kind: str, id: str) -> AwsError:
    return AwsError("ConflictException", text, status=409, fields={"resourceId": id, "resourceType": kind})


def quota(text: str, kind: str, id: str, code: str) -> AwsError:
    fields = {"resourceId": id, "resourceType": kind, "serviceCode": "artifact", "quotaCode": code}
    return AwsError("ServiceQuotaExceededException", text, status=402, fields=fields)
