"""The errors of WAF's resources; those of rules are the engine's (`garrison.waf.errors`).

The sentences are those its clients have recorded; where none is known they are made alike.
"""

from __future__ import annotations

from garrison.aws.errors import AwsError


def duplicate() -> AwsError:
    """The name is taken."""
    return _error(
        "DuplicateItem",
        "AWS WAF couldn’t perform the operation because some resource in your request is a duplicate of an existing "
        "one.",
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


def quota_exceeded() -> AwsError:
    """One more than the account, or the resource, may have."""
    return _error("LimitsExceeded", "AWS WAF couldn’t perform the operation because you exceeded your resource limit.")


def unavailable() -> AwsError:
    """The resource to be protected is not there (yet)."""
    return _error("UnavailableEntity", "AWS WAF couldn’t retrieve the resource that you requested. Retry your request.")


def invalid_tags(text: str) -> AwsError:
    return _error("TagOperation", text)


def invalid_operation(text: str) -> AwsError:
    return _error("InvalidOperation", text)


def invalid_permission_policy() -> AwsError:
    return _error(
        "InvalidPermissionPolicy", "The operation failed because the specified policy isn't in the proper format."
    )


def unsupported_aggregate_key() -> AwsError:
    return _error(
        "UnsupportedAggregateKeyType",
        "The rule that you've named doesn't aggregate solely on the IP address or solely on the forwarded IP address. "
        "This call is only available for rate-based rules with an AggregateKeyType setting of IP or FORWARDED_IP.",
    )


def _error(name: str, text: str) -> AwsError:
    return AwsError(f"WAF{name}Exception", text, status=400)
