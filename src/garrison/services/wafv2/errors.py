"""The errors of WAF. The sentences are those its clients have recorded; where none is known they are made alike."""

from __future__ import annotations

from garrison.aws.errors import AwsError


def nonexistent() -> AwsError:
    """Nothing by that name and id, or nothing of the caller's."""
    return _error("NonexistentItem", "AWS WAF couldn’t perform the operation because your resource doesn’t exist.")


def duplicate() -> AwsError:
    """The name is taken."""
    return _error(
        "DuplicateItem",
        "AWS WAF couldn’t perform the operation because some resource in your request is a duplicate of "
        "an existing one.",
    )


def stale() -> AwsError:
    """The lock token is not the one the resource has now."""
    return _error(
        "OptimisticLock",
        "AWS WAF couldn’t save your changes because someone changed the resource after you started to edit it. Reapply "
        "your changes.",
    )


def associated() -> AwsError:
    """Something else still uses it."""
    return _error(
        "AssociatedItem",
        "AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s "
        "associated with another resource.",
    )


def limit_exceeded(source: str | None = None) -> AwsError:
    """A quota. `source` is the error's `SourceType`."""
    return AwsError(
        "WAFLimitsExceededException",
        "AWS WAF couldn’t perform the operation because you exceeded your resource limit.",
        status=400,
        fields={"SourceType": source} if source else {},
    )


def unavailable() -> AwsError:
    """The resource to be protected is not there (yet)."""
    return _error("UnavailableEntity", "AWS WAF couldn’t retrieve the resource that you requested. Retry your request.")


def invalid(field: str, parameter: str, reason: str) -> AwsError:
    """`WAFInvalidParameterException`: `field` is one of the model's `ParameterExceptionField`."""
    return AwsError(
        "WAFInvalidParameterException",
        f"Error reason: {reason}, field: {field}, parameter: {parameter}",
        status=400,
        fields={"Field": field, "Parameter": parameter, "Reason": reason},
    )


def invalid_tags(text: str) -> AwsError:
    return _error("TagOperation", text)


def invalid_operation(text: str) -> AwsError:
    return _error("InvalidOperation", text)


def invalid_permission_policy() -> AwsError:
    return _error(
        "InvalidPermissionPolicy",
        "The operation failed because the specified policy isn't in the proper format.",
    )


def _error(name: str, text: str) -> AwsError:
    return AwsError(f"WAF{name}Exception", text, status=400)
