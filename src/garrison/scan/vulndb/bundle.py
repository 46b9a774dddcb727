"""A database on its way to machines without a network: one signed tar.

`manifest.json`, its Ed25519 signature, the database. The manifest is read and its signature checked before a byte of
the database is; the database is unpacked beside the one in use and swapped in only when its SHA-256 is the manifest's.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zlib
from pathlib import Path
from typing import IO

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from garrison.scan.vulndb.build import swap_in
from garrison.scan.vulndb.database import Database, DatabaseError, Status
from garrison.scan.vulndb.schema import FORMAT
from garrison.scan.vulndb.writing import Busy, beside, writing

MANIFEST, SIGNATURE, DATABASE = "manifest.json", "manifest.sig", "vulnerabilities.db"
KIND = "garrison-vulnerability-database"
_MOST_MANIFEST = 1 << 20
_MOST_DATABASE = 16 << 30


class BundleError(ValueError):
    """A bundle is not taken; the message says why."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed."""

    kind: str = KIND
    format: int = FORMAT
    built: str
    advisories: int
    bytes: int
    sha256: str
    sources: tuple[str, ...]


def export(database: Path, bundle: Path, key: Ed25519PrivateKey) -> Manifest:
    """Writes the bundle. Raises `DatabaseError`, `BundleError`."""
    with Database(database) as opened:
        status = opened.status()
        wrong = opened.verify()
    if wrong:
        raise BundleError(f"{database} is damaged and is not passed on: {wrong[0]}")
    manifest = Manifest(
        built=status.built,
        advisories=status.advisories,
        bytes=database.stat().st_size,
        sha256=_sha256(database),
        sources=tuple(s.name for s in status.sources),
    )
    text = msgspec.json.encode(manifest)
    part = bundle.with_name(f".{bundle.name}.{os.getpid()}.part")
    try:
        with tarfile.open(part, "w:gz", compresslevel=6) as tar:
            for name, data in ((MANIFEST, text), (SIGNATURE, key.sign(text))):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
            tar.add(database, DATABASE, filter=_anonymous)
        swap_in(part, bundle)
    except OSError as e:
        raise BundleError(f"{bundle} cannot be written: {e.strerror}") from e
    finally:
        part.unlink(missing_ok=True)
    return manifest


def take(bundle: Path, target: Path, trusted: list[Ed25519PublicKey], *, force: bool = False) -> Status:
    """Puts a bundle's database in place. Raises `BundleError`.

    Refused: a signature of nobody who is trusted, a database that is not the one that was signed, and, unless `force`,
    one that is older than the one in use.
    """
    try:
        lock = writing(target)
    except Busy as e:
        raise BundleError(str(e)) from e
    new = beside(target)
    try:
        with tarfile.open(bundle, "r|gz") as tar:
            text = _member(tar, MANIFEST, _MOST_MANIFEST)
            signature = _member(tar, SIGNATURE, 64)
            manifest = _signed(text, signature, trusted, bundle)
            if not force:
                _newer(manifest, target)
            entry = tar.next()
            stream = tar.extractfile(entry) if entry is not None and entry.name == DATABASE else None
            if stream is None or entry is None or entry.size != manifest.bytes:
                raise BundleError(f"{bundle} does not hold the database that its manifest names")
            _copy(stream, new, manifest, bundle)
        with Database(new) as opened:
            wrong = opened.verify()
        if wrong:
            raise BundleError(f"The database in {bundle} is damaged: {wrong[0]}")
        swap_in(new, target)
    except (tarfile.TarError, EOFError, zlib.error) as e:
        raise BundleError(f"{bundle} is damaged: {e}") from e
    except DatabaseError as e:
        raise BundleError(f"The database in {bundle} cannot be used: {e}") from e
    except OSError as e:
        raise BundleError(f"{bundle} cannot be read: {e.strerror or e}") from e
    finally:
        new.unlink(missing_ok=True)
        lock.close()
    with Database(target) as opened:
        return opened.status()


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The key of a PEM file, made if there is none. Raises `BundleError`."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            key = Ed25519PrivateKey.generate()
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            return key
        loaded = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as e:
        raise BundleError(f"{path} is no private key that can be used: {e}") from e
    if not isinstance(loaded, Ed25519PrivateKey):
        raise BundleError(f"{path} is no Ed25519 key")
    return loaded


def public_key(path: Path) -> Ed25519PublicKey:
    """The key of a PEM file. Raises `BundleError`."""
    try:
        loaded = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as e:
        raise BundleError(f"{path} is no public key in PEM form: {e}") from e
    if not isinstance(loaded, Ed25519PublicKey):
        raise BundleError(f"{path} is no Ed25519 key")
    return loaded


def pem(key: Ed25519PublicKey) -> bytes:
    """A public key as PEM."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: Ed25519PublicKey) -> str:
    """What people compare: SHA-256 of the key in DER form."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _signed(text: bytes, signature: bytes, trusted: list[Ed25519PublicKey], bundle: Path) -> Manifest:
    for key in trusted:
        try:
            key.verify(signature, text)
            break
        except InvalidSignature:
            continue
    else:
        known = ", ".join(fingerprint(k)[:16] for k in trusted) or "none"
        raise BundleError(f"{bundle} is not signed by a trusted key (trusted: {known}). Name its key: --trust KEY.pem")
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as e:
        raise BundleError(f"The manifest of {bundle} is not understood: {e}") from e
    if manifest.kind != KIND or manifest.format != FORMAT:
        raise BundleError(f"{bundle} is of format {manifest.format}; this version reads {FORMAT}")
    if manifest.bytes > _MOST_DATABASE:
        raise BundleError(f"{bundle} holds {manifest.bytes} bytes; no more than {_MOST_DATABASE} are taken")
    return manifest


def _newer(manifest: Manifest, target: Path) -> None:
    try:
        with Database(target) as current:
            built = current.status().built
    except DatabaseError:
        return
    if manifest.built < built:
        raise BundleError(
            f"The bundle's database was built {manifest.built}, the one in use {built}. --force goes back to the older."
        )


def _member(tar: tarfile.TarFile, name: str, most: int) -> bytes:
    entry = tar.next()
    stream = tar.extractfile(entry) if entry is not None and entry.name == name and entry.size <= most else None
    if stream is None:
        raise BundleError(f"This is no bundle: {name} is not where it has to be")
    return stream.read()


def _copy(stream: IO[bytes], new: Path, manifest: Manifest, bundle: Path) -> None:
    digest = hashlib.sha256()
    with new.open("wb") as file:
        while piece := stream.read(1 << 20):
            digest.update(piece)
            file.write(piece)
    if digest.hexdigest() != manifest.sha256:
        raise BundleError(f"The database in {bundle} is not the one that was signed")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry
