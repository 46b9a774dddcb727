"""Principals named in policies and grants, bound to unique ids: the service that owns them registers itself here.

A principal made again under an old name is another principal. So what a policy names is kept as the unique id of the
user or role, and shown as its ARN, or as the id once what it named is gone.
Source: IAM user guide, "AWS JSON policy elements: Principal".
"""

from __future__ import annotations

from typing import Protocol

from garrison.store import Reader


class UnknownPrincipal(Exception):
    """A policy names somebody who does not exist. `kind` and `value` are as in its `Principal` element."""

    def __init__(self, kind: str, value: str) -> None:
        super().__init__(f"{kind}: {value}")
        self.kind = kind
        self.value = value


class PrincipalBinder(Protocol):
    """Knows which unique id an ARN stands for."""

    def bind(self, reader: Reader, document: str, partition: str) -> str:
        """A policy as it is stored. Raises `UnknownPrincipal`."""
        ...

    def render(self, reader: Reader, document: str, partition: str) -> str:
        """A stored policy as it is shown."""
        ...

    def bind_one(self, reader: Reader, principal: str, partition: str) -> str | None:
        """One `AWS` principal as it is stored; None if it does not exist."""
        ...

    def render_one(self, reader: Reader, principal: str, partition: str) -> str:
        """One stored principal as it is shown."""
        ...


_binder: PrincipalBinder | None = None


def provide_binder(binder: PrincipalBinder) -> None:
    """Register the one binder (IAM)."""
    global _binder
    _binder = binder


def binder() -> PrincipalBinder:
    """The registered binder."""
    if _binder is None:
        raise RuntimeError("nobody knows principals: import garrison.services.iam first")
    return _binder
