"""What a list's location holds, read when the list is activated, and again when it is updated.

Source: API reference, `CreateThreatIntelSet`, and user guide, "Working with trusted IP lists and threat lists": objects
in S3, by `s3://` or any of its URLs.
"""

from __future__ import annotations

import re
import urllib.request
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from garrison.access.objects import Missing
from garrison.access.runtime import Runtime
from garrison.detect.intel import IndicatorList, ListError, indicators
from garrison.detect.intel.lists import LARGEST
from garrison.services.guardduty.errors import rejected

_TIMEOUT = 20.0
_VIRTUAL = re.compile(r"(?P<bucket>[^/]+)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?")
_PATH = re.compile(r"s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?")


class Read(NamedTuple):
    """What came of reading a location: a list, or why there is none."""

    entries: IndicatorList | None
    error: str = ""


def place(location: str) -> tuple[str, str] | None:
    """(bucket, key) of a location in S3; None for another URL. Raises `BadRequestException` for what is no location."""
    parts = urlsplit(location)
    key = unquote(parts.path.lstrip("/"))
    if parts.scheme == "s3":
        if not parts.netloc or not key:
            raise _invalid()
        return parts.netloc, key
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _invalid()
    virtual = _VIRTUAL.fullmatch(parts.hostname)
    if virtual is not None:
        if not key:
            raise _invalid()
        return virtual["bucket"], key
    if _PATH.fullmatch(parts.hostname):
        bucket, _, rest = key.partition("/")
        if not bucket or not rest:
            raise _invalid()
        return bucket, rest
    return None


def read(
    runtime: Runtime,
    location: str,
    *,
    name: str,
    format: str,
    trusted: bool,
    kind: Literal["ip", "entity"],
    now: float,
) -> Read:
    """Read a list from where it is. It may take seconds: not for the event loop."""
    try:
        data = _bytes(runtime, location)
        return Read(indicators(name, data, format, trusted=trusted, kind=kind, time=now))
    except (Missing, ListError) as e:
        return Read(None, str(e))
    except OSError as e:
        return Read(None, f"The location cannot be read: {e}")


def _bytes(runtime: Runtime, location: str) -> bytes:
    found = place(location)
    if found is not None:
        return runtime.objects.read(*found, LARGEST)
    if not any(location.startswith(prefix) for prefix in runtime.guarding.list_urls):
        # Whoever may make lists shall not have this machine ask any address they like.
        raise Missing("The location is not in S3, and is not one that --guardduty-list-url allows")
    request = urllib.request.Request(location, headers={"user-agent": "garrison"})  # noqa: S310 - http or https
    with urllib.request.build_opener(_NoRedirects).open(request, timeout=_TIMEOUT) as answer:
        data: bytes = answer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Missing(f"The location has more than {LARGEST} bytes")
    return data


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """An address that was allowed may not lead to one that was not."""


def _invalid() -> Exception:
    return rejected("an invalid or out-of-range value is specified as an input parameter: location.")
