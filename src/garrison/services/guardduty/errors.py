"""The errors of GuardDuty. Texts are those its users have met where any is known; the others are made alike (a guess).

An unknown detector is a bad request, not something that is not found: clients match the text.
"""

from __future__ import annotations

from garrison.aws.errors import AwsError


def bad(text: str) -> AwsError:
    """`BadRequestException` with a text of its own."""
    return AwsError("BadRequestException", text, status=400, fields={"Type": "InvalidInputException"})


def rejected(text: str) -> AwsError:
    """`The request is rejected because ...`"""
    return bad(f"The request is rejected because {text}")


def no_detector() -> AwsError:
    """The detector is not there, or another account's."""
    return rejected("the input detectorId is not owned by the current account.")


def detector_exists() -> AwsError:
    return rejected("a detector already exists for the current account.")


def not_found(text: str) -> AwsError:
    """`ResourceNotFoundException`, of the operations that have it."""
    return AwsError("ResourceNotFoundException", text, status=404, fields={"Type": "ResourceNotFoundException"})


def conflict(text: str) -> AwsError:
    return AwsError("ConflictException", text, status=409, fields={"Type": "ConflictException"})


def denied(text: str) -> AwsError:
    return AwsError("AccessDeniedException", text, status=403, fields={"Type": "AccessDeniedException"})


def invalid(name: str) -> AwsError:
    """A parameter whose value is not allowed."""
    return rejected(f"an invalid or out-of-range value is specified as an input parameter: {name}.")


def limit(what: str, most: int) -> AwsError:
    """A quota is full."""
    return rejected(f"the current account cannot have more than {most} {what}.")


def not_owned(what: str) -> AwsError:
    """`the input ipSetId is not owned by the current account.`"""
    return rejected(f"the input {what} is not owned by the current account.")


def administrators_only() -> AwsError:
    """What a member may not do: its administrator does it."""
    return rejected("the current account is a member account and cannot perform this operation.")
