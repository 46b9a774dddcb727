"""Targets: what is scanned, and how its files are reached."""

from __future__ import annotations

import hashlib
import os
import platform
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from garrison.scan.inventory.collectors import EXECUTABLE, wanted
from garrison.scan.inventory.collectors.executable import MAGICS
from garrison.scan.inventory.files import Exhausted, File, Unreadable
from garrison.scan.inventory.gather import Gathering
from garrison.scan.inventory.model import (
    Inventory,
    Limits,
    ProblemKind,
    ProgressCallback,
    TargetError,
    TargetKind,
)
from garrison.scan.inventory.sbom import read as read_sbom
from garrison.scan.inventory.targets.directory import DirectoryTree, scan_directory, scan_host
from garrison.scan.inventory.targets.image import Archive, Folder, ImageSource, Parts, scan_layers, source_of
from garrison.scan.inventory.targets.layers import Layers
from garrison.scan.inventory.targets.streams import Spool, Window, buffered, unpacked
from garrison.scan.inventory.targets.zipped import scan_zip

HOST = "host"
_PIECE = 1 << 20
_NOT_A_TARGET = (
    "not a kind of target that can be scanned: give a folder, an image saved as a tar (docker save, or an OCI layout), "
    "a zip, a CycloneDX or SPDX document, a lock file, or host"
)


def scan_target(
    target: str | Path,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    *,
    deep_paths: Sequence[str] = (),
) -> Inventory:
    """The packages of `target`: `host` (or `/`), or the path of a folder, an image's tar, a zip, an SBOM or one file.

    `deep_paths`: folders of the host looked through beside Inspector's default deep-inspection paths. Blocks until
    done; call it on a thread from async code. Raises `TargetError` when the target cannot be scanned at all; whatever
    else goes wrong is in the inventory's `problems`, and makes it not `complete` where packages may be missing.
    """
    text = str(target)
    if text in (HOST, "/"):
        return scan_machine(text, limits, progress, deep_paths=deep_paths)
    gathering = Gathering(limits, progress)
    try:
        status = os.stat(text)
        if stat.S_ISDIR(status.st_mode):
            return _directory(gathering, text)
        if not stat.S_ISREG(status.st_mode):
            raise TargetError(f"{text}: {_NOT_A_TARGET}")
        with open(text, "rb") as stream:
            return _file(gathering, text, stream, status)
    except OSError as error:
        raise TargetError(f"{text}: {error.strerror or error}") from error
    except ValueError as error:
        if isinstance(error, TargetError):
            raise
        raise TargetError(f"{text!r}: not a path") from error


def scan_machine(
    root: str = HOST,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    *,
    deep_paths: Sequence[str] = (),
) -> Inventory:
    """The packages of a machine: this one (`host`, `/`), or the one whose root file system is mounted or unpacked at
    `root`; unlike of any other folder, its package databases and the paths of deep inspection alone."""
    gathering = Gathering(limits, progress)
    try:
        scan_host(gathering, deep_paths, "/" if root == HOST else root)
    except Exhausted as error:
        gathering.problem(ProblemKind.LIMIT, "", str(error))
    here = platform.machine() if root in (HOST, "/") else ""
    return gathering.finish(root, TargetKind.HOST, architecture=here)


def _directory(gathering: Gathering, root: str) -> Inventory:
    names = os.listdir(root)  # a root that cannot be listed is no scan with a problem, but none at all
    if "oci-layout" in names and "index.json" in names:
        return _layout(gathering, root)
    try:
        scan_directory(gathering, root)
    except Exhausted as error:
        gathering.problem(ProblemKind.LIMIT, "", str(error))
    return gathering.finish(root, TargetKind.DIRECTORY)


def _layout(gathering: Gathering, root: str) -> Inventory:
    folder, spool = Folder(root), Spool(gathering.scan.limits.spool_bytes)
    try:
        source = source_of(folder, gathering)
        if source is None:
            raise TargetError("an OCI layout without an image")
        return _image(gathering, root, folder, source, spool)
    except TargetError as error:
        raise TargetError(f"{root}: {error}") from error
    finally:
        folder.close()
        spool.close()


