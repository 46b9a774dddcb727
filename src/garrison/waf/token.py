"""The token a client carries after a challenge or a CAPTCHA: cookie `aws-waf-token`, or the header SDKs send.

A token is sealed (AES-256-GCM), so that nobody can make or change one, and says

- for which client it is: a digest of its address and User-Agent. From another client it is invalid;
- for which domain: the host itself, or the shortest of the web ACL's TokenDomains the host is within. Elsewhere it is
  a domain mismatch;
- when the challenge and the CAPTCHA were last solved. A rule asks how long ago: that is the immunity time.

Source: developer guide, "Tokens in AWS WAF intelligent threat mitigation"; AWS's own tokens are opaque.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from garrison.waf.parts import Parts
from garrison.waf.request import Request

COOKIE = b"aws-waf-token"
HEADER = b"x-aws-waf-token"
LONGEST = 1024
"""Bytes of a token; a longer one is none of ours."""


class Token(msgspec.Struct, frozen=True, array_like=True):
    """What is in a token. Times are seconds since the epoch, 0 for never."""

    id: str
    client: bytes
    domain: str
    challenge_at: int = 0
    captcha_at: int = 0


class Reading(NamedTuple):
    """What came of looking for a token."""

    token: Token | None = None
    """None unless it is genuine, this client's and for this domain."""
    failure: str = "TOKEN_MISSING"
    """Why there is none, as the log's failureReason."""


class TokenKeys:
    """Seals and opens: tokens, and what a challenge page brings back. Not to be used for anything else."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: 32 bytes or more, the same wherever the tokens are to be accepted."""
        self._seal = AESGCM(hashlib.blake2b(secret, digest_size=32, person=b"garrison-waf").digest())

    def seal(self, purpose: bytes, data: bytes) -> str:
        """Sealed for one purpose, as URL-safe text."""
        nonce = os.urandom(12)
        return base64.urlsafe_b64encode(nonce + self._seal.encrypt(nonce, data, purpose)).rstrip(b"=").decode()

    def open(self, purpose: bytes, text: bytes) -> bytes | None:
        """What was sealed; None if this was never sealed here for that purpose."""
        if len(text) > LONGEST:
            return None
        try:
            raw = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
            return self._seal.decrypt(raw[:12], raw[12:], purpose)
        except (binascii.Error, ValueError, InvalidTag):
            return None

    def mint(self, token: Token) -> str:
        """The cookie's value."""
        return self.seal(b"token", msgspec.msgpack.encode(token))

    def read(self, text: bytes) -> Token | None:
        """The token in a cookie's value; None if it is not genuine."""
        opened = self.open(b"token", text)
        if opened is None:
            return None
        try:
            return msgspec.msgpack.decode(opened, type=Token)
        except msgspec.DecodeError:
            return None


def client_of(request: Request) -> bytes:
    """What tells one client from another: address and User-Agent."""
    agent = request.header(b"user-agent") or b""
    return hashlib.blake2b(request.source_ip.encode() + b"\0" + agent, digest_size=16).digest()


def host_of(request: Request) -> str:
    """The host a request is for, in lower case and without a port."""
    host = (request.header(b"host") or b"").decode("latin-1").lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def domain_for(host: str, domains: Sequence[str]) -> str:
    """The domain of a new token."""
    return min([host, *(d for d in domains if within(host, d))], key=len)


def within(host: str, domain: str) -> bool:
    """Whether a host is a domain or below it."""
    return host == domain or host.endswith("." + domain)


def read_token(parts: Parts, keys: TokenKeys, domains: Sequence[str]) -> Reading:
    """The token a request carries. Of several the first genuine one of this client counts."""
    request = parts.request
    texts = [value for name, value in parts.cookies if name == COOKIE] + parts.headers.get(HEADER, [])
    reading = Reading()
    for text in texts[:4]:
        token = keys.read(text)
        if token is None or token.client != client_of(request):
            reading = Reading(failure="TOKEN_INVALID")
        elif token.domain != host_of(request) and not any(within(token.domain, domain) for domain in domains):
            reading = Reading(failure="TOKEN_DOMAIN_MISMATCH")
        else:
            return Reading(token, "")
    return reading
