"""Which password somebody has now, told apart from others without knowing it: sessions end when it changes.

The service that owns passwords registers itself here; nobody imports it to ask.
"""

from __future__ import annotations

from typing import Protocol

from garrison.policy.principal import Principal
from garrison.store import Reader


class PasswordStamp(Protocol):
    """A short text that is another one after every change of the password."""

    def __call__(self, reader: Reader, principal: Principal) -> str:
        """The stamp of a user's or root's password; empty if there is none."""
        ...


_provider: PasswordStamp | None = None


def provide_password_stamp(provider: PasswordStamp) -> None:
    """Register the one provider (IAM)."""
    global _provider
    _provider = provider


def password_stamp(reader: Reader, principal: Principal) -> str:
    """The stamp of a principal's password; empty for whoever has none, as sessions of roles."""
    return "" if _provider is None else _provider(reader, principal)
