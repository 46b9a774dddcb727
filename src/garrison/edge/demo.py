"""A small shop to put a web ACL in front of. It can be broken into, on purpose, and listens on this machine alone.

Its search pastes what it is given into SQL, so that an injection that gets through brings out the customers' cards
(invented ones). The database is in memory and made anew for every request.
"""

from __future__ import annotations

import html
import http.server
import sqlite3
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


class _Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "TeaShop"

    def do_GET(self) -> None:
        """The shop's one page."""
        query = parse_qs(urlsplit(self.path).query).get("q", [""])[0]
        items = "\n".join([f"<li>{html.escape(name)}: {html.escape(price)}</li>" for name, price in search(query)])
        page = _PAGE.format(query=html.escape(query, quote=True), items=items).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the edge keeps the records."""


def open_shop(port: int) -> http.server.ThreadingHTTPServer:
    """The shop, on a port of this machine (0: any free one); `serve_forever()` opens its doors. Raises `OSError`."""
    shop = http.server.ThreadingHTTPServer(("127.0.0.1", port), _Shop)
    shop.daemon_threads = True
    return shop
