"""A small shop to put a web ACL in front of. It can be broken into, on purpose, and listens on this machine alone.

Its search pastes what it is given into SQL, so that an injection that gets through brings out the customers' cards
(invented ones). The database is in memory and made anew for every request. `/catalogue` is a long page. With a capacity
it serves that many requests a second, evenly, and turns away those that would wait for more than a second.
"""

from __future__ import annotations

import html
import http.server
import sqlite3
import threading
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>The tea shop</title></head><body>
<h1>The tea shop</h1>
<form action="/search"><input name="q" value="{query}"> <button>Search</button></form>
<ul>
{items}
</ul></body></html>
"""
_ROWS = """
CREATE TABLE products (name TEXT, price TEXT);
INSERT INTO products VALUES ('Green tea', '4.20'), ('Black tea', '3.90'), ('Tea pot', '24.00');
CREATE TABLE customers (name TEXT, card TEXT);
INSERT INTO customers VALUES ('Ana', '4111 1111 1111 1111'), ('Lena', '5500 0000 0000 0004');
"""


_MOST_WAIT = 1.0
_LONG = 1 << 20


class Pace:
    """So many turns a second, one after the other."""

    def __init__(self, capacity: float) -> None:
        self._gap = 1 / capacity
        self._free = 0.0
        self._lock = threading.Lock()

    def turn(self) -> bool:
        """Wait for one; False, at once, if that would take too long."""
        with self._lock:
            now = time.monotonic()
            begin = max(now, self._free)
            if begin - now > _MOST_WAIT:
                return False
            self._free = begin + self._gap
        time.sleep(self._free - now)
        return True


def search(query: str) -> list[tuple[str, str]]:
    """What is found, or an error as the only thing found."""
    database = sqlite3.connect(":memory:")
    try:
        database.executescript(_ROWS)
        # The hole this shop is here for.
        sql = f"SELECT name, price FROM products WHERE name LIKE '%{query}%'"  # noqa: S608
        return [(str(name), str(price)) for name, price in database.execute(sql).fetchall()]
    except sqlite3.Error as e:
        return [("Error", str(e))]
    finally:
        database.close()


class Shop(http.server.ThreadingHTTPServer):
    """`serve_forever()` opens its doors."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, port: int, pace: Pace | None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.pace = pace

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are no news."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "TeaShop"
    # Head and page in one piece: two would wait for each other's acknowledgements.
    wbufsize = -1
    server: Shop

    def do_GET(self) -> None:
        """The shop's one page."""
        self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.server.pace is not None and not self.server.pace.turn():
            self._say(503, b"<p>The shop is full.</p>\n")
            return
        place = urlsplit(self.path)
        query = parse_qs(place.query).get("q", [""])[0]
        found = search(query)
        if place.path == "/catalogue":
            found *= _LONG // 80
        items = "\n".join([f"<li>{html.escape(name)}: {html.escape(price)}</li>" for name, price in found])
        self._say(200, _PAGE.format(query=html.escape(query, quote=True), items=items).encode())

    do_POST = do_GET  # noqa: N815

    def _say(self, status: int, page: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the edge keeps the records."""


def open_shop(port: int, capacity: float | None = None) -> Shop:
    """The shop, on a port of this machine (0: any free one).

    `capacity`: requests per second that it serves; None: as many as it can. Raises `OSError`.
    """
    return Shop(port, None if capacity is None else Pace(capacity))
