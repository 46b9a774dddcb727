"""The root user's password, MFA devices and access key, for those who own the machine and cannot ask as root.

No API operation sets the first two; the key is made as iam:CreateAccessKey makes it. They live in the same rows as a
user's, under the account's id. Root's password follows AWS's fixed rules, not the account's password policy (AWS
account management guide, "Root user best practices").
"""

from __future__ import annotations

from garrison.access.runtime import Runtime
from garrison.services.iam import access_keys, login_profiles, mfa_devices, password
from garrison.services.iam.mfa_devices import NewDevice
from garrison.services.iam.resources import ACCESS_KEY, LoginProfile, MfaDevice
from garrison.store import Resource, Transaction
from garrison.trail.operations import global_region
from garrison.trail.service_event import service_entry

MFA_NAME = "root-account-mfa-device"
"""The name AWS's console gives root's first device."""


def set_root_password(runtime: Runtime, account: str, new: str) -> None:
    """Set or replace root's password. Raises `AwsError` (`PasswordPolicyViolation`) for one that is too weak."""
    with runtime.store.reading() as reader:
        names = login_profiles.names_of(reader, account)
    if not password.conforms(new, None, forbidden=names):
        raise password.violation()
    hash = password.hashed(new)
    now = runtime.clock.now()

    def write(tx: Transaction) -> None:
        row = login_profiles.profile_of(tx, account)
        if row is None:
            body = LoginProfile(password_hash=hash, changed=now)
            login_profiles.store_profile(tx, account, account, body, now)
        else:
            tx.update(row, password.replaced(row.body, hash, now, reset_required=False), updated=now)

    runtime.store.writing(write)


def create_root_key(runtime: Runtime, account: str) -> tuple[str, str]:
    """A further access key of root: its id and secret. Raises `AwsError` (`LimitExceeded`) where root has two.

    The trail has it as a `CreateAccessKey` that nobody called: who owns the machine is no principal.
    """
    now = runtime.clock.now()

    def write(tx: Transaction) -> tuple[str, str]:
        row, secret = access_keys.mint(runtime, tx, account, account, now)
        if runtime.trail is not None:
            entry = service_entry(
                "CreateAccessKey", source="iam.amazonaws.com", account=account,
                region=global_region(runtime.partition), now=now,
                details={"accessKeyId": row.id, "userName": "root", "reason": "garrison account root-key"},
                resources=[],
            )  # fmt: skip
            runtime.trail.record_change(tx, entry)
        return row.id, secret

    return runtime.store.writing(write)


def active_root_keys(runtime: Runtime, account: str) -> list[str]:
    """The ids of root's active access keys."""
    with runtime.store.reading() as reader:
        rows = reader.page(ACCESS_KEY, account, parent=account)
    return [row.id for row in rows if row.body.status == "Active"]


def create_root_mfa(runtime: Runtime, account: str, name: str = MFA_NAME) -> tuple[str, NewDevice]:
    """A device for root, not enabled yet: its serial number, and its seed as URI and QR code.

    Raises `AwsError` (`EntityAlreadyExists`).
    """
    with runtime.store.reading() as reader:
        new = mfa_devices.draw(reader, account, name)
    now = runtime.clock.now()
    row = runtime.store.writing(lambda tx: mfa_devices.create(runtime, tx, account, runtime.partition, name, new, now))
    return row.id, new


def enable_root_mfa(runtime: Runtime, account: str, serial: str, first: str, second: str) -> None:
    """Enable a device for root, given two consecutive codes. Raises `AwsError` (`InvalidAuthenticationCode`, ...)."""
    now = runtime.clock.now()

    def write(tx: Transaction) -> None:
        mfa_devices.enable(runtime, tx, mfa_devices.load(tx, account, serial), account, first, second, now)

    runtime.store.writing(write)


def remove_root_mfa(runtime: Runtime, account: str, serial: str) -> None:
    """Deactivate and delete a device of root: the way back in when the device is lost. Raises `AwsError`."""
    now = runtime.clock.now()

    def write(tx: Transaction) -> None:
        mfa_devices.deactivate(tx, mfa_devices.load_of(tx, account, serial, account), now)
        mfa_devices.delete(tx, mfa_devices.load(tx, account, serial))

    runtime.store.writing(write)


def root_mfa_devices(runtime: Runtime, account: str) -> list[Resource[MfaDevice]]:
    """The devices enabled for root."""
    with runtime.store.reading() as reader:
        return mfa_devices.devices_of(reader, account)
