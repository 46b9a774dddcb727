"""Signature Version 4: what a request claims, and whether its signature proves it.

The rules, in the order they are kept:

- A request is signed in its Authorization header or in its query string, never both, never twice.
- The claim is complete: credential of five parts ending in `aws4_request`, signed headers with `host` and every
  `x-amz-*` header that was sent, a signature, a time in ISO 8601 basic form (or an RFC 7231 `Date`).
- The credential's date is the time's date; its region has the form of one; its service is the one that is called.
- The time is within five minutes (S3: fifteen) of ours; a signed URL lives from its time for `X-Amz-Expires` seconds.
- What is hashed is what was received, and the signature compares equal in constant time.

Nothing here looks up keys or touches state but the cache of signing keys.
Source: IAM user guide, "AWS Signature Version 4 for API requests"; Amazon S3 API reference, "Authenticating requests".
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
import re
import time
from email.utils import parsedate_tz
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from garrison.access.call import HttpRequest
from garrison.gateway.canonical import canonical_headers, canonical_path, canonical_query, canonical_s3_path
from garrison.gateway.refusal import Refused, Why

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
MAX_EXPIRES = 604_800
_LONGEST_CREDENTIAL = 512
_LONGEST_TIME = 128
_LONGEST_SIGNED = 8 * 1024
_MOST_SIGNED = 200
"""What is read of a claim is remembered before anything is proved, so there is a bound to what is read: an access key
id has 128 characters at most (IAM model), and no request has more headers than that."""

S3_SERVICES = frozenset({"s3", "s3-outposts", "s3-object-lambda", "s3express"})
"""Signing names with S3's rules: path encoded once, never normalized; payload header required; 15 minutes of skew."""

_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_QUERY_NAMES = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
)


