"""Container images in a tar: what `docker save` writes, and OCI layouts. No container engine is needed."""

from __future__ import annotations

import platform
import re
from typing import Any, BinaryIO, NamedTuple, Protocol

import msgspec

from garrison.scan.inventory.collectors.documents import json_object, json_value
from garrison.scan.inventory.files import Unreadable, malformed, too_large
from garrison.scan.inventory.gather import Gathering, shown
from garrison.scan.inventory.model import ProblemKind, TargetError
from garrison.scan.inventory.targets import tar
from garrison.scan.inventory.targets.directory import DirectoryTree
from garrison.scan.inventory.targets.layers import Layers, safe_path
from garrison.scan.inventory.targets.streams import Spool, Window

_DOCUMENT_BYTES = 16 << 20
_DIGEST = re.compile(r"(sha256|sha512):([0-9a-f]{64,128})\Z")
_DIFF_ID = re.compile(r"sha256:[0-9a-f]{64}\Z")
_NESTED = 4
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class ImageSource(NamedTuple):
    """Where the parts of one image are."""

    digest: str
    """The image id: the digest of its configuration; empty when it is not written."""
    architecture: str
    layers: tuple[tuple[str, str], ...]
    """(path in the archive, diff id) from the bottom up."""


class Parts(Protocol):
    """Where the files of an image are."""

    def __contains__(self, path: str) -> bool: ...

    def part(self, path: str) -> Window:
        """The file at `path`; Unreadable when there is none."""
        ...

    def document(self, path: str) -> bytes:
        """A small file's content."""
        ...


class Folder:
    """An unpacked OCI layout, read in place. To be closed."""

    def __init__(self, root: str) -> None:
        self._tree = DirectoryTree(root)
        self._opened: list[BinaryIO] = []

    def __contains__(self, path: str) -> bool:
        return self._tree.get(path) is not None

    def part(self, path: str) -> Window:
        """The file at `path`; Unreadable when there is none."""
        file = self._tree.get(path)
        if file is None:
            raise malformed(f"the layout holds no {path}")
        try:
            self._opened.append(file.opener())
        except OSError as error:
            raise Unreadable(ProblemKind.UNREADABLE, f"{path}: {error.strerror}") from error
        return Window(self._opened[-1].fileno(), 0, file.size)

    def document(self, path: str) -> bytes:
        """A small file's content."""
        window = self.part(path)
        content = window.read(_DOCUMENT_BYTES + 1) or b""
        if len(content) > _DOCUMENT_BYTES:
            raise too_large(len(content), _DOCUMENT_BYTES)
        return content

    def close(self) -> None:
        """Closes what was opened."""
        for stream in self._opened:
            stream.close()


class Archive:
    """A tar's files by path, read in place."""

    def __init__(self, window: Window, gathering: Gathering) -> None:
        self._window = window
        self._files: dict[str, tuple[int, int]] = {}
        self._links: dict[str, str] = {}
        for member in tar.TarReader(window):
            gathering.count()
            path = safe_path(member.name)
            if path is None:
                gathering.problem(
                    ProblemKind.UNSAFE, shown(member.name), "a path that leaves the archive is not followed"
                )
            elif member.kind == tar.FILE:
                self._files[path] = (member.offset, member.size)
            elif member.kind in (tar.SYMLINK, tar.HARD_LINK):
                base = path.rpartition("/")[0] + "/" if member.kind == tar.SYMLINK else ""
                self._links[path] = safe_path(base + member.link, inside=True) or ""
            if len(self._files) % 1024 == 0:
                gathering.tell("listing the archive", gathering.files)

    def __contains__(self, path: str) -> bool:
        return path in self._files or self._links.get(path) in self._files

    def part(self, path: str) -> Window:
        """The file at `path`; Unreadable when there is none."""
        place = self._files.get(path) or self._files.get(self._links.get(path, ""))
        if place is None:
            raise malformed(f"the archive holds no {path}")
        return self._window.part(*place)

    def document(self, path: str) -> bytes:
        """A small file's content."""
        place = self._files.get(path) or self._files.get(self._links.get(path, ""), (0, 0))
        if place[1] > _DOCUMENT_BYTES:
            raise too_large(place[1], _DOCUMENT_BYTES)
        return self.part(path).read() or b""


