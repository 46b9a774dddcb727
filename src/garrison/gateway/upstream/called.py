"""Which service a request asks for, by its head alone: that decides whether it is for an upstream."""

from __future__ import annotations

from collections.abc import Callable

from garrison.gateway.route import bucket_of, scope_service

Header = Callable[[str], str | None]
"""The first value of a header, by its lower-case name."""

_OTHERS = ("x-amz-target", "smithy-protocol", "x-amz-sso_bearer_token")
"""Headers of unsigned calls that are not S3's."""


def called_service(method: str, path: str, query: str, header: Header) -> str:
    """The name a request is signed with, `s3` for what only S3 takes unsigned or signed the old way, else "".

    Whoever reads an object needs no signature, if the bucket's policy lets everybody; then host or path name it.
    """
    authorization = header("authorization") or ""
    scope = scope_service(authorization, query)
    if scope:
        return scope
    if signed_the_old_way(authorization, query):
        return "s3"
    if authorization or method not in ("GET", "HEAD", "PUT", "DELETE"):
        return ""
    if bucket_of(header("host") or ""):
        return "s3"
    if path == "/" or "Action=" in query or any(header(name) is not None for name in _OTHERS):
        return ""
    return "s3"


def signed_the_old_way(authorization: str, query: str) -> bool:
    """Whether a request bears a signature of version 2, which was S3's."""
    return authorization.startswith("AWS ") or (
        "AWSAccessKeyId=" in query and "Signature=" in query and "Action=" not in query
    )
