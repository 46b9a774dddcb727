"""A small application behind the edge: it says what reached it."""

from __future__ import annotations

import http.server
import json
import threading
import time
from typing import Any


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Application

    def _answer(self) -> None:
        body = self._body()
        told = {
            "application": self.server.name,
            "method": self.command,
            "target": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": body[:100_000].decode("latin-1"),
            "length": len(body),
        }
        path = self.path.partition("?")[0]
        if path.startswith("/slow/"):
            time.sleep(float(path.rpartition("/")[2]))
        status = self.server.status
        if path.startswith("/status/"):
            status = int(path.rpartition("/")[2])
        if path == "/health":
            status = self.server.health
        said = json.dumps(told).encode()
        self.server.seen.append(told)
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().strip() or b"0", 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Application(http.server.ThreadingHTTPServer):
    """`with Application("blue") as app: ... app.port`"""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.name = name
        self.status = 200
        self.health = 200
        self.seen: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return self.server_port

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that went away are no news."""

    def __enter__(self) -> Application:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self.server_close()
