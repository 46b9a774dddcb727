"""What a Garrison has from its first start: the root key, the first account with its root access key, an admin token.

The root key opens everything that is sealed in the database, so it is made once and never again (`gateway.root_key`).
While it cannot be opened, nothing that needs it is made or read here.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from pathlib import Path

import msgspec

from garrison.access.accounts import account, create_account
from garrison.access.ports import Edge
from garrison.access.runtime import Runtime
from garrison.aws.clock import Clock, SystemClock
from garrison.aws.ids import access_key_id, secret_access_key
from garrison.aws.partitions import partition_of
from garrison.gateway.development_clock import DevelopmentClock, ahead
from garrison.gateway.objects import objects_of
from garrison.gateway.rollback import LEDGER_FILE, older_than_seen
from garrison.gateway.root_key import Refusal, open_root, restore_seal_rows, wrapped_roots
from garrison.gateway.settings import Settings
from garrison.keys.errors import Tampered
from garrison.keys.seal import Seal
from garrison.services.iam.access_keys import PURPOSE, keep
from garrison.services.iam.resources import ACCESS_KEY
from garrison.services.kms.seed import BadSeed, plant, read_seed
from garrison.store import AlreadyExists, Reader, Transaction
from garrison.store.files import private_directory, write_private
from garrison.store.open import open_store

log = logging.getLogger("garrison.server")

CREDENTIALS = "credentials"
ADMIN_TOKEN = "admin-token"  # noqa: S105


class RootCredentials(msgspec.Struct, frozen=True):
    """Root credentials of an account."""

    account: str
    access_key_id: str
    secret_access_key: str


def open_runtime(settings: Settings, seal: Seal | None = None) -> Runtime:
    """Open the store of a data directory, making what the first start makes. Raises `Refusal`.

    `seal` has the root key, if another process of this Garrison has opened it already (or found it sealed).
    """
    partition = partition_of(settings.region)
    if partition is None:
        raise Refusal(f"{settings.region!r} is not a region of any AWS partition.")
    try:
        private_directory(settings.data_dir)
    except OSError as e:
        raise Refusal(f"Cannot use the data directory {settings.data_dir}: {e.strerror or e}.") from e
    store = open_store(settings.database or settings.data_dir)
    try:
        opened_here = seal is None
        if seal is None:
            state = open_root(settings, store)
            seal = Seal(state.root)
            for reason in state.reasons:
                log.error("SEALED: the root key does not open: %s", reason)
        runtime = Runtime(
            store=store,
            seal=seal,
            partition=partition,
            region=settings.region,
            permissive=settings.permissive,
            development=settings.development,
            seed=settings.seed,
            clock=_clock(settings),
            first_account=settings.account_id,
            evidence=settings.data_dir / "evidence",
            artifacts=settings.data_dir / "artifact",
            outlets=settings.artifact,
            vulnerabilities=settings.vulnerabilities or settings.data_dir / "inspector" / "vulnerabilities.db",
            buckets=settings.data_dir / "buckets",
            quotas=settings.quotas,
            xks_proxies=settings.xks_proxies,
            identity_ca=None if settings.identity_ca is None else str(settings.identity_ca),
            edge=edge_of(settings),
            objects=objects_of(settings),
            guarding=msgspec.structs.replace(
                settings.guarding, volumes=settings.guarding.volumes or settings.data_dir / "volumes"
            ),
        )
        if opened_here and not seal.root.sealed:
            _seal_if_rolled_back(runtime, settings.data_dir)
        if runtime.seal.usable:
            credentials = first_account(runtime)
            _check_upstream_account(runtime, settings)
            write_credentials(settings.data_dir / CREDENTIALS, credentials, settings.region)
            _plant(runtime)
        admin_token(settings.data_dir)
    except BaseException:
        store.close()
        raise
    return runtime


def edge_of(settings: Settings) -> Edge:
    """Where load balancers and distributions listen."""
    return Edge(
        host=settings.edge_host or settings.host,
        ports=settings.edge_ports,
        directory=settings.data_dir / "edge",
        instances=settings.instances,
    )


def _plant(runtime: Runtime) -> None:
    path = runtime.seed
    if path is None:
        return
    if not runtime.development:
        raise Refusal("Seeded keys are for development only: start with --development.")
    try:
        plant(runtime, read_seed(path.read_text()))
    except (BadSeed, OSError, UnicodeError) as e:
        raise Refusal(f"{path}: {e}.") from e


def _clock(settings: Settings) -> Clock:
    if settings.development:
        return DevelopmentClock(settings.data_dir)
    if ahead(settings.data_dir):
        raise Refusal(
            f"The clock of {settings.data_dir} was put forward, and time does not go back. "
            "Start with --development, or with another data directory."
        )
    return SystemClock()


def _seal_if_rolled_back(runtime: Runtime, data_dir: Path) -> None:
    try:
        older = older_than_seen(runtime, data_dir)
    except Tampered as e:
        runtime.seal.root.seal()
        log.error("SEALED: the database was changed by somebody else: %s. Put back a backup: garrison kms restore", e)
        return
    if older is not None:
        runtime.seal.root.seal()
        log.error("SEALED: %s. If that is meant: garrison kms unseal --accept-rollback", older)


def new_account(runtime: Runtime, tx: Transaction, account_id: str, *, name: str, email: str) -> RootCredentials:
    """Add an account with a root access key. Raises `AlreadyExists`."""
    root = RootCredentials(account_id, access_key_id(account_id), secret_access_key())
    _insert(runtime, tx, root, name=name, email=email)
    return root


def _insert(runtime: Runtime, tx: Transaction, root: RootCredentials, *, name: str, email: str) -> None:
    now = runtime.clock.now()
    create_account(tx, root.account, name=name, email=email, now=now)
    keep(runtime, tx, root.account, root.account, root.access_key_id, root.secret_access_key, now)


def _check_upstream_account(runtime: Runtime, settings: Settings) -> None:
    owner = settings.upstream_account
    if owner is None:
        return
    with runtime.store.reading() as reader:
        if account(reader, owner) is None:
            raise Refusal(
                f"--upstream-account {owner} is no account of this Garrison: nobody could use what is its. Without the"
                f" option the upstreams are the first account's, {settings.account_id}; `garrison account create`"
                " makes others."
            )


def first_account(runtime: Runtime) -> RootCredentials | None:
    """The first account's root key, made if there is no such account; None if its root user has no active key."""
    account_id = runtime.first_account
    with runtime.store.reading() as reader:
        if account(reader, account_id) is not None:
            return _root_key(runtime, reader, account_id)
    try:
        return runtime.store.writing(lambda tx: new_account(runtime, tx, account_id, name="first", email=""))
    except AlreadyExists:
        # Another process on the same database was faster.
        with runtime.store.reading() as reader:
            return _root_key(runtime, reader, account_id)