def source_of(archive: Parts, gathering: Gathering) -> ImageSource | None:
    """The image in `archive`; None when it holds none. Raises TargetError for one that cannot be read."""
    try:
        if "manifest.json" in archive:
            return _docker(archive, gathering)
        if "index.json" in archive and "oci-layout" in archive:
            return _oci(archive, gathering)
    except Unreadable as error:
        raise TargetError(f"not an image that can be read: {error.reason}") from error
    return None


def _docker(archive: Parts, gathering: Gathering) -> ImageSource:
    images = json_value(archive.document("manifest.json"))
    if not isinstance(images, list) or not images or not isinstance(images[0], dict):
        raise malformed("manifest.json lists no image")
    if len(images) > 1:
        _others(gathering, len(images) - 1, "images", lost=True)
    config, layers = images[0].get("Config"), images[0].get("Layers")
    if not isinstance(config, str) or not isinstance(layers, list):
        raise malformed("manifest.json names no configuration or no layers")
    paths = [safe_path(layer) or "" if isinstance(layer, str) else "" for layer in layers]
    stem = config.rpartition("/")[2].removesuffix(".json")
    digest = f"sha256:{stem}" if re.fullmatch(r"[0-9a-f]{64}", stem) else ""
    return _with_config(archive, safe_path(config) or "", digest, paths)


def _with_config(archive: Parts, path: str, digest: str, layers: list[str]) -> ImageSource:
    config = json_object(archive.document(path))
    rootfs = config.get("rootfs")
    diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(diff_ids, list) or len(diff_ids) != len(layers):
        raise malformed("the image's configuration and its manifest do not agree on the layers")
    named = [diff if isinstance(diff, str) and _DIFF_ID.match(diff) else "" for diff in diff_ids]
    architecture = config.get("architecture")
    return ImageSource(
        digest, architecture if isinstance(architecture, str) else "", tuple(zip(layers, named, strict=True))
    )


def _others(gathering: Gathering, count: int, what: str, *, lost: bool) -> None:
    gathering.problem(
        ProblemKind.UNSUPPORTED,
        "",
        f"holds {count} more {what}, which are not scanned: save one image in one archive",
        lost=lost,
    )


def _blob(descriptor: Any) -> str:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    match = _DIGEST.match(digest) if isinstance(digest, str) else None
    if not match:
        raise malformed("a descriptor without a digest")
    return f"blobs/{match[1]}/{match[2]}"


def _oci(archive: Parts, gathering: Gathering) -> ImageSource:
    document = json_object(archive.document("index.json"))
    for _ in range(_NESTED):
        manifests = document.get("manifests")
        if not isinstance(manifests, list):
            break
        images = [entry for entry in manifests if isinstance(entry, dict) and not _is_attestation(entry)]
        if not images:
            raise malformed("the index lists no image")
        chosen = min(images, key=_preference)
        if len(images) > 1:
            # The same image for another platform is no loss; a second image is.
            platforms = {msgspec.json.encode(entry.get("platform")) for entry in images}
            _others(
                gathering,
                len(images) - 1,
                "images (of other platforms or names)",
                lost=len(platforms) < len(images),
            )
        document = json_object(archive.document(_blob(chosen)))
    layers, config = document.get("layers"), document.get("config")
    if not isinstance(layers, list) or not isinstance(config, dict):
        raise malformed("the manifest lists no layers")
    return _with_config(archive, _blob(config), str(config.get("digest", "")), [_blob(layer) for layer in layers])


def _is_attestation(entry: dict[str, Any]) -> bool:
    annotations, where = entry.get("annotations"), entry.get("platform")
    return (isinstance(annotations, dict) and "vnd.docker.reference.type" in annotations) or (
        isinstance(where, dict) and where.get("os") == "unknown"
    )


def _preference(entry: dict[str, Any]) -> int:
    """This machine's platform first, then Linux, then whatever is first."""
    where = entry.get("platform")
    if not isinstance(where, dict):
        return 0
    if where.get("os") != "linux":
        return 3
    machine = platform.machine()
    return 1 if where.get("architecture") == _ARCHITECTURES.get(machine, machine) else 2


def scan_layers(gathering: Gathering, archive: Parts, source: ImageSource, spool: Spool) -> None:
    """Every layer on top of the last, then the collectors over the result."""
    layers = Layers(gathering, spool)
    for number, (path, diff_id) in enumerate(source.layers, 1):
        try:
            layers.add(archive.part(path), diff_id, f"reading layer {number} of {len(source.layers)}")
        except Unreadable as error:
            gathering.problem(error.kind, path, error.reason)
    layers.collect("reading packages")
