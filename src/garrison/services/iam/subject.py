"""Whose credentials a call is about: the user it names, or else the caller itself, who may be the root user."""

from __future__ import annotations

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.policy.principal import AssumedRoot, Root
from garrison.policy.principal import User as UserPrincipal
from garrison.services.iam import owners
from garrison.services.iam.errors import no_such_entity
from garrison.services.iam.owners import USERS
from garrison.services.iam.resources import USER, User
from garrison.store import Reader, Resource


class Subject(msgspec.Struct, frozen=True):
    """A user, or the root user of the call's account."""

    id: str
    """The AIDA id; for root the account id. Keys, passwords and MFA devices belong to it."""
    arn: str
    row: Resource[User] | None
    """The user's row; None for root."""

    @property
    def name(self) -> str | None:
        """The user name; None for root."""
        return None if self.row is None else self.row.name

    @property
    def named(self) -> dict[str, str]:
        """The `UserName` member of an answer, which is left out for root."""
        return {} if self.row is None else {"UserName": self.row.name}


def of_row(partition: str, row: Resource[User]) -> Subject:
    """A user."""
    return Subject(row.id, owners.arn_of(partition, USERS, row), row)


def root(partition: str, account: str) -> Subject:
    """The root user of an account."""
    return Subject(account, f"arn:{partition}:iam::{account}:root", None)


def subject(call: Call, reader: Reader) -> Subject:
    """Who `UserName` means; without one, who calls.

    Raises `NoSuchEntity`, and `ValidationError` for callers that are neither a user nor root.
    """
    name = call.params.get("UserName")
    if name is not None:
        return of_row(call.partition, owners.load(reader, USERS, call.account, name))
    match call.caller.principal:
        case Root() | AssumedRoot():
            return root(call.partition, call.account)
        case UserPrincipal() as principal:
            row = reader.by_id(USER, principal.id)
            if row is None:
                raise no_such_entity("user", principal.name)
            return of_row(call.partition, row)
        case _:
            raise AwsError(
                "ValidationError", "Must specify userName when calling with non-User credentials", status=400
            )
