"""The client side of the AWS KMS External Key Store Proxy API, version 1: four signed POST calls.

Source: "AWS KMS External Key Store (XKS) Proxy API Specification", revision of 2024-05-15. TLS always, with the
certificate checked; 250 ms for an answer. A proxy at a public address is found by its name, as AWS finds it; one that
is anywhere else has to be named by the operator (`--xks-proxy HOST=ADDRESS:PORT`), because whoever may create key
stores is not the one to say which machines of a private network this server talks to.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.access.runtime import Runtime

SERVICE = "kms-xks-proxy"
CONNECT_SECONDS = 2.0
ANSWER_MILLISECONDS = 250
ANSWER_NAME = "XksAnswerMilliseconds"
"""By this name the operator gives slower proxies more time."""
_LARGEST = 64 * 1024


class ProxyRefused(Exception):
    """The proxy answered with an error. `name` is its `errorName`."""

    def __init__(self, name: str, status: int, message: str = "") -> None:
        super().__init__(f"{name} ({status}): {message}")
        self.name = name
        self.status = status


class ProxyUnreachable(Exception):
    """There is no proxy there, or not one whose certificate can be trusted."""


class ProxyTimedOut(Exception):
    """The proxy was there and did not answer in time."""


class InvalidAnswer(Exception):
    """What answered does not speak the protocol."""


class Where(msgspec.Struct, frozen=True):
    """A proxy and the credential its calls are signed with."""

    endpoint: str
    """`https://host`"""
    path: str
    """`/prefix/kms/xks/v1`"""
    access_key_id: str
    secret: str
    region: str


class Sealed(msgspec.Struct, frozen=True):
    """What a proxy encrypted, in bytes."""

    ciphertext: bytes
    iv: bytes
    tag: bytes
    metadata: bytes = b""


def health(runtime: Runtime, where: Where, request_id: str, operation: str = "KmsHealthCheck") -> Mapping[str, Any]:
    """GetHealthStatus. Raises the four errors of this page, as do the others."""
    asked = {"requestMetadata": {"kmsRequestId": request_id, "kmsOperation": operation}}
    answer = _post(runtime, where, "health", asked)
    if not isinstance(answer.get("ekmFleetDetails"), list) or not answer["ekmFleetDetails"]:
        raise InvalidAnswer("no ekmFleetDetails")
    return answer


def key_metadata(runtime: Runtime, where: Where, key: str, meta: Mapping[str, str]) -> Mapping[str, Any]:
    """GetKeyMetadata: `keySpec`, `keyUsage`, `keyStatus`."""
    answer = _post(runtime, where, f"keys/{key}/metadata", {"requestMetadata": meta})
    if not {"keySpec", "keyUsage", "keyStatus"} <= answer.keys():
        raise InvalidAnswer("no keySpec, keyUsage or keyStatus")
    return answer


def encrypt(runtime: Runtime, where: Where, key: str, meta: Mapping[str, str], plaintext: bytes, aad: bytes) -> Sealed:
    """Encrypt with AES-256-GCM behind the proxy. What it says it did is checked by its integrity value."""
    answer = _post(
        runtime,
        where,
        f"keys/{key}/encrypt",
        {
            "requestMetadata": meta,
            "additionalAuthenticatedData": _b64(aad),
            "plaintext": _b64(plaintext),
            "encryptionAlgorithm": "AES_GCM",
            "ciphertextDataIntegrityValueAlgorithm": "SHA_256",
        },
    )
    sealed = Sealed(
        _bytes(answer, "ciphertext"),
        _bytes(answer, "initializationVector"),
        _bytes(answer, "authenticationTag"),
        _bytes(answer, "ciphertextMetadata", optional=True),
    )
    if len(sealed.metadata) > 20 or not 12 <= len(sealed.iv) <= 16 or len(sealed.tag) != 16:
        raise InvalidAnswer("lengths out of bounds")
    whole = aad + sealed.metadata + sealed.iv + sealed.ciphertext + sealed.tag
    if _bytes(answer, "ciphertextDataIntegrityValue") != hashlib.sha256(whole).digest():
        raise InvalidAnswer("the integrity value is not that of the ciphertext")
    return sealed


def decrypt(runtime: Runtime, where: Where, key: str, meta: Mapping[str, str], sealed: Sealed, aad: bytes) -> bytes:
    """Undo `encrypt`."""
    asked: dict[str, Any] = {
        "requestMetadata": meta,
        "additionalAuthenticatedData": _b64(aad),
        "encryptionAlgorithm": "AES_GCM",
        "ciphertext": _b64(sealed.ciphertext),
        "initializationVector": _b64(sealed.iv),
        "authenticationTag": _b64(sealed.tag),
    }
    if sealed.metadata:
        asked["ciphertextMetadata"] = _b64(sealed.metadata)
    return _bytes(_post(runtime, where, f"keys/{key}/decrypt", asked), "plaintext")


def _post(runtime: Runtime, where: Where, what: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    host = where.endpoint.removeprefix("https://")
    path = f"{where.path}/{what}"
    content = json.dumps(body).encode()
    # Few have such a store, and botocore's signer is slow to import: not at every start.
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("POST", f"{where.endpoint}{path}", data=content)
    request.headers["Content-Type"] = "application/json"
    request.headers["Host"] = host
    SigV4Auth(Credentials(where.access_key_id, where.secret), SERVICE, where.region).add_auth(request)
    seconds = runtime.quotas.get(ANSWER_NAME, ANSWER_MILLISECONDS) / 1000
    try:
        sock = _connect(runtime, host)
    except (OSError, ssl.SSLError, UnicodeError) as e:
        raise ProxyUnreachable(f"{host}: {e}") from e
    with sock:
        status, raw = _exchange(sock, path, content, dict(request.headers.items()), seconds)
    try:
        answer = json.loads(raw) if raw else {}
    except ValueError as e:
        raise InvalidAnswer("not JSON") from e
    if not isinstance(answer, dict):
        raise InvalidAnswer("not a JSON object")
    if status != 200:
        raise ProxyRefused(str(answer.get("errorName", "")), status, str(answer.get("errorMessage", ""))[:1024])
    return answer


def _exchange(
    sock: ssl.SSLSocket, path: str, body: bytes, headers: Mapping[str, str], seconds: float
) -> tuple[int, bytes]:
    late = threading.Event()

    def hang_up() -> None:
        late.set()
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    # Timeouts of sockets hold for one wait each; whoever drips bytes is cut off by this.
    watch = threading.Timer(seconds, hang_up)
    watch.daemon = True
    watch.start()
    started = time.monotonic()
    try:
        connection = http.client.HTTPConnection(headers["Host"])
        connection.sock = sock
        connection.request("POST", path, body, dict(headers))
        response = connection.getresponse()
        raw = response.read(_LARGEST + 1)
    except (OSError, http.client.HTTPException) as e:
        if late.is_set() or time.monotonic() - started >= seconds:
            raise ProxyTimedOut(f"no answer within {seconds * 1000:.0f} ms") from e
        raise InvalidAnswer(f"{type(e).__name__}: {e}") from e
    finally:
        watch.cancel()
    if late.is_set():
        raise ProxyTimedOut(f"no answer within {seconds * 1000:.0f} ms")
    if len(raw) > _LARGEST:
        raise InvalidAnswer("too large")
    return response.status, raw


def _connect(runtime: Runtime, host: str) -> ssl.SSLSocket:
    named = runtime.xks_proxies.get(host)
    if named is None:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
        if not found or not all(ipaddress.ip_address(address.partition("%")[0]).is_global for address in found):
            raise OSError("not at a public address; name it with --xks-proxy HOST=ADDRESS:PORT")
        address, port = min(found), 443
    else:
        address, port = named
    context = ssl.create_default_context()
    if runtime.identity_ca is not None:
        context.load_verify_locations(runtime.identity_ca)
    plain = socket.create_connection((address, port), CONNECT_SECONDS)
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(answer: Mapping[str, Any], member: str, *, optional: bool = False) -> bytes:
    value = answer.get(member)
    if value is None and optional:
        return b""
    try:
        return base64.b64decode(value, validate=True)  # type: ignore[arg-type]
    except (ValueError, TypeError) as e:
        raise InvalidAnswer(f"no {member}") from e
