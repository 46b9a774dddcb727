"""A door before a real Garrison that spoils what it says, for checks that must notice."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal
from urllib.parse import urlsplit

Spoiling = Literal["forgets", "tells secrets", "decrypts", "lets in", "cannot deliver"]
_NO_USERS = (
    b'<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult><Users/>'
    b"<IsTruncated>false</IsTruncated></ListUsersResult></ListUsersResponse>"
)

_UNDELIVERED = {"LatestDeliveryError": "AccessDenied", "LatestDigestDeliveryError": "AccessDenied"}


@contextmanager
def spoiled(url: str, how: Spoiling) -> Iterator[str]:
    """The address of the door.

    `forgets`: the record is empty. `tells secrets`: it has the secrets of new access keys. `decrypts`: whatever was
    refused by Decrypt is decrypted. `lets in`: whoever does not sign lists users. `cannot deliver`: no trail
    writes anything.
    """
    behind = urlsplit(url).netloc
    secrets: list[str] = []

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            connection = http.client.HTTPConnection(behind, timeout=30)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in ("content-length", "connection")}
            connection.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            raw, status = answer.read(), answer.status
            connection.close()
            status, raw = self._spoil(status, raw)
            self.send_response(status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "connection", "x-amz-crc32", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def _spoil(self, status: int, raw: bytes) -> tuple[int, bytes]:
            target = self.headers.get("x-amz-target", "")
            if b"<SecretAccessKey>" in raw:
                secrets.append(raw.split(b"<SecretAccessKey>")[1].split(b"<")[0].decode())
            if target.endswith(".LookupEvents") and how == "forgets":
                return 200, b'{"Events":[]}'
            if target.endswith(".LookupEvents") and how == "tells secrets":
                found: dict[str, Any] = json.loads(raw)
                for event in found.get("Events", ()):
                    told = json.loads(event["CloudTrailEvent"])
                    told["responseElements"] = {"secrets": secrets}
                    event["CloudTrailEvent"] = json.dumps(told)
                return status, json.dumps(found).encode()
            if how == "lets in" and "authorization" not in self.headers:
                return 200, _NO_USERS
            if target.endswith(".GetTrailStatus") and how == "cannot deliver":
                return status, json.dumps({**json.loads(raw), **_UNDELIVERED}).encode()
            if target.endswith(".Decrypt") and how == "decrypts":
                return 200, json.dumps({"KeyId": "k", "Plaintext": base64.b64encode(b"probe").decode()}).encode()
            return status, raw

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
