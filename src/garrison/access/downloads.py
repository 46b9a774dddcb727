"""Files that a link gives to whoever has it, for a while: the presigned URLs of services that write reports.

The link holds all there is to know of the file, sealed; the file is made when it is fetched.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple, Protocol

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.keys.seal import SealBroken
from garrison.store import Reader

PATH = "/_garrison/download"
_PURPOSE = "download"


class File(NamedTuple):
    """What is fetched."""

    name: str
    type: str
    content: bytes


class Unavailable(Exception):
    """The file is there, and cannot be had now. The text says why."""


class Maker(Protocol):
    """Makes a file out of what its link says; None: there is none any more. Slow: on a thread. Raises `Unavailable`."""

    def __call__(self, runtime: Runtime, reader: Reader, about: dict[str, str]) -> File | None: ...


class _Link(msgspec.Struct, frozen=True):
    maker: str
    about: dict[str, str]
    expires: float


_makers: dict[str, Maker] = {}


def provide_download(name: str, maker: Maker) -> None:
    """Register what makes files of one kind."""
    _makers[name] = maker


def link(call: Call, maker: str, about: dict[str, str], *, seconds: float) -> str:
    """A URL of this server's, as the caller reached it."""
    told = msgspec.json.encode(_Link(maker, about, call.now + seconds))
    sealed = base64.urlsafe_b64encode(call.runtime.seal.seal(_PURPOSE, told, PATH)).decode()
    scheme = "https" if call.request.secure else "http"
    host = call.request.header("host") or "localhost"
    return f"{scheme}://{host}{PATH}?link={sealed}"


def fetch(runtime: Runtime, reader: Reader, text: str) -> File | None:
    """The file of a link; None for one that is none, or whose time is over. Raises `Unavailable`."""
    try:
        raw = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
        told = msgspec.json.decode(runtime.seal.open(_PURPOSE, raw, PATH), type=_Link)
    except (binascii.Error, UnicodeError, SealBroken, msgspec.MsgspecError):
        return None
    maker = _makers.get(told.maker)
    if maker is None or told.expires < runtime.clock.now():
        return None
    return maker(runtime, reader, told.about)