class Claim(msgspec.Struct, frozen=True):
    """Who a request says it is from, and with what it says so. Nothing in it is believed yet."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed: tuple[str, ...]
    """Names of the signed headers, as listed."""
    signature: str
    timestamp: str
    """`20261123T120000Z`, as it is in the string to sign."""
    time: float
    token: str | None = None
    expires: int | None = None
    """Seconds a signed URL lives; None for a signed header."""

    @property
    def presigned(self) -> bool:
        return self.expires is not None


def read_claim(request: HttpRequest) -> Claim | None:
    """The claim a request makes, or None if it makes none. Raises `Refused` for an incomplete or doubled one."""
    authorization: str | None = None
    timestamp: str | None = None
    http_date: str | None = None
    token: str | None = None
    for name, value in request.headers:
        if name == "authorization":
            if authorization is not None:
                raise Refused(Why.INCOMPLETE, "Authorization header may be given only once.")
            authorization = value.strip()
        elif name == "x-amz-date":
            timestamp = _once(name, timestamp, value)
        elif name == "x-amz-security-token":
            token = _once(name, token, value)
        elif name == "date":
            http_date = value
    in_query = "X-Amz-" in request.query and (
        "X-Amz-Signature=" in request.query or "X-Amz-Algorithm=" in request.query
    )
    if authorization is None:
        return _query_claim(request.query) if in_query else None
    if in_query:
        raise Refused(Why.QUERY, "Only one auth mechanism allowed; a signature is in the query and in Authorization.")
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        if algorithm.startswith("AWS4-"):
            raise Refused(Why.ALGORITHM, f"Unsupported AWS 'algorithm': '{algorithm[:64]}'. Use {ALGORITHM}.")
        raise Refused(Why.INCOMPLETE, _missing(authorization, ("Credential", "Signature", "SignedHeaders"), True))
    fields: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, value = part.strip().partition("=")
        if not equals:
            raise Refused(
                Why.INCOMPLETE,
                f"'{part.strip()[:64]}' not a valid key=value pair (missing equal-sign) in Authorization header"
                f" (hashed with SHA-256 and encoded with Base64): '{_hashed(authorization)}'.",
            )
        if name in fields:
            raise Refused(Why.INCOMPLETE, f"Authorization header has '{name[:64]}' twice.")
        fields[name] = value
    timestamp = timestamp or http_date
    missing = tuple(x for x in ("Credential", "Signature", "SignedHeaders") if not fields.get(x))
    if missing or timestamp is None:
        raise Refused(Why.INCOMPLETE, _missing(authorization, missing, timestamp is not None))
    return _claim(fields["Credential"], fields["SignedHeaders"], fields["Signature"], timestamp, token)


def _claim(
    credential: str, headers: str, signature: str, timestamp: str, token: str | None, expires: int | None = None
) -> Claim:
    if len(credential) > _LONGEST_CREDENTIAL or len(headers) > _LONGEST_SIGNED or len(timestamp) > _LONGEST_TIME:
        raise Refused(Why.INCOMPLETE, "Credential, SignedHeaders or date is longer than any can be.")
    stamp, seconds = _read_time(timestamp)
    key, date, region, service = _read_credential(credential)
    return Claim(key, date, region, service, _read_signed(headers), signature, stamp, seconds, token, expires)


def _once(name: str, before: str | None, value: str) -> str:
    if before is not None:
        raise Refused(Why.INCOMPLETE, f"Header '{name}' may be given only once.")
    return value.strip()


def _hashed(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _missing(authorization: str, names: tuple[str, ...], dated: bool) -> str:
    text = "".join(f"Authorization header requires '{name}' parameter. " for name in names)
    if not dated:
        text += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    return f"{text}(Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(authorization)}"


@lru_cache(maxsize=4096)
def _read_time(text: str) -> tuple[str, float]:
    """A request time as it is signed, and as seconds since the epoch."""
    try:
        if _TIME.fullmatch(text):
            return text, float(calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ")))
        parsed = parsedate_tz(text)
        if parsed is not None:
            seconds = calendar.timegm(parsed[:6]) - (parsed[9] or 0)
            return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds)), float(seconds)
    except (ValueError, OverflowError, OSError, IndexError, TypeError):
        pass
    raise Refused(
        Why.INCOMPLETE,
        f"Date must be in ISO-8601 'basic format'. Got '{text[:64]}'. See http://en.wikipedia.org/wiki/ISO_8601",
    )


@lru_cache(maxsize=4096)
def _read_credential(text: str) -> tuple[str, str, str, str]:
    parts = text.split("/")
    if len(parts) != 5 or not text.isascii():
        raise Refused(
            Why.INCOMPLETE,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{text[:128]}'",
        )
    if parts[4] != TERMINATOR:
        raise Refused(
            Why.SCOPE, f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{parts[4][:32]}'."
        )
    return parts[0], parts[1], parts[2], parts[3]


@lru_cache(maxsize=1024)
def _read_signed(text: str) -> tuple[str, ...]:
    names = tuple(text.split(";"))
    if len(names) > _MOST_SIGNED:
        raise Refused(Why.MISMATCH)
    # Clients that sign in another order or case than AWS canonicalizes get a signature that does not match.
    if list(names) != sorted(set(names)) or text != text.lower() or not text.isascii():
        raise Refused(Why.MISMATCH)
    if "host" not in names and ":authority" not in names:
        raise Refused(Why.UNSIGNED_HEADERS, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    return names


def _query_claim(query: str) -> Claim:
    """The claim of a signed URL."""
    fields: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name in _QUERY_NAMES:
            if name in fields:
                raise Refused(Why.QUERY, f"AWS query-string parameter '{name}' may be given only once.")
            fields[name] = unquote(value, errors="replace")
    algorithm = fields.get("X-Amz-Algorithm", "")
    if algorithm != ALGORITHM:
        why = Why.ALGORITHM if algorithm.startswith("AWS4-") else Why.QUERY
        raise Refused(why, f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    for name in _QUERY_NAMES[1:6]:
        if not fields.get(name):
            raise Refused(
                Why.QUERY, f"AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
            )
    expires = fields["X-Amz-Expires"]
    if not (expires.isascii() and expires.isdigit()):
        raise Refused(Why.QUERY, "X-Amz-Expires should be a number")
    if len(expires) > 9 or int(expires) > MAX_EXPIRES:
        raise Refused(
            Why.QUERY,
            "X-Amz-Expires must be less than a week (in seconds); "
            f"that is, the given X-Amz-Expires must be less than {MAX_EXPIRES} seconds",
        )
    if int(expires) < 1:
        raise Refused(Why.QUERY, "X-Amz-Expires must be non-negative and greater than zero")
    if _TIME.fullmatch(fields["X-Amz-Date"]) is None:
        raise Refused(Why.QUERY, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    return _claim(
        fields["X-Amz-Credential"],
        fields["X-Amz-SignedHeaders"],
        fields["X-Amz-Signature"],
        fields["X-Amz-Date"],
        fields.get("X-Amz-Security-Token"),
        int(expires),
    )


def check_time(claim: Claim, now: float) -> None:
    """The claim's time is near ours, or its signed URL alive. Raises `Refused`."""
    skew = 900 if claim.service in S3_SERVICES else 300
    if claim.expires is not None:
        if now > claim.time + claim.expires:
            ends = _basic(claim.time + claim.expires)
            raise Refused(Why.URL_EXPIRED, f"Signature expired: {ends} is now earlier than {_basic(now)}")
    elif now - claim.time > skew:
        limit = f"{_basic(now - skew)} ({_basic(now)} - {skew // 60} min.)"
        raise Refused(Why.SKEWED, f"Signature expired: {claim.timestamp} is now earlier than {limit}")
    if claim.time - now > skew:
        limit = f"{_basic(now + skew)} ({_basic(now)} + {skew // 60} min.)"
        raise Refused(Why.SKEWED, f"Signature not yet current: {claim.timestamp} is still later than {limit}")


