"""A request's body as it comes in: in pieces, proved before its last piece is passed on.

What was signed can be known only when all of it is here. So the last piece is kept back until the whole is proved: an
upstream that was told the length never gets a complete request whose body is not what was signed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from garrison.gateway.refusal import Refused, Why

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Gone(Exception):
    """The client went away before its request was complete."""


class TooLong(Exception):
    """The body is longer than may be kept in memory."""


class Proof(Protocol):
    """What the body must be, and what of it is for the upstream."""

    def feed(self, data: bytes) -> list[bytes]:
        """The parts of the content in the next piece off the wire. Raises `Refused`."""
        ...

    def finish(self) -> None:
        """Everything has come. Raises `Refused` if it is not what was signed."""
        ...


class Unproved:
    """A body nobody signed."""

    def feed(self, data: bytes) -> list[bytes]:
        """The piece as it is."""
        return [data]

    def finish(self) -> None:
        """Anything is right."""


class Hashed:
    """A body whose SHA-256 was signed."""

    def __init__(self, sha256: str) -> None:
        self._expected = sha256
        self._hash = hashlib.sha256()

    def feed(self, data: bytes) -> list[bytes]:
        """The piece as it is."""
        self._hash.update(data)
        return [data]

    def finish(self) -> None:
        """Raises `Refused` if the hash differs."""
        if not hmac.compare_digest(self._hash.hexdigest(), self._expected):
            raise Refused(Why.PAYLOAD)


class Incoming:
    """The body of one request. Nothing is read before it is asked for, so nobody is told to continue too soon."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether all of it was read."""
        return self._ended

    async def piece(self) -> bytes | None:
        """The next piece off the wire, None at the end. Raises `Gone`."""
        if self._ended:
            return None
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Gone
        self._ended = not message.get("more_body")
        data: bytes = message.get("body", b"")
        return data

    async def whole(self, limit: int) -> bytes:
        """All of it. Raises `Gone` or `TooLong`."""
        data = await self.piece()
        if data is None:
            return b""
        if self._ended and len(data) <= limit:
            return data
        parts = [data]
        size = len(data)
        while size <= limit:
            data = await self.piece()
            if data is None:
                return b"".join(parts)
            parts.append(data)
            size += len(data)
        raise TooLong

    async def proved(self, proof: Proof, length: int) -> AsyncIterator[bytes]:
        """The content in pieces, the last one only when all is proved. Raises `Refused` or `Gone`.

        `length` is what the upstream was told; a body of another length is refused.
        """
        held = b""
        left = length
        while (data := await self.piece()) is not None:
            for part in proof.feed(data):
                if not part:
                    continue
                left -= len(part)
                if left < 0:
                    raise Refused(Why.CHUNKS, "The request body is longer than it said.")
                if held:
                    yield held
                held = part
        proof.finish()
        if left:
            raise Refused(
                Why.CHUNKS, "You did not provide the number of bytes specified by the Content-Length HTTP header."
            )
        if held:
            yield held