def _root_key(runtime: Runtime, reader: Reader, account_id: str) -> RootCredentials | None:
    for key in sorted(reader.page(ACCESS_KEY, account_id, parent=account_id), key=lambda k: k.created):
        if key.body.status == "Active":
            secret = runtime.seal.open(PURPOSE, key.body.sealed_secret, key.name).decode()
            return RootCredentials(account_id, key.name, secret)
    return None


def write_credentials(path: Path, root: RootCredentials | None, region: str) -> None:
    """Leave the first account's root key where clients find it, or nothing where there is none."""
    if root is None:
        # The root user's keys were deleted on purpose: that is good practice, and nothing to make undone.
        path.unlink(missing_ok=True)
        return
    content = (
        f"[default]\naws_access_key_id = {root.access_key_id}\n"
        f"aws_secret_access_key = {root.secret_access_key}\nregion = {region}\n"
    ).encode()
    try:
        if path.read_bytes() == content:
            path.chmod(0o600)
            return
    except OSError:
        pass
    write_private(path, content)


def admin_token(data_dir: Path) -> str:
    """The token for `/_garrison/` calls that change or show something, made if there is none."""
    path = data_dir / ADMIN_TOKEN
    try:
        token = path.read_text().strip()
    except FileNotFoundError:
        token = ""
    if len(token) < 32:
        token = secrets.token_urlsafe(32)
        write_private(path, token.encode() + b"\n")
    else:
        path.chmod(0o600)
    return token


def reset(runtime: Runtime, data_dir: Path) -> None:
    """Back to right after first start: no resources, but the same first account, root key and admin token."""
    root = _kept(data_dir, runtime.first_account)
    seals = wrapped_roots(runtime.store)
    runtime.store.reset()
    (data_dir / LEDGER_FILE).unlink(missing_ok=True)
    if isinstance(runtime.clock, DevelopmentClock):
        runtime.clock.reset()
    restore_seal_rows(runtime, seals)
    if root is None:
        first_account(runtime)
    else:
        kept = root
        with contextlib.suppress(AlreadyExists):
            runtime.store.writing(lambda tx: _insert(runtime, tx, kept, name="first", email=""))
    _plant(runtime)


def _kept(data_dir: Path, account_id: str) -> RootCredentials | None:
    """The root key as the credentials file has it: that is the one clients go on using."""
    try:
        lines = (data_dir / CREDENTIALS).read_text().splitlines()
    except OSError:
        return None
    pairs = [line.partition("=") for line in lines if "=" in line]
    values = {name.strip(): value.strip() for name, _, value in pairs}
    try:
        return RootCredentials(account_id, values["aws_access_key_id"], values["aws_secret_access_key"])
    except KeyError:
        return None