def _basic(seconds: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


def check_scope(claim: Claim, signing_name: str, known_region: bool) -> None:
    """The credential is for this day, a real region and the service that is called. Raises `Refused`."""
    if claim.timestamp[:8] != claim.date:
        raise Refused(
            Why.SCOPE,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{claim.date[:16]}' != '{claim.timestamp[:8]}', from '{claim.timestamp}'.",
        )
    if not known_region:
        raise Refused(Why.SCOPE, "Credential should be scoped to a valid region. ")
    if claim.service != signing_name:
        raise Refused(Why.SCOPE, f"Credential should be scoped to correct service: '{signing_name}'. ")


def check_headers(claim: Claim, request: HttpRequest) -> None:
    """Every `x-amz-*` header that was sent is signed: unsigned, it could be changed on the way. Raises `Refused`."""
    signed = claim.signed
    for name, _ in request.headers:
        if name not in signed and name.startswith("x-amz-"):
            raise Refused(
                Why.UNSIGNED_HEADERS, f"Header '{name[:64]}' must be a 'SignedHeader' in the AWS Authorization."
            )


@lru_cache(maxsize=8192)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of one secret for one day, region and service."""
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode("latin-1"), "sha256")
    return key


def payload_hash(claim: Claim, request: HttpRequest) -> str:
    """What the signature covers of the body. Raises `Refused` if the request says one thing and its body another.

    `UNSIGNED-PAYLOAD` is returned as it stands, and it is for the caller to know who may say so. So is the value of a
    streaming payload: its body is then proved chunk by chunk (`gateway.chunked`).
    """
    declared = declared_payload(claim, request)
    if declared is None:
        return hashlib.sha256(request.body).hexdigest() if request.body else EMPTY_SHA256
    if declared == UNSIGNED_PAYLOAD or declared.startswith("STREAMING-"):
        return declared
    if not hmac.compare_digest(declared, hashlib.sha256(request.body).hexdigest()):
        raise Refused(Why.PAYLOAD)
    return declared


def declared_payload(claim: Claim, request: HttpRequest) -> str | None:
    """What the request says of its body, without a look at the body; None if nothing. Raises `Refused`."""
    declared = request.header("x-amz-content-sha256")
    s3 = claim.service in S3_SERVICES
    if declared is None:
        if s3:
            if claim.expires is not None:
                return UNSIGNED_PAYLOAD
            raise Refused(Why.PAYLOAD_MISSING)
        return None
    if declared.startswith("STREAMING-"):
        if not s3:
            raise Refused(Why.PAYLOAD_HEADER)
        return declared
    if declared != UNSIGNED_PAYLOAD and _SHA256.fullmatch(declared) is None:
        raise Refused(Why.PAYLOAD_HEADER)
    return declared


def verify(claim: Claim, request: HttpRequest, secret: str, payload: str) -> None:
    """The signature is the one this secret makes over this request. Raises `Refused`."""
    headers = canonical_headers(request.headers, claim.signed)
    if headers is None:
        raise Refused(Why.MISMATCH)
    query = canonical_query(request.query, without="X-Amz-Signature" if claim.expires is not None else None)
    paths: tuple[str, ...]
    if claim.service in S3_SERVICES:
        # S3 signs the path as it was sent; some clients leave characters bare on the wire that they sign encoded.
        paths = (request.path or "/", canonical_s3_path(request.path))
    else:
        paths = (canonical_path(request.path),)
    key = signing_key(secret, claim.date, claim.region, claim.service)
    scope = f"{claim.date}/{claim.region}/{claim.service}/{TERMINATOR}"
    for path in dict.fromkeys(paths):
        text = f"{request.method}\n{path}\n{query}\n{headers}\n{';'.join(claim.signed)}\n{payload}"
        digest = hashlib.sha256(text.encode("latin-1")).hexdigest()
        to_sign = f"{ALGORITHM}\n{claim.timestamp}\n{scope}\n{digest}"
        expected = hmac.digest(key, to_sign.encode("latin-1"), "sha256").hex()
        if hmac.compare_digest(expected.encode(), claim.signature.encode("utf-8", "replace")):
            return
    raise Refused(Why.MISMATCH)
