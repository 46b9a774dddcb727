"""Why a request is not believed, and how each family of AWS services says so.

`sigv4` and `authenticate` raise `Refused`; the walk turns it into the `AwsError` the client's service would send.
Sources: "Common errors" pages of the API references, Amazon S3 API reference "Error responses"; texts as recorded in public
bug reports of SDK users.
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
    """Every reason not to believe a request. Values: (query code, status), (JSON code), (S3 code, status)."""

    MISSING = (("MissingAuthenticationToken", 403), "MissingAuthenticationTokenException", ("AccessDenied", 403))
    INCOMPLETE = (("IncompleteSignature", 400), "IncompleteSignatureException", ("AuthorizationHeaderMalformed", 400))
    QUERY = (("IncompleteSignature", 400), "IncompleteSignatureException", ("AuthorizationQueryParametersError", 400))
    ALGORITHM = (("IncompleteSignature", 400), "IncompleteSignatureException", ("InvalidRequest", 400))
    SCOPE = (("SignatureDoesNotMatch", 403), "InvalidSignatureException", ("AuthorizationHeaderMalformed", 400))
    SKEWED = (("SignatureDoesNotMatch", 403), "InvalidSignatureException", ("RequestTimeTooSkewed", 403))
    URL_EXPIRED = (("SignatureDoesNotMatch", 403), "InvalidSignatureException", ("AccessDenied", 403))
    UNSIGNED_HEADERS = (("SignatureDoesNotMatch", 403), "InvalidSignatureException", ("AccessDenied", 403))
    PAYLOAD = (("SignatureDoesNotMatch", 403), "InvalidSignatureException", ("XAmzContentSHA256Mismatch", 400))
    PAYLOAD_HEADER = (("SignatureDoesNotMatch", 403), "InvalidSignatureException", ("InvalidArgument", 400))
    PAYLOAD_MISSING = (("SignatureDoesNotMatch", 403), "InvalidSignatureException", ("InvalidRequest", 400))
    CHUNKS = (("IncompleteBody", 400), "SerializationException", ("IncompleteBody", 400))
    CHECKSUM = (("BadDigest", 400), "SerializationException", ("BadDigest", 400))
    MISMATCH = (("SignatureDoesNotMatch", 403), "InvalidSignatureException", ("SignatureDoesNotMatch", 403))
    UNKNOWN_KEY = (("InvalidClientTokenId", 403), "UnrecognizedClientException", ("InvalidAccessKeyId", 403))
    TOKEN_EXPIRED = (("ExpiredToken", 403), "ExpiredTokenException", ("ExpiredToken", 400))


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
    query, json, s3 = refused.why.value
    if service == "s3":
        return AwsError(s3[0], _S3_TEXTS.get(refused.why, refused.text), status=s3[1])
    if protocol in ("query", "ec2", "rest-xml"):
        code = "AuthFailure" if protocol == "ec2" and refused.why is Why.UNKNOWN_KEY else query[0]
        return AwsError(code, refused.text, status=query[1])
    # A guess, from recorded answers of DynamoDB and Lambda: JSON 1.x says 400 to all of these, REST-JSON 403.
    return AwsError(json, refused.text, status=400 if protocol.startswith("json") else 403)
