"""An external key store proxy, written from its specification: AES-256-GCM keys behind TLS and signed calls."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

HOST = "xks.example.test"
PATH = "/tenant/kms/xks/v1"
ACCESS_KEY = "ABCDEFGHIJKLMNOPQRST"
SECRET = "s" * 43


class Refuse(Exception):
    def __init__(self, status: int, name: str) -> None:
        self.status, self.name = status, name


class XksServer:
    """`keys` are its external keys; `fault` makes it misbehave."""

    def __init__(self, directory: Path) -> None:
        self.keys = {"first-key": os.urandom(32), "second-key": os.urandom(32)}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.fault: str | None = None
        self.ca = directory / "xks-ca.pem"
        certificate = _certificate(directory, self.ca)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    status, answer = 200, outer.answer(self.path, dict(self.headers.items()), body)
                except Refuse as e:
                    status, answer = e.status, {"errorName": e.name}
                raw = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *args: Any) -> None:
                """A client that did not wait is no error."""

        self._server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        if self.fault == "slow":
            time.sleep(5)
        if self.fault == "denied":
            raise Refuse(403, "AccessDeniedException")
        _verify(path, headers, body)
        if not path.startswith(PATH + "/"):
            raise Refuse(404, "InvalidUriPathException")
        asked = json.loads(body)
        what = path.removeprefix(PATH + "/")
        self.calls.append((what, asked))
        if what == "health":
            fleet = [{"id": "1", "model": "test", "healthStatus": "ACTIVE"}]
            return {"xksProxyFleetSize": 1, "xksProxyVendor": "test", "xksProxyModel": "test", "ekmVendor": "test",
                    "ekmFleetDetails": fleet}  # fmt: skip
        _, key, operation = what.split("/")
        if key not in self.keys:
            raise Refuse(404, "KeyNotFoundException")
        if operation == "metadata":
            status = "DISABLED" if self.fault == "disabled" else "ENABLED"
            return {"keySpec": "AES_256", "keyUsage": ["ENCRYPT", "DECRYPT"], "keyStatus": status}
        return self._crypt(self.keys[key], operation, asked)

    def _crypt(self, key: bytes, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        aad = base64.b64decode(asked["additionalAuthenticatedData"])
        meta = b"v1"
        bound = len(aad).to_bytes(2, "big") + aad + bytes((len(meta),)) + meta
        if operation == "encrypt":
            iv = os.urandom(12)
            sealed = AESGCM(key).encrypt(iv, base64.b64decode(asked["plaintext"]), bound)
            text, tag = sealed[:-16], sealed[-16:]
            value = hashlib.sha256(aad + meta + iv + text + tag).digest()
            if self.fault == "lies":
                value = bytes(32)
            parts = {"ciphertext": text, "initializationVector": iv, "authenticationTag": tag,
                     "ciphertextMetadata": meta, "ciphertextDataIntegrityValue": value}  # fmt: skip
            return {name: base64.b64encode(part).decode() for name, part in parts.items()}
        assert base64.b64decode(asked["ciphertextMetadata"]) == meta
        sealed = base64.b64decode(asked["ciphertext"]) + base64.b64decode(asked["authenticationTag"])
        try:
            plain = AESGCM(key).decrypt(base64.b64decode(asked["initializationVector"]), sealed, bound)
        except InvalidTag:
            raise Refuse(400, "InvalidCiphertextException") from None
        return {"plaintext": base64.b64encode(plain).decode()}


def _verify(path: str, headers: dict[str, str], body: bytes) -> None:
    """Sign the request again with what the proxy knows, and compare."""
    request = AWSRequest("POST", f"https://{headers['Host']}{path}", data=body)
    request.headers["Content-Type"] = headers["Content-Type"]
    request.headers["Host"] = headers["Host"]
    request.headers["X-Amz-Date"] = headers["X-Amz-Date"]
    request.context["timestamp"] = headers["X-Amz-Date"]
    auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET), "kms-xks-proxy", "us-east-1")
    string = auth.string_to_sign(request, auth.canonical_request(request))
    if not headers["Authorization"].endswith("Signature=" + auth.signature(string, request)):
        raise Refuse(401, "AuthenticationFailedException")


def _certificate(directory: Path, ca: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public = certificate.public_bytes(serialization.Encoding.PEM)
    ca.write_bytes(public)
    both = directory / "xks.pem"
    both.write_bytes(
        public
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return both
