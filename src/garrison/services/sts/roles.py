"""The role a session is asked for, and how long the session may be."""

from __future__ import annotations

from garrison.access.call import Call
from garrison.access.principals import RoleFacts, principals
from garrison.aws.arn import Arn
from garrison.aws.errors import AwsError
from garrison.store import Reader

DEFAULT_SECONDS = 3_600
CHAINED_SECONDS = 3_600
"""What role chaining limits a session to (IAM user guide, "Roles terms and concepts")."""


def arn(text: str) -> Arn:
    """The parts of a role's ARN. Raises `ValidationError`."""
    parsed = Arn.parse(text)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("role/"):
        raise AwsError("ValidationError", f"{text} is invalid", status=400)
    return parsed


def find(call: Call, reader: Reader, text: str) -> RoleFacts | None:
    """The role with that ARN, if there is one in this partition. Raises `ValidationError`."""
    return principals().role(reader, text) if arn(text).partition == call.partition else None


def duration(asked: int | None, role: RoleFacts, *, chained: bool = False) -> int:
    """Seconds of a session. Raises `ValidationError` for more than the role, or role chaining, admits."""
    seconds = DEFAULT_SECONDS if asked is None else asked
    if chained and seconds > CHAINED_SECONDS:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            status=400,
        )
    if seconds > role.max_session_duration:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            status=400,
        )
    return seconds