def _image(gathering: Gathering, text: str, parts: Parts, source: ImageSource, spool: Spool) -> Inventory:
    try:
        scan_layers(gathering, parts, source, spool)
    except Exhausted as error:
        gathering.problem(ProblemKind.LIMIT, "", str(error))
    return gathering.finish(
        text,
        TargetKind.IMAGE,
        digest=source.digest,
        layers=tuple(diff for _, diff in source.layers),
        architecture=source.architecture,
    )


def _file(gathering: Gathering, text: str, stream: BinaryIO, status: os.stat_result) -> Inventory:
    """By what the file is, not by its name; but a jar is a zip, and a lock file is JSON: there the name decides."""
    if status.st_size == 0:
        raise TargetError(f"{text}: the file is empty")
    folder, name = os.path.split(os.path.abspath(text))
    head = stream.read(512)
    stream.seek(0)
    # Most files are known by their name alone; a package database only where it stands.
    path, root = name, folder
    collectors = wanted("", name)
    if not collectors and (collectors := wanted(folder.strip("/"), name)):
        path, root = f"{folder}/{name}".strip("/"), "/"
    if not collectors and head.startswith(MAGICS):
        collectors = (EXECUTABLE,)
    whole = Window(stream.fileno(), 0, status.st_size)
    try:
        if collectors:
            gathering.detect(DirectoryTree(root))
            gathering.count()
            gathering.collect(File(path, status.st_size, lambda: buffered(whole.part(0, status.st_size))), collectors)
            return gathering.finish(text, TargetKind.FILE)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            scan_zip(gathering, stream)
            return gathering.finish(text, TargetKind.ARCHIVE, digest=_digest(gathering, whole))
        if (document := _as_sbom(gathering, head, stream, status.st_size)) is not None:
            return read_sbom(document, target=text)
        return _tar(gathering, text, whole)
    except Exhausted as error:
        gathering.problem(ProblemKind.LIMIT, "", str(error))
        return gathering.finish(text, TargetKind.ARCHIVE)
    except Unreadable as error:
        raise TargetError(f"{text}: {error.reason}") from error
    except TargetError as error:
        raise TargetError(str(error) if str(error).startswith(text) else f"{text}: {error}") from error


def _as_sbom(gathering: Gathering, head: bytes, stream: BinaryIO, size: int) -> bytes | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith((b"{", b"<", b"SPDXVersion:", b"#", b"[")) and head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return None
    if size > gathering.scan.limits.sbom_bytes:
        raise TargetError(f"{size} bytes, more than the limit of {gathering.scan.limits.sbom_bytes} for an SBOM")
    return stream.read()


def _tar(gathering: Gathering, text: str, whole: Window) -> Inventory:
    spool = Spool(gathering.scan.limits.spool_bytes)
    try:
        stream = unpacked(whole, gathering.scan.budget)
        if stream is not whole:
            gathering.tell("unpacking the archive", 0)
            while piece := stream.read(_PIECE):
                spool.append(piece)
                gathering.tell("unpacking the archive", spool.size)
            whole = spool.window(0, spool.size)
        head = whole.read(512) or b""
        whole.seek(0)
        if head[257:262] != b"ustar":
            raise TargetError(_NOT_A_TARGET)
        try:
            archive = Archive(whole, gathering)
        except Unreadable as error:
            raise TargetError(error.reason) from error
        source = source_of(archive, gathering)
        if source is not None:
            return _image(gathering, text, archive, source, spool)
        try:
            whole.seek(0)
            layers = Layers(gathering, spool)
            try:
                layers.add(whole, "", "reading the archive")
            except Unreadable as error:
                gathering.problem(error.kind, "", error.reason)
            layers.collect("reading packages")
        except Exhausted as error:
            gathering.problem(ProblemKind.LIMIT, "", str(error))
        return gathering.finish(text, TargetKind.ARCHIVE)
    finally:
        spool.close()


def _digest(gathering: Gathering, whole: Window) -> str:
    digest = hashlib.sha256()
    whole.seek(0)
    while piece := whole.read(_PIECE):
        digest.update(piece)
        gathering.scan.budget.check()
    return f"sha256:{digest.hexdigest()}"
