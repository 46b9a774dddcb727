"""Clients that mean harm, a few connections each, on loopback."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

GET = b"GET / HTTP/1.1\r\nhost: a\r\n"


def connect(url: str, source: str = "127.0.0.1", *, window: int = 0) -> socket.socket:
    """A connection from an address of this machine's own; `window` limits what the kernel takes for it."""
    where = urlsplit(url)
    found = socket.socket()
    if window:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    found.settimeout(5)
    found.bind((source, 0))
    found.connect((where.hostname, where.port))
    return found


def ended(one: socket.socket, wait: float = 0.0) -> bool:
    """Whether the other side has closed it, after `wait` seconds at most."""
    one.settimeout(wait or 0.001)
    try:
        while True:
            if not one.recv(65536):
                return True
    except TimeoutError:
        return False
    except OSError:
        return True


def drip(one: socket.socket, start: bytes, piece: bytes, *, every: float, most: float) -> float:
    """Send `start`, then `piece` again and again; seconds until the other side had enough, `most` if it had not."""
    began = time.monotonic()
    with contextlib.suppress(OSError):
        one.sendall(start)
        while (passed := time.monotonic() - began) < most:
            if ended(one, every):
                return passed
            one.sendall(piece)
    return min(most, time.monotonic() - began)


def sip(one: socket.socket, start: bytes, *, every: float, most: float) -> float:
    """Ask for much and take a few bytes of it now and then; seconds until the other side had enough."""
    began = time.monotonic()
    with contextlib.suppress(OSError):
        one.sendall(start)
        while (passed := time.monotonic() - began) < most:
            time.sleep(every)
            # The kernel gives what it holds before it tells of a reset.
            if not one.recv(16) or one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                return passed
    return min(most, time.monotonic() - began)


@contextlib.contextmanager
def many(url: str, count: int, *sources: str) -> Iterator[list[socket.socket]]:
    """`count` connections from each source that ask nothing. Those that are refused are not among them."""
    found: list[socket.socket] = []
    try:
        for source in sources:
            for _ in range(count):
                with contextlib.suppress(OSError):
                    found.append(connect(url, source))
        yield found
    finally:
        for one in found:
            one.close()


class Http2:
    """An HTTP/2 connection without TLS, its client knowing beforehand that the server speaks it."""

    def __init__(self, url: str) -> None:
        self._socket = connect(url)
        config = h2.config.H2Configuration(client_side=True, validate_outbound_headers=False)
        self._connection = h2.connection.H2Connection(config)
        self._connection.initiate_connection()
        self.refused = 0
        self.streams = 0
        """That the server lets be open at a time."""
        self._flush()

    def _flush(self) -> None:
        self._socket.sendall(self._connection.data_to_send())

    def settle(self, wait: float = 0.3) -> bool:
        """Read what comes for a while; whether the server has ended the connection."""
        self._socket.settimeout(wait)
        try:
            while data := self._socket.recv(65536):
                for event in self._connection.receive_data(data):
                    if isinstance(event, h2.events.ConnectionTerminated):
                        return True
                    if isinstance(event, h2.events.StreamReset):
                        self.refused += 1
                self._flush()
            return True
        except TimeoutError:
            self.streams = self._connection.remote_settings.max_concurrent_streams
            return False
        except (OSError, h2.exceptions.ProtocolError):
            return True

    def ask(self, path: str = "/", extra: list[tuple[str, str]] | None = None, *, ends: bool = True) -> int:
        """Open a stream; its number."""
        stream: int = self._connection.get_next_available_stream_id()
        headers = [(":method", "GET"), (":path", path), (":scheme", "http"), (":authority", "a"), *(extra or [])]
        self._connection.send_headers(stream, headers, end_stream=ends)
        self._flush()
        return stream

    def reset(self, stream: int) -> None:
        """Give a stream up."""
        self._connection.reset_stream(stream, h2.errors.ErrorCodes.CANCEL)
        self._flush()

    def ping(self) -> None:
        """Ask for an answer."""
        self._connection.ping(b"12345678")
        self._flush()

    def close(self) -> None:
        self._socket.close()
