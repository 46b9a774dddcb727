"""The errors of CloudFront whose texts several operations share. From public reports of its answers, or guesses."""

from __future__ import annotations

from garrison.aws.errors import AwsError


def error(code: str, text: str) -> AwsError:
    """One of the modelled errors, with the status its model gives."""
    return AwsError(code, text)


def invalid(text: str) -> AwsError:
    return error("InvalidArgument", text)


def no_distribution() -> AwsError:
    return error("NoSuchDistribution", "The specified distribution does not exist.")


def not_built(what: str) -> AwsError:
    """A part of a configuration that would have to do something that is not done here."""
    return invalid(f"This Garrison has no {what}.")
