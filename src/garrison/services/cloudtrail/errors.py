"""CloudTrail's errors. AWS documents when each comes, and not its sentence: texts are what users have met where any is
known, the others are made alike (a guess)."""

from __future__ import annotations

from garrison.aws.errors import AwsError


def error(code: str, text: str) -> AwsError:
    """One of CloudTrail's exceptions, by its name."""
    return AwsError(code, text, status=400)


def unknown_trail(named: str, account: str) -> AwsError:
    return error("TrailNotFoundException", f"Unknown trail: {named} for the user: {account}")


def not_supported(what: str) -> AwsError:
    """What AWS can and Garrison cannot."""
    return error("UnsupportedOperationException", f"{what} is not supported here.")
