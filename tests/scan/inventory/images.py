"""Container images assembled by hand."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

Layer = dict[str, bytes | str | None]
"""Path -> content, `None` for a folder, a string for a symbolic link's target."""

DEBIAN = b'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'


def status(*packages: tuple[str, str]) -> bytes:
    """A dpkg status file."""
    return b"".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n".encode()
        for name, version in packages
    )


def layer_tar(files: Layer, mode: int = 0o644) -> bytes:
    """One layer."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.mode = mode
            if content is None:
                info.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
            else:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return out.getvalue()


def sha256(data: bytes) -> str:
    """`sha256:...`"""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _add(archive: tarfile.TarFile, path: str, content: bytes) -> None:
    info = tarfile.TarInfo(path)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def docker_archive(path: Path, layers: list[bytes], pack: Callable[[bytes], bytes] = bytes) -> list[str]:
    """What `docker save` writes; the layers' diff ids."""
    diff_ids = [sha256(layer) for layer in layers]
    config = json.dumps({"architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
    name = sha256(config).partition(":")[2]
    with tarfile.open(path, "w") as archive:
        for number, layer in enumerate(layers):
            _add(archive, f"{number}/layer.tar", pack(layer))
        _add(archive, f"{name}.json", config)
        manifest = [
            {"Config": f"{name}.json", "RepoTags": None, "Layers": [f"{n}/layer.tar" for n in range(len(layers))]}
        ]
        _add(archive, "manifest.json", json.dumps(manifest).encode())
    return diff_ids


def oci_layout(
    path: Path, layers: list[bytes], pack: Callable[[bytes], bytes] = gzip.compress, nested: bool = True
) -> list[str]:
    """An OCI layout in a tar, with an index per platform and an attestation beside the image."""
    blobs: dict[str, bytes] = {}

    def blob(data: bytes, **fields: object) -> dict[str, object]:
        blobs[sha256(data)] = data
        return {"digest": sha256(data), "size": len(data), **fields}

    diff_ids = [sha256(layer) for layer in layers]
    config = blob(json.dumps({"architecture": "arm64", "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode())
    manifest = {"schemaVersion": 2, "config": config, "layers": [blob(pack(layer)) for layer in layers]}
    image = blob(json.dumps(manifest).encode(), platform={"os": "linux", "architecture": "arm64"})
    attestation = blob(b"{}", annotations={"vnd.docker.reference.type": "attestation-manifest"})
    index: dict[str, object] = {"schemaVersion": 2, "manifests": [attestation, image]}
    if nested:
        index = {"schemaVersion": 2, "manifests": [blob(json.dumps(index).encode())]}
    with tarfile.open(path, "w") as archive:
        _add(archive, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        _add(archive, "index.json", json.dumps(index).encode())
        for digest, data in blobs.items():
            _add(archive, "blobs/" + digest.replace(":", "/"), data)
    return diff_ids
