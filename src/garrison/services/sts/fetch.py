"""Documents of identity providers, fetched over the network with every bound that can be set.

Only what an account's registered provider names is ever fetched. Still: TLS (plain http to this very machine only), no
redirects, no proxies, few seconds, few bytes, and no addresses that a provider of the outside world has no business
naming: link-local ones (where clouds keep their metadata) never, loopback and private ones only if the issuer itself
lives on such an address. A host's address is looked up once, checked, and connected to, so that it cannot change in
between.

Certificates are checked against the system's authorities (`SSL_CERT_FILE` moves them) and those of
`Runtime.identity_ca`; where none of them signed, a certificate of the chain that has one of the provider's thumbprints
is the only authority, which is AWS's rule as well (IAM user guide, "Obtain the thumbprint for an OpenID Connect
identity provider").
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import msgspec

from garrison.access.oidc_url import is_loopback

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 6.0
LARGEST = 256 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotFetched(Exception):
    """The provider could not be reached, or what it answered is no document."""


class NotTrusted(NotFetched):
    """The provider's certificate comes from nobody known, and none of its thumbprints fit."""


class Trust(msgspec.Struct, frozen=True):
    """Whom to believe, and how near the issuer may be."""

    thumbprints: tuple[str, ...] = ()
    authorities: str | None = None
    """A file of further certificate authorities (PEM)."""


def fetch_json(url: str, issuer: str, trust: Trust) -> dict[str, Any]:
    """The JSON object at a URL that the provider with that issuer names. Raises `NotFetched`."""
    deadline = time.monotonic() + TOTAL_SECONDS
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NotFetched("not a URL") from None
    if not host or parts.username is not None or parts.fragment:
        raise NotFetched("not a URL")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host) and issuer.startswith("http://")):
        raise NotFetched("neither https nor this machine")
    port = port or (443 if parts.scheme == "https" else 80)
    try:
        address = _address(host, port, issuer)
        sock = _connect(address, host, port, parts.scheme == "https", trust)
        with sock:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            # Timeouts of sockets hold for one wait each; whoever drips bytes is cut off by this.
            watch = threading.Timer(deadline - time.monotonic(), _hang_up, (sock,))
            watch.daemon = True
            watch.start()
            try:
                body = _get(sock, host if port in (80, 443) else f"{host}:{port}", path)
            finally:
                watch.cancel()
    except ssl.SSLCertVerificationError as e:
        raise NotTrusted(str(e)) from e
    except (OSError, http.client.HTTPException, UnicodeError) as e:
        raise NotFetched(f"{type(e).__name__}: {e}") from e
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        raise NotFetched("not JSON") from None
    if not isinstance(document, dict):
        raise NotFetched("not a JSON object")
    return document


def _lookup(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _address(host: str, port: int, issuer: str) -> str:
    """The address to connect to. Raises `NotFetched`."""
    addresses = _lookup(host, port)
    own = urlsplit(issuer).hostname or ""
    near = addresses if own == host else _lookup(own, port)
    for address in addresses:
        if not _admitted(address, near):
            raise NotFetched(f"{host} is at {address}, where its issuer has no business")
    if not addresses:
        raise NotFetched(f"{host} has no address")
    return str(addresses[0])


def _admitted(address: Address, issuer: list[Address]) -> bool:
    plain = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = plain or address
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if address.is_loopback:
        return all(near.is_loopback for near in issuer)
    return address.is_global or not any(near.is_global for near in issuer)


def _connect(address: str, host: str, port: int, tls: bool, trust: Trust) -> socket.socket:
    if not tls:
        return socket.create_connection((address, port), CONNECT_SECONDS)
    context = ssl.create_default_context()
    if trust.authorities is not None:
        context.load_verify_locations(trust.authorities)
    try:
        return _wrap(context, address, host, port)
    except ssl.SSLCertVerificationError:
        pinned = _pinned(address, host, port, trust.thumbprints)
        if pinned is None:
            raise
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=pinned)
        return _wrap(context, address, host, port)


def _wrap(context: ssl.SSLContext, address: str, host: str, port: int) -> ssl.SSLSocket:
    plain = socket.create_connection((address, port), CONNECT_SECONDS)
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _pinned(address: str, host: str, port: int, thumbprints: tuple[str, ...]) -> bytes | None:
    """The certificate of the server's chain that has one of the thumbprints. Nothing else is taken from this talk."""
    if not thumbprints:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with _wrap(context, address, host, port) as sock:
        for certificate in _chain(sock):
            if hashlib.sha1(certificate, usedforsecurity=False).hexdigest() in thumbprints:
                return certificate
    return None


def _chain(sock: ssl.SSLSocket) -> list[bytes]:
    """What the server presented. Before Python 3.13 the whole chain is behind a private door; else its first part."""
    chain: Any = getattr(sock, "get_unverified_chain", None)
    if chain is not None:
        return [bytes(certificate) for certificate in chain()]
    inner: Any = getattr(getattr(sock, "_sslobj", None), "get_unverified_chain", None)
    if inner is not None:
        return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in inner()]
    leaf = sock.getpeercert(binary_form=True)
    return [] if leaf is None else [leaf]


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _get(sock: socket.socket, host: str, path: str) -> bytes:
    connection = http.client.HTTPConnection(host)
    connection.sock = sock
    connection.request("GET", path, headers={"Host": host, "Accept": "application/json", "User-Agent": "garrison"})
    response = connection.getresponse()
    if response.status != 200:
        raise NotFetched(f"answered {response.status}")
    body = b""
    while chunk := response.read1(16 * 1024):
        body += chunk
        if len(body) > LARGEST:
            raise NotFetched(f"more than {LARGEST} bytes")
    if response.length:
        raise NotFetched("cut off")
    return body
