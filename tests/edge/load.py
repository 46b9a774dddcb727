"""Traffic for tests: connections that ask all the time, and what each of them saw."""

from __future__ import annotations

import collections
import http.client
import threading
import time
from typing import Any
from urllib.parse import urlsplit


class Load:
    """Connections that ask all the time: `with Load(url, 20) as load: ...`, then `load.seen`."""

    def __init__(
        self, url: str, connections: int, path: str = "/fine", host: str | None = None, source: str = ""
    ) -> None:
        """`source`: the address of this machine that they ask from."""
        self._place = urlsplit(url)
        self._path = path
        self._headers = {} if host is None else {"Host": host, "User-Agent": "load"}
        self._source = (source, 0)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(connections)]
        self.seen: list[tuple[float, int | str]] = []
        """(when, status or what went wrong)"""
        self.answered: list[tuple[float, float, int]] = []
        """(asked when, answered when, status)"""

    def _run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._stop.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(
                        self._place.hostname or "", self._place.port, timeout=10, source_address=self._source
                    )
                began = time.monotonic()
                connection.request("GET", self._path, headers=self._headers)
                response = connection.getresponse()
                response.read()
                ended = time.monotonic()
                self.seen.append((ended, response.status))
                self.answered.append((began, ended, response.status))
                if response.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as e:
                self.seen.append((time.monotonic(), type(e).__name__))
                if connection is not None:
                    connection.close()
                connection = None
                time.sleep(0.01)

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def told(self) -> dict[Any, int]:
        """How often each outcome was seen."""
        return dict(collections.Counter(outcome for _, outcome in self.seen))
