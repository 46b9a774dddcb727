"""Documents at rest: one file each, sealed under the root key, bound to what it belongs to."""

from __future__ import annotations

from pathlib import Path

from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.keys.seal import SealBroken
from garrison.store.files import private_directory, write_private

_PURPOSE = "artifact-document"


def directory(runtime: Runtime) -> Path:
    """Where they lie. Raises `InternalServerException` where this Garrison has no place for them."""
    if runtime.artifacts is None:
        raise AwsError("InternalServerException", "There is no place for documents here.", status=500)
    return runtime.artifacts


def keep(runtime: Runtime, place: str, content: bytes) -> None:
    """Write a document. `place` names it: `report-.../000001/document`."""
    file = _file(runtime, place)
    private_directory(directory(runtime))
    private_directory(file.parent.parent)
    private_directory(file.parent)
    write_private(file, runtime.seal.seal(_PURPOSE, content, place))


def read(runtime: Runtime, place: str) -> bytes | None:
    """The document, or None if there is none. Raises `InternalServerException` for one that was altered."""
    try:
        return runtime.seal.open(_PURPOSE, _file(runtime, place).read_bytes(), place)
    except FileNotFoundError:
        return None
    except SealBroken as e:
        raise AwsError("InternalServerException", "The document is not what was written.", status=500) from e


def _file(runtime: Runtime, place: str) -> Path:
    return directory(runtime).joinpath(*place.split("/")).with_suffix(".sealed")
