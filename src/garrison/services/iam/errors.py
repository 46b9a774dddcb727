"""IAM's errors whose texts several operations share."""

from __future__ import annotations

from garrison.aws.errors import AwsError


def no_such_entity(noun: str, name: str) -> AwsError:
    """`NoSuchEntity` for a user, group or role."""
    return AwsError("NoSuchEntity", f"The {noun} with name {name} cannot be found.")


def already_exists(noun: str, name: str) -> AwsError:
    """`EntityAlreadyExists`; `noun` as the message begins (`User`)."""
    return AwsError("EntityAlreadyExists", f"{noun} with name {name} already exists.")


def over_quota(quota: str, limit: int) -> AwsError:
    """`LimitExceeded` for a quota by its name (`AccessKeysPerUser`)."""
    return AwsError("LimitExceeded", f"Cannot exceed quota for {quota}: {limit}")


def must_first(step: str) -> AwsError:
    """`DeleteConflict` for an entity that still owns something: `must_first("delete policies")`."""
    return AwsError("DeleteConflict", f"Cannot delete entity, must {step} first.")
