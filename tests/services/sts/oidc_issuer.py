"""An OpenID Connect provider on loopback, with keys of its own and a talent for forgery."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def b64_number(number: int, size: int | None = None) -> str:
    """A number as JSON Web Keys hold it."""
    return b64(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One RSA key a name: making them takes long."""
    return rsa.generate_private_key(65537, 2048)


class Issuer:
    """Serves discovery and keys. `token(...)` signs; use as a context manager."""

    def __init__(self, path: str = "/realms/staff", key: str = "first") -> None:
        self.key = rsa_key(key)
        self.curve_key = ec.generate_private_key(ec.SECP256R1())
        self.path = path
        self.asked: list[str] = []
        self.kids = {"rsa-1": self.rsa_jwk("rsa-1"), "ec-1": self.ec_jwk("ec-1")}
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.about: dict[str, Any] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                if self.path in issuer.answers:
                    issuer.answers[self.path](self)
                elif self.path == f"{path}/.well-known/openid-configuration":
                    self.say({"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"} | issuer.about)
                elif self.path == f"{path}/keys":
                    self.say({"keys": list(issuer.kids.values())})
                else:
                    self.send_error(404)

            def say(self, document: Any) -> None:
                body = json.dumps(document).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}{self.path}"

    @property
    def place(self) -> str:
        """The URL without its scheme, as in ARNs and condition keys."""
        return self.url.partition("://")[2]

    def __enter__(self) -> Issuer:
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def rsa_jwk(self, kid: str, **more: Any) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        return {"kty": "RSA", "kid": kid, "use": "sig", "n": b64_number(numbers.n), "e": b64_number(numbers.e)} | more

    def ec_jwk(self, kid: str) -> dict[str, Any]:
        numbers = self.curve_key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "kid": kid, "x": b64_number(numbers.x, 32), "y": b64_number(numbers.y, 32)}

    def claims(self, now: float, **changes: Any) -> dict[str, Any]:
        """Claims of a good token; a change to None leaves one out."""
        good = {
            "iss": self.url,
            "sub": "fay",
            "aud": "garrison-tests",
            "iat": int(now) - 10,
            "exp": int(now) + 600,
        } | changes
        return {name: value for name, value in good.items() if value is not None}

    def token(self, now: float, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token signed as its header says."""
        head = {"typ": "JWT", "alg": "RS256", "kid": "rsa-1"} | (header or {})
        head = {name: value for name, value in head.items() if value is not None}
        signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(self.claims(now, **changes)).encode())}"
        return f"{signed}.{b64(self.sign(str(head.get('alg')), signed.encode()))}"

    def sign(self, algorithm: str, data: bytes) -> bytes:
        """Sign as asked, however unwise."""
        if algorithm == "none":
            return b""
        if algorithm.startswith("HS"):
            public = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            return hmac.new(public, data, hashlib.sha256).digest()
        if algorithm == "ES256":
            r, s = decode_dss_signature(self.curve_key.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if algorithm == "PS256":
            return self.key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        digest = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}[algorithm]
        return self.key.sign(data, padding.PKCS1v15(), digest)
