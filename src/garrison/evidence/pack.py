"""Packs: files in one zip archive whose every byte a signature speaks for, and their verification.

`manifest.json` has the SHA-256 of every file and of every file as it is packed; `manifest.sig` is the signature of its
bytes by `public-key.pem`. The rest of an archive (its headers) has one spelling, so that it is compared as a whole.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from garrison.evidence.canonical import NotCanonical, canonical
from garrison.evidence.signing import BadKey, Signer, der, fingerprint, pem, signed_by

MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.sig", "public-key.pem"
_STORED, _DEFLATED = 0, 8
_DAY = 0x21
"""1 January 1980, the first day an archive can tell."""
_LARGEST = 256 << 20


class BadPack(Exception):
    """A pack is not what was signed. The text says where it differs."""


class _Member(NamedTuple):
    name: str
    method: int
    content: bytes
    raw: bytes
    """As it is packed."""


def packed(files: Mapping[str, bytes], about: Mapping[str, Any], signer: Signer) -> bytes:
    """The archive of `files`, and a manifest that says `about`. Raises `NotCanonical` for what has no one spelling."""
    members = [_Member(name, _DEFLATED, content, _deflated(content)) for name, content in files.items()]
    members.append(_stored(KEY, pem(signer.public_key)))
    manifest = canonical(
        {
            **about,
            "key": fingerprint(signer.public_key),
            "algorithm": signer.algorithm,
            "signer": signer.name,
            "files": {m.name: _sha256(m.content) for m in members},
            "packed": {m.name: _sha256(m.raw) for m in members},
        }
    )
    members += [_stored(MANIFEST, manifest), _stored(SIGNATURE, signer.sign(manifest))]
    return _archive(sorted(members))


def is_pack(content: bytes) -> bool:
    """Whether it says it is one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {MANIFEST, SIGNATURE, KEY} <= set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def verified(content: bytes, pinned: bytes | None = None) -> dict[str, Any]:
    """The manifest of a pack that is whole; `pinned` is the only key (PEM) that counts. Raises `BadPack`."""
    members = _members(content)
    manifest, signed = _manifest(members)
    listed, raws = dict(manifest["files"]), manifest.get("packed")
    try:
        public = der(members[KEY].content if pinned is None else pinned)
        genuine = signed_by(public, str(manifest["algorithm"]), signed, members[SIGNATURE].content)
    except KeyError as e:
        raise BadPack(f"{e.args[0]} is missing.") from e
    except BadKey as e:
        raise BadPack(f"{KEY} was changed: {e}" if pinned is None else str(e)) from e
    for name in sorted(listed.keys() | members.keys() - {MANIFEST, SIGNATURE}):
        if name not in members or name not in listed:
            raise BadPack(f"{name} is {'missing' if name in listed else 'not in the signed list'}.")
        one = members[name]
        if _sha256(one.content) != listed[name] or (raws is not None and _sha256(one.raw) != raws.get(name)):
            raise BadPack(f"{name} was changed.")
    if not genuine:
        raise BadPack(f"{MANIFEST}, the list of its files, is not signed by that key: it or {SIGNATURE} was changed.")
    # Packs of an earlier spelling say nothing of how their files are packed.
    if raws is not None:
        _same(content, _archive(list(members.values())), list(members.values()))
    return manifest


def _manifest(members: Mapping[str, _Member]) -> tuple[dict[str, Any], bytes]:
    try:
        signed = members[MANIFEST].content
        manifest = msgspec.json.decode(signed, type=dict[str, Any])
        spelled = canonical(manifest)
        if not isinstance(manifest["files"], dict) or not isinstance(manifest.get("packed", {}), dict):
            raise TypeError("its lists are none")
    except KeyError as e:
        raise BadPack(f"It is no bundle of a report: {e.args[0]} is missing.") from e
    except (TypeError, UnicodeDecodeError, msgspec.MsgspecError, NotCanonical) as e:
        raise BadPack(f"{MANIFEST} was changed: {e}") from e
    if spelled != signed:
        raise BadPack(f"{MANIFEST} was changed: it is not spelled as it was written.")
    return manifest, signed


def _members(content: bytes) -> dict[str, _Member]:
    """What is in an archive, each with the bytes it is packed in."""
    found: dict[str, _Member] = {}
    at = ""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > _LARGEST:
                raise BadPack("It is larger than a report is.")
            for info in infos:
                at = info.filename
                if at in found:
                    raise BadPack(f"{at} is there twice.")
                start = info.header_offset + 30 + len(at.encode())
                raw = content[start : start + info.compress_size]
                found[at] = _Member(at, info.compress_type, archive.read(info), raw)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as e:
        raise BadPack(f"{at} was changed: {e}" if at else f"It is no bundle of a report: {e}") from e
    return found


def _same(there: bytes, expected: bytes, members: Sequence[_Member]) -> None:
    """Compare with the one spelling. Raises `BadPack`, saying at which byte, and in which file's header."""
    if there == expected:
        return
    at = next(
        (n for n, (a, b) in enumerate(zip(there, expected, strict=False)) if a != b), min(len(there), len(expected))
    )
    where, end = "the archive's directory", 0
    for one in members:
        end += 30 + len(one.name.encode()) + len(one.raw)
        if at < end:
            where = f"the header of {one.name}"
            break
    raise BadPack(f"Byte {at}, in {where}, was changed.")


def _archive(members: Sequence[_Member]) -> bytes:
    """A zip archive with nothing in it that could be told in two ways (PKWARE, APPNOTE 4.3)."""
    body, directory = bytearray(), bytearray()
    for one in members:
        name = one.name.encode()
        shared = struct.pack(
            "<HHHHHLLLHH",
            20,
            0,
            one.method,
            0,
            _DAY,
            zlib.crc32(one.content),
            len(one.raw),
            len(one.content),
            len(name),
            0,
        )
        directory += (
            b"PK\x01\x02" + struct.pack("<H", 20) + shared + struct.pack("<HHHLL", 0, 0, 0, 0, len(body)) + name
        )
        body += b"PK\x03\x04" + shared + name + one.raw
    end = struct.pack("<HHHHLLH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return bytes(body + directory + b"PK\x05\x06" + end)


def _deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def _stored(name: str, content: bytes) -> _Member:
    return _Member(name, _STORED, content, content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
