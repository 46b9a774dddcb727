"""Virtual MFA devices: what is stored of them, and the proof of a second factor they give."""

from __future__ import annotations

import base64
import io
import secrets
from typing import NamedTuple
from urllib.parse import quote

import msgspec
import segno

from garrison.access.mfa import provide_mfa
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.policy.principal import Principal, Root
from garrison.policy.principal import User as UserPrincipal
from garrison.services.iam import quotas, totp
from garrison.services.iam.account_alias import alias
from garrison.services.iam.errors import over_quota
from garrison.services.iam.resources import EPOCH, MFA, MFA_DEVICE, MfaDevice
from garrison.store import AlreadyExists, Reader, Resource, Transaction

PURPOSE = "totp-seed"
"""What seeds are sealed for."""
ISSUER = "Amazon Web Services"
"""What authenticator apps show above the code."""
_SEED_BYTES = 40
"""64 characters of base32, as AWS's seeds have."""
_GUESSES = 10
_GUESSES_WINDOW = 300
"""A device proves nothing for the rest of five minutes once ten wrong codes were given in them: of a million codes
three are right at any time, and who holds a key could try thousands a second. AWS throttles too, but does not say how.
"""
_LONGEST_SERIAL = 256


class NewDevice(NamedTuple):
    """A device about to be made: the only time its seed is shown."""

    seed: bytes
    uri: str
    png: bytes

    @property
    def base32(self) -> bytes:
        """The seed as people type it."""
        return base64.b32encode(self.seed)


def draw(reader: Reader, account: str, name: str) -> NewDevice:
    """A fresh seed, with the QR code authenticator apps scan. Slow enough to be kept out of transactions."""
    seed = secrets.token_bytes(_SEED_BYTES)
    label = quote(f"{name}@{alias(reader, account) or account}", safe="@")
    issuer = quote(ISSUER, safe="")
    uri = f"otpauth://totp/{issuer}:{label}?secret={base64.b32encode(seed).decode()}&issuer={issuer}"
    picture = io.BytesIO()
    segno.make(uri, micro=False, error="m").save(picture, kind="png", scale=5)
    return NewDevice(seed, uri, picture.getvalue())


def place(row: Resource[MfaDevice]) -> str:
    """Path and name: what tells the devices of an account apart, and the order they are listed in."""
    return f"{row.body.path}{row.name}"


def serial_number(partition: str, account: str, path: str, name: str) -> str:
    """`arn:aws:iam::A:mfa/path/name`"""
    return f"arn:{partition}:iam::{account}:mfa{path}{name}"


def create(
    runtime: Runtime,
    tx: Transaction,
    account: str,
    partition: str,
    name: str,
    new: NewDevice,
    now: float,
    *,
    path: str = "/",
    tags: dict[str, str] | None = None,
) -> Resource[MfaDevice]:
    """Store a device nobody uses yet. Raises `EntityAlreadyExists` and `LimitExceeded`."""
    if tx.count(MFA_DEVICE, account, parent=None) >= quotas.USERS:
        # IAM user guide, "IAM and AWS STS quotas": as many as users. The quota's name is a guess.
        raise over_quota("VirtualMFADevicesPerAccount", quotas.USERS)
    serial = serial_number(partition, account, path, name)
    if len(serial) > _LONGEST_SERIAL:
        # No operation could name such a device: SerialNumber takes 256 characters. That AWS refuses it is a guess.
        raise AwsError("ValidationError", "The path and name of an MFA device are too long together.", status=400)
    body = MfaDevice(sealed_seed=runtime.seal.seal(PURPOSE, new.seed, serial), path=path, tags=tags or {})
    try:
        return tx.insert(MFA_DEVICE, account, name, body, id=serial, parent=path, created=now)
    except AlreadyExists:
        raise AwsError("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.") from None


def load(reader: Reader, account: str, serial: str) -> Resource[MfaDevice]:
    """The device with that serial number. Raises `NoSuchEntity`."""
    row = reader.by_id(MFA_DEVICE, serial)
    if row is None or row.account != account:
        raise AwsError("NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist.")
    return row


