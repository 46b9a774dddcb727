"""`Principal` and `NotPrincipal`: whom a statement speaks of, and at which level it names them.

Source: IAM user guide, "AWS JSON policy elements: Principal" and "Policy evaluation for requests within a single
account". The level decides what still limits the grant: a permissions boundary binds a role named by its ARN, but not
a session named by its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from garrison.policy.principal import (
    Anonymous,
    AssumedRoot,
    Federated,
    FederatedUser,
    Principal,
    RoleSession,
    Root,
    Service,
    User,
)


class Grant(IntEnum):
    """How directly a resource's policy names the caller; the higher, the less limits it."""

    NONE = 0
    """Not at all."""
    ACCOUNT = 1
    """Through its account, which only delegates: the account's own policies must allow as well."""
    ENTITY = 2
    """A session through its role, or a federated user through the user that asked for it: boundary and session bind."""
    DIRECT = 3
    """The caller itself, or everyone."""


class Principals(msgspec.Struct, frozen=True):
    """The entries of a `Principal` or `NotPrincipal` element, sorted for look-up."""

    negated: bool = False
    deny: bool = False
    """Of a statement that denies."""
    everyone: bool = False
    accounts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """`AWS` entries, compared as they stand with user, session and federated-user ARNs and with unique ids."""
    services: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    roles: frozenset[tuple[str, str, str]] = frozenset()
    """(partition, account, lower-case name). A role's path does not count: its name is unique in the account."""
    narrowed: frozenset[tuple[str, str]] = frozenset()
    """Accounts, and what sessions are sessions of, that are listed only for the sake of somebody of theirs who is
    listed too; see `_spares`."""

    def grant(self, principal: Principal) -> Grant:
        """At which level the element covers `principal`."""
        if self.negated:
            # "Not these" leaves everyone else, the anonymous included. Who is to be let in thereby must be listed at no
            # level; who is to be spared, by a level that means it.
            excluded = self._spares(principal) if self.deny else self._listed(principal)
            return Grant.NONE if excluded else Grant.DIRECT
        return self._listed(principal)

    def _spares(self, principal: Principal) -> bool:
        """Whether Deny with NotPrincipal leaves `principal` out.

        A user's account has to be listed beside the user, and a session's role and account beside the session; still
        "all principals except the user" are denied, the account's others too (IAM user guide, "AWS JSON policy
        elements: NotPrincipal", both examples). An account or role that is listed alone means everyone of it.
        """
        level = self._listed(principal)
        if level is Grant.ENTITY:
            return _inner(principal.arn) not in self.narrowed
        if level is Grant.ACCOUNT:
            return self.narrowed.isdisjoint({("", principal.account or ""), _UNKNOWN})
        return level is Grant.DIRECT

    def _listed(self, principal: Principal) -> Grant:
        if self.everyone:
            return Grant.DIRECT
        match principal:
            case User():
                if principal.arn in self.names or principal.id in self.names:
                    return Grant.DIRECT
            case RoleSession():
                if principal.arn in self.names:
                    return Grant.DIRECT
                if principal.role_id in self.names or (self.roles and role_key(principal.role_arn) in self.roles):
                    return Grant.ENTITY
            case FederatedUser():
                if principal.arn in self.names:
                    return Grant.DIRECT
                if principal.issuer_arn in self.names or principal.issuer_id in self.names:
                    return Grant.ENTITY
            case Root() | AssumedRoot():
                return Grant.DIRECT if principal.account in self.accounts else Grant.NONE
            case Service():
                return Grant.DIRECT if principal.name in self.services else Grant.NONE
            case Federated():
                return Grant.DIRECT if principal.provider in self.providers else Grant.NONE
            case Anonymous():
                return Grant.NONE
        return Grant.ACCOUNT if principal.account in self.accounts else Grant.NONE


def role_key(arn: str) -> tuple[str, str, str] | None:
    """What identifies a role by its ARN, or None if it is not the ARN of one."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    return parts[1], parts[4], parts[5].rsplit("/", 1)[1].lower()


_UNKNOWN = ("", "")
"""Stands for the account of a unique id, which does not say it."""


def _inner(arn: str) -> tuple[str, str]:
    """What a session is one of: its role, or its account's federated users."""
    return "session", arn.rpartition("/")[0].lower()


def _narrowed(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    """What is not meant as a whole where these are listed beside it."""
    for name in names:
        parts = name.split(":", 5)
        if len(parts) != 6:
            yield _UNKNOWN
        else:
            yield "", parts[4]
            if parts[2] == "sts":
                yield _inner(name)


def account_of(entry: str) -> str | None:
    """The account an `AWS` entry delegates to (twelve digits, or the ARN of its root), or None."""
    if len(entry) == 12 and entry.isascii() and entry.isdigit():
        return entry
    parts = entry.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn" and parts[2] == "iam" and parts[5] == "root":
        return parts[4]
    return None


def principals(entries: Iterable[tuple[str, str]], *, negated: bool, deny: bool = False) -> Principals:
    """Sort `(type, value)` entries of the element; `("AWS", "*")` is everyone."""
    found: dict[str, set[str]] = {"AWS": set(), "Service": set(), "Federated": set(), "CanonicalUser": set()}
    for kind, value in entries:
        found[kind].add(value)
    aws = found["AWS"]
    # The ARN of a root is its account's, also for a federated user whom the root user issued.
    names = frozenset(entry for entry in aws if account_of(entry) is None)
    return Principals(
        negated=negated,
        deny=deny,
        everyone="*" in aws,
        accounts=frozenset(account for account in map(account_of, aws) if account is not None),
        roles=frozenset(key for key in map(role_key, aws) if key is not None),
        names=names,
        narrowed=frozenset(_narrowed(names - {"*"})) if negated and deny else frozenset(),
        services=frozenset(found["Service"]),
        # CanonicalUser ids belong to S3's access lists; no caller carries one, so such an entry covers nobody.
        providers=frozenset(found["Federated"]),
    )


def entry_grant(entry: str, principal: Principal) -> Grant:
    """At which level one entry, written `Type:value`, covers `principal`."""
    kind, _, value = entry.partition(":")
    return principals([(kind, value)], negated=False).grant(principal)
