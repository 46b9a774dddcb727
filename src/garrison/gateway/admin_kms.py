"""The operator's endpoints for the root key: its status and seals, sealing and unsealing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.gateway import root_key
from garrison.gateway.rollback import changes_in_database, older_than_seen, write_mark
from garrison.gateway.settings import Settings
from garrison.gateway.shared_root import SharedRoot
from garrison.keys.errors import Sealed, Tampered
from garrison.keys.seals import KINDS, CannotOpen, SealUnavailable
from garrison.services.kms import whole
from garrison.store import AlreadyExists

log = logging.getLogger("garrison.kms")

R = TypeVar("R")

_OTHERS_SEE_IT = 0.25
"""Seconds in which the other processes have followed."""


class Unseal(msgspec.Struct, forbid_unknown_fields=True):
    """`POST kms/unseal`"""

    passphrase: str | None = None
    accept_rollback: bool = False


class ChangeSeal(msgspec.Struct, forbid_unknown_fields=True):
    """`POST kms/add-seal` and `kms/migrate-seal`"""

    kind: str
    name: str | None = None
    passphrase: str | None = None


class RemoveSeal(msgspec.Struct, forbid_unknown_fields=True):
    """`POST kms/remove-seal`"""

    name: str


class RootKeyOperations:
    """What an operator does with the root key of a running server."""

    def __init__(self, runtime: Runtime, settings: Settings, shared: SharedRoot | None) -> None:
        self._runtime = runtime
        self._settings = settings
        self._shared = shared
        self._lock = asyncio.Lock()

    async def status(self) -> dict[str, Any]:
        """Whether it is sealed, under which seals it is, and how far the key tables have come."""

        def work() -> dict[str, Any]:
            root = self._runtime.seal.root
            told: dict[str, Any] = {
                "sealed": root.sealed,
                "seals": root_key.described(root_key.wrapped_roots(self._runtime.store)),
                "changes": None if root.sealed else changes_in_database(self._runtime),
            }
            return told

        return await self._work(work)

    async def seal(self) -> dict[str, Any]:
        """Forget the root key and every KMS key. Who may call, and who is signed in, stays known."""
        async with self._lock:
            self._runtime.seal.root.seal()
            self._runtime.keys.forget()
            await self._tell()
        log.warning("sealed by the operator")
        return await self.status()

    async def unseal(self, asked: Unseal) -> dict[str, Any]:
        """Open the root key with what the seals give, and a passphrase."""

        def check(opened: Runtime) -> None:
            data_dir = self._settings.data_dir
            older = older_than_seen(opened, data_dir)
            if older is not None and not asked.accept_rollback:
                raise AwsError(
                    "RolledBack", f"{older}. If that is meant: garrison kms unseal --accept-rollback", status=409
                )
            write_mark(opened, data_dir, changes_in_database(opened))

        def work() -> str:
            return root_key.unseal(self._runtime, self._settings, asked.passphrase, check)

        async with self._lock:
            name = await self._work(work)
            await self._tell()
        log.warning("unsealed by the operator with the %s seal", name)
        return {"opened_by": name, **await self.status()}

    async def add_seal(self, asked: ChangeSeal) -> dict[str, Any]:
        """One more seal."""
        _check_kind(asked.kind)
        await self._work(
            lambda: root_key.add_seal(
                self._runtime, self._settings, asked.kind, name=asked.name, passphrase=asked.passphrase
            )
        )
        log.warning("added a %s seal", asked.kind)
        return await self.status()

    async def remove_seal(self, asked: RemoveSeal) -> dict[str, Any]:
        """One seal fewer."""
        await self._work(lambda: root_key.remove_seal(self._runtime, asked.name))
        log.warning("removed the seal %s", asked.name)
        return await self.status()

    async def migrate(self, asked: ChangeSeal) -> dict[str, Any]:
        """One new seal instead of all others."""
        _check_kind(asked.kind)
        made, removed = await self._work(
            lambda: root_key.migrate(
                self._runtime, self._settings, asked.kind, name=asked.name, passphrase=asked.passphrase
            )
        )
        log.warning("migrated from %s to the seal %s", ", ".join(removed), made)
        return {"added": made, "removed": removed, **await self.status()}

    async def verify(self) -> dict[str, Any]:
        """Whether all rows of the key tables are there and as they were written."""
        return {"rows": await self._work(lambda: whole.verify(self._runtime))}

    async def rotate_domain_keys(self) -> dict[str, Any]:
        """All key material under new domain keys."""
        n = await self._work(lambda: whole.rotate_domain_keys(self._runtime))
        log.warning("sealed the material of %d keys under new domain keys", n)
        return {"keys": n}

    async def _tell(self) -> None:
        if self._shared is not None:
            self._shared.publish(self._runtime.seal)
            await asyncio.sleep(_OTHERS_SEE_IT)

    async def _work(self, function: Callable[[], R]) -> R:
        """On a pool thread: Argon2id takes its time. Refusals become what the operator is told."""
        started = time.monotonic()
        try:
            return await asyncio.get_running_loop().run_in_executor(None, function)
        except CannotOpen as e:
            # Who guesses passphrases waits for each of them.
            await asyncio.sleep(max(0.0, 1.0 - (time.monotonic() - started)))
            raise AwsError("CannotOpen", ". ".join(e.reasons), status=409) from e
        except Sealed as e:
            raise AwsError("Sealed", "The root key is sealed: garrison kms unseal first.", status=409) from e
        except Tampered as e:
            raise AwsError(
                "Tampered",
                f"The database was changed by somebody else: {e}. To put back a backup: garrison kms restore FILE",
                status=409,
            ) from e
        except (SealUnavailable, ValueError) as e:
            text = str(e)
            raise AwsError("BadSeal", text[:1].upper() + text[1:] + ".", status=400) from e
        except AlreadyExists as e:
            raise AwsError(
                "AlreadyExists", "There is a seal of that name: give another with --name.", status=409
            ) from e


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise AwsError("BadSeal", f"There is no seal {kind[:32]!r}: choose from {', '.join(KINDS)}.", status=400)
