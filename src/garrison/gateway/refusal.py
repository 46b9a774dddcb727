"""Why a request is not believed, and how each family of AWS services says so.

`sigv4` and `authenticate` raise `Refused`; the walk turns it into the `AwsError` the client's service would send.
Sources: "Common errors" pages of the API references; Amazon S3 API reference, "Error responses"; texts as recorded in
public bug reports of SDK users.
"""

from __future__ import annotations

from enum import Enum

from garrison.aws.errors import AwsError

MISMATCH_TEXT = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
S3_MISMATCH_TEXT = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
UNKNOWN_KEY_TEXT = "The security token included in the request is invalid."
S3_UNKNOWN_KEY_TEXT = "The AWS Access Key Id you provided does not exist in our records."
EXPIRED_TOKEN_TEXT = "The security token included in the request is expired"  # noqa: S105
S3_EXPIRED_TOKEN_TEXT = "The provided token has expired."  # noqa: S105
S3_SKEWED_TEXT = "The difference between the request time and the current time is too large."
MISSING_TEXT = "Request is missing Authentication Token"
S3_CHECKSUM_TEXT = "The provided 'x-amz-content-sha256' header does not match what was computed."
S3_PAYLOAD_HEADER_TEXT = (
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, or a valid sha256 value."
)


class Why(Enum):
    """Every reason not to believe a request."""

    MISSING = "no signature"
    INCOMPLETE = "a signature without all its parts"
    QUERY = "a signed URL without all its parts"
    ALGORITHM = "an algorithm that is not supported"
    SCOPE = "a credential for another day, region or service"
    SKEWED = "a time too far from ours"
    URL_EXPIRED = "a signed URL past its life"
    UNSIGNED_HEADERS = "headers that must be signed and are not"
    PAYLOAD = "another body than was signed"
    PAYLOAD_HEADER = "a payload header that says nothing we know"
    PAYLOAD_MISSING = "no payload header where one is required"
    CHUNKS = "a chunked body that breaks off or has no form"
    CHECKSUM = "another checksum than the body's"
    MISMATCH = "a wrong signature"
    UNKNOWN_KEY = "an access key that is not known, not active, or not its token's"
    TOKEN_EXPIRED = "a session that is over"  # noqa: S105


_MISMATCH = ("SignatureDoesNotMatch", 403)
_INCOMPLETE = ("IncompleteSignature", 400)
_MALFORMED = ("AuthorizationHeaderMalformed", 400)
_DENIED = ("AccessDenied", 403)

_CODES: dict[Why, tuple[tuple[str, int], str, tuple[str, int]]] = {
    # query family, JSON family, S3
    Why.MISSING: (("MissingAuthenticationToken", 403), "MissingAuthenticationTokenException", _DENIED),
    Why.INCOMPLETE: (_INCOMPLETE, "IncompleteSignatureException", _MALFORMED),
    Why.QUERY: (_INCOMPLETE, "IncompleteSignatureException", ("AuthorizationQueryParametersError", 400)),
    Why.ALGORITHM: (_INCOMPLETE, "IncompleteSignatureException", ("InvalidRequest", 400)),
    Why.SCOPE: (_MISMATCH, "InvalidSignatureException", _MALFORMED),
    Why.SKEWED: (_MISMATCH, "InvalidSignatureException", ("RequestTimeTooSkewed", 403)),
    Why.URL_EXPIRED: (_MISMATCH, "InvalidSignatureException", _DENIED),
    Why.UNSIGNED_HEADERS: (_MISMATCH, "InvalidSignatureException", _DENIED),
    Why.PAYLOAD: (_MISMATCH, "InvalidSignatureException", ("XAmzContentSHA256Mismatch", 400)),
    Why.PAYLOAD_HEADER: (_MISMATCH, "InvalidSignatureException", ("InvalidArgument", 400)),
    Why.PAYLOAD_MISSING: (_MISMATCH, "InvalidSignatureException", ("InvalidRequest", 400)),
    Why.CHUNKS: (("IncompleteBody", 400), "SerializationException", ("IncompleteBody", 400)),
    Why.CHECKSUM: (("BadDigest", 400), "SerializationException", ("BadDigest", 400)),
    Why.MISMATCH: (_MISMATCH, "InvalidSignatureException", _MISMATCH),
    Why.UNKNOWN_KEY: (("InvalidClientTokenId", 403), "UnrecognizedClientException", ("InvalidAccessKeyId", 403)),
    Why.TOKEN_EXPIRED: (("ExpiredToken", 403), "ExpiredTokenException", ("ExpiredToken", 400)),
}

_S3_TEXTS = {
    Why.MISSING: "Access Denied",
    Why.MISMATCH: S3_MISMATCH_TEXT,
    Why.SKEWED: S3_SKEWED_TEXT,
    Why.URL_EXPIRED: "Request has expired",
    Why.UNKNOWN_KEY: S3_UNKNOWN_KEY_TEXT,
    Why.TOKEN_EXPIRED: S3_EXPIRED_TOKEN_TEXT,
    Why.UNSIGNED_HEADERS: "There were headers present in the request which were not signed",
    Why.PAYLOAD: S3_CHECKSUM_TEXT,
    Why.PAYLOAD_HEADER: S3_PAYLOAD_HEADER_TEXT,
    Why.PAYLOAD_MISSING: "Missing required header for this request: x-amz-content-sha256",
}


class Refused(Exception):
    """The request is not believed. `text` is the query family's message."""

    def __init__(self, why: Why, text: str = MISMATCH_TEXT) -> None:
        super().__init__(why.name)
        self.why = why
        self.text = text


def error_of(refused: Refused, service: str, protocol: str) -> AwsError:
    """The error a client of that service and protocol gets."""
    query, json, s3 = _CODES[refused.why]
    if service == "s3":
        return AwsError(s3[0], _S3_TEXTS.get(refused.why, refused.text), status=s3[1])
    if protocol in ("query", "ec2", "rest-xml"):
        code = "AuthFailure" if protocol == "ec2" and refused.why is Why.UNKNOWN_KEY else query[0]
        return AwsError(code, refused.text, status=query[1])
    # A guess, from recorded answers of DynamoDB and Lambda: JSON 1.x says 400 to all of these, REST-JSON 403.
    return AwsError(json, refused.text, status=400 if protocol.startswith("json") else 403)