def load_of(reader: Reader, account: str, serial: str, owner_id: str) -> Resource[MfaDevice]:
    """The device with that serial number, enabled for that user (or root). Raises `NoSuchEntity`."""
    row = load(reader, account, serial)
    if row.body.owner != owner_id:
        # Text recalled.
        raise AwsError("NoSuchEntity", "MFA Device invalid for user.")
    return row


def devices_of(reader: Reader, owner_id: str) -> list[Resource[MfaDevice]]:
    """The devices enabled for a user, or for root (by account id)."""
    rows = (reader.by_id(MFA_DEVICE, link.target) for link in reader.targets(MFA, owner_id))
    return [row for row in rows if row is not None]


def enable(
    runtime: Runtime, tx: Transaction, row: Resource[MfaDevice], owner_id: str, first: str, second: str, now: float
) -> None:
    """Enable a device for a user or root, given two consecutive codes. Raises as EnableMFADevice does."""
    if row.body.owner is not None:
        raise AwsError("EntityAlreadyExists", "MFA Device is already in use.")  # Text recalled.
    if len(tx.targets(MFA, owner_id)) >= quotas.MFA_DEVICES_PER_USER:
        raise over_quota("MFADevicesPerUser", quotas.MFA_DEVICES_PER_USER)
    step = totp.accepted_pair(
        _seed(runtime, row), first, second, now, window=totp.ENABLE_WINDOW, last=row.body.last_step
    )
    if step is None:
        raise _wrong_code()
    tx.update(row, msgspec.structs.replace(row.body, owner=owner_id, enabled=now, last_step=step), updated=now)
    tx.link(MFA, row.account, owner_id, row.id)
    tx.bump(EPOCH, row.account)


def resync(runtime: Runtime, tx: Transaction, row: Resource[MfaDevice], first: str, second: str, now: float) -> None:
    """Learn how far a device's clock is off from two consecutive codes. Raises `InvalidAuthenticationCode`."""
    step = totp.accepted_pair(
        _seed(runtime, row), first, second, now, window=totp.RESYNC_WINDOW, last=row.body.last_step
    )
    if step is None:
        raise _wrong_code()
    drift = totp.learned_drift(step, now)
    tx.update(row, msgspec.structs.replace(row.body, last_step=step, drift=drift), updated=now)


def deactivate(tx: Transaction, row: Resource[MfaDevice], now: float) -> None:
    """Take a device from its owner. Its burned codes stay burned, should it be enabled again."""
    if row.body.owner is not None:
        tx.unlink(MFA, row.body.owner, row.id)
    tx.update(row, msgspec.structs.replace(row.body, owner=None, enabled=None, drift=0), updated=now)
    tx.bump(EPOCH, row.account)


def delete(tx: Transaction, row: Resource[MfaDevice]) -> None:
    """Remove a device nobody uses. Raises `DeleteConflict`."""
    if row.body.owner is not None:
        raise AwsError("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
    tx.delete(row)
    tx.bump(EPOCH, row.account)


def verify(runtime: Runtime, tx: Transaction, principal: Principal, serial: str, code: str, now: float) -> bool:
    """Whether `code` is the current code of a device of `principal`; if so it is burned. See `access.mfa`."""
    if not isinstance(principal, Root | UserPrincipal):
        return False
    row = tx.by_id(MFA_DEVICE, serial)
    if row is None or row.account != principal.account or row.body.owner != principal.user_id:
        return False
    # A refused call leaves nothing in the store, so guesses are counted in the process.
    since, guesses = runtime.wrong_codes.get(serial) or (now, 0)
    if now - since >= _GUESSES_WINDOW:
        since, guesses = now, 0
    if guesses >= _GUESSES:
        return False
    step = totp.accepted(_seed(runtime, row), code, now, last=row.body.last_step, drift=row.body.drift)
    if step is None:
        runtime.wrong_codes.put(serial, (since, guesses + 1))
        return False
    tx.update(row, msgspec.structs.replace(row.body, last_step=step), updated=now)
    return True


def _seed(runtime: Runtime, row: Resource[MfaDevice]) -> bytes:
    return runtime.seal.open(PURPOSE, row.body.sealed_seed, row.id)


def _wrong_code() -> AwsError:
    return AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.", status=403)


provide_mfa(verify)
