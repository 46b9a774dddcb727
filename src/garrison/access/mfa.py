"""Proof of a second factor. The service that owns MFA devices registers the verifier; nobody imports it to ask."""

from __future__ import annotations

from typing import Protocol

from garrison.access.runtime import Runtime
from garrison.policy.principal import Principal
from garrison.store import Transaction


class MfaVerifier(Protocol):
    """Checks one code of one device and burns it, so that it is never accepted again."""

    def __call__(
        self, runtime: Runtime, tx: Transaction, principal: Principal, serial: str, code: str, now: float
    ) -> bool:
        """True if the device `serial` is enabled for `principal` (a user or root) and `code` is its current code."""
        ...


_verifier: MfaVerifier | None = None


def provide_mfa(verifier: MfaVerifier) -> None:
    """Register the one verifier (IAM)."""
    global _verifier
    _verifier = verifier


def verify_mfa(runtime: Runtime, tx: Transaction, principal: Principal, serial: str, code: str, now: float) -> bool:
    """Check and burn a code. Without a verifier there are no devices, and so no code is right."""
    return _verifier is not None and _verifier(runtime, tx, principal, serial, code, now)
