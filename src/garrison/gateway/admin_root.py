"""The operator's endpoints for root users: what no AWS operation sets, or nobody is left to ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from garrison.access.accounts import account
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.gateway.first_start import CREDENTIALS, RootCredentials, write_credentials
from garrison.services.iam import root, totp

R = TypeVar("R")


class RootPassword(msgspec.Struct, forbid_unknown_fields=True):
    """`POST root-password`"""

    password: str
    account: str | None = None


class RootMfa(msgspec.Struct, forbid_unknown_fields=True):
    """`POST root-mfa`; `DELETE root-mfa` takes `serial` too."""

    account: str | None = None
    serial: str | None = None


class RootKey(msgspec.Struct, forbid_unknown_fields=True):
    """`POST root-key`: nothing is asked, it is the first account's."""


class RootMfaMade(msgspec.Struct):
    """A device enabled for root. The seed is shown this once."""

    serial: str
    seed: str
    uri: str


async def set_password(runtime: Runtime, asked: RootPassword) -> None:
    """Set root's password. Raises `AwsError`."""
    await _work(lambda: root.set_root_password(runtime, _account(runtime, asked.account), asked.password))


async def active_keys(runtime: Runtime) -> list[str]:
    """The ids of the active access keys of the first account's root user."""
    return await _work(lambda: root.active_root_keys(runtime, runtime.first_account))


async def create_key(runtime: Runtime, data_dir: Path) -> str:
    """Make the first account's root user an access key, and write it into the data directory's credentials: its id.

    Raises `AwsError` (`LimitExceeded`) where root has two keys, and while the root key is sealed.
    """
    if not runtime.seal.usable:
        raise AwsError("ServiceUnavailable", "Sealed: open it first, with garrison kms unseal.", status=503)

    def work() -> str:
        key_id, secret = root.create_root_key(runtime, runtime.first_account)
        made = RootCredentials(runtime.first_account, key_id, secret)
        write_credentials(data_dir / CREDENTIALS, made, runtime.region)
        return key_id

    return await _work(work)


async def create_mfa(runtime: Runtime, asked: RootMfa) -> RootMfaMade:
    """Make and enable a device for root: who owns the machine needs to prove nothing. Raises `AwsError`."""

    def work() -> RootMfaMade:
        number = _account(runtime, asked.account)
        serial, new = root.create_root_mfa(runtime, number)
        step = totp.step_at(runtime.clock.now()) - 1
        codes = [totp.code(new.seed, step + n) for n in (-1, 0)]
        root.enable_root_mfa(runtime, number, serial, *codes)
        return RootMfaMade(serial, new.base32.decode(), new.uri)

    return await _work(work)


async def remove_mfa(runtime: Runtime, asked: RootMfa) -> None:
    """Take root's device away. Raises `AwsError`."""

    def work() -> None:
        number = _account(runtime, asked.account)
        for device in root.root_mfa_devices(runtime, number):
            if asked.serial in (None, device.id):
                root.remove_root_mfa(runtime, number, device.id)

    await _work(work)


def _account(runtime: Runtime, asked: str | None) -> str:
    number = asked or runtime.first_account
    with runtime.store.reading() as reader:
        if account(reader, number) is None:
            raise AwsError("NoSuchEntity", f"There is no account {number}.", status=404)
    return number


async def _work(function: Callable[[], R]) -> R:
    return await asyncio.get_running_loop().run_in_executor(None, function)
