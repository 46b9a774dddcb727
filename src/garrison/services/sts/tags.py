"""Session tags: what is passed, what a role chain hands down, and which of them go on being handed down.

Source: IAM user guide, "Pass session tags in AWS STS"; error texts as known from practice.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from garrison.access.caller import Session
from garrison.aws.errors import AwsError

MOST_TAGS = 50


class SessionTags(NamedTuple):
    """The tags of a new session, and the keys of those that its own sessions will inherit."""

    tags: dict[str, str]
    transitive: tuple[str, ...]


def _refuse(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message, status=400)


def passed(params: dict[str, Any]) -> dict[str, str]:
    """The `Tags` parameter. Raises `AwsError` for keys given twice (in any case) or reserved ones."""
    tags: dict[str, str] = {}
    folded: set[str] = set()
    for tag in params.get("Tags", ()):
        key = tag["Key"]
        if key.lower() in folded:
            raise AwsError(
                "InvalidParameterValue",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
                status=400,
            )
        if key.lower().startswith("aws:"):
            raise _refuse("Tag keys starting with 'aws:' are reserved for system use")
        folded.add(key.lower())
        tags[key] = tag["Value"]
    return tags


def of_new_session(params: dict[str, Any], calling: Session | None) -> SessionTags:
    """Tags of a session made with these parameters by a caller with that session (None: long-term credentials).

    Inherited transitive tags stay as they are: passing one of them again is an error.
    """
    tags = passed(params)
    spelled = {key.lower(): key for key in tags}
    transitive: dict[str, str] = {}
    for key in params.get("TransitiveTagKeys", ()):
        if key.lower() not in spelled:
            raise _refuse("The specified transitive tag key must be included in the requested tags.")
        transitive[key.lower()] = spelled[key.lower()]
    if calling is not None:
        for key in calling.transitive:
            if key.lower() in transitive:
                raise _refuse(
                    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag "
                    "key from the calling session."
                )
            if key.lower() in spelled:
                raise _refuse(
                    "One of the specified tag keys can't be set because it conflicts with a transitive tag key from "
                    "the calling session."
                )
            tags[key] = calling.tags[key]
            transitive[key.lower()] = key
    if len(tags) > MOST_TAGS:
        raise _refuse(f"A session cannot have more than {MOST_TAGS} tags, inherited ones included.")
    return SessionTags(tags, tuple(transitive.values()))
