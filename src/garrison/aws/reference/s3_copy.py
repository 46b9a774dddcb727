"""Where a copy is read from: `x-amz-copy-source` is `BUCKET/KEY` or an access point's ARN, URL-encoded, and then, not
encoded, perhaps `?versionId=V`. Source: S3 API reference, CopyObject.

The version is split off before anything is decoded, so that a key with a question mark in it stays a key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_SOURCE = re.compile(r"/?([^?]+)(?:\?versionId=([^?&]+))?")


def source(params: Mapping[str, Any]) -> str | None:
    """Bucket and key (or the object's ARN) of a copy's source, decoded."""
    found = _SOURCE.fullmatch(params.get("CopySource") or "")
    return unquote(found[1]) if found else None


def version(params: Mapping[str, Any]) -> str | None:
    """The version a copy reads, if it names one."""
    found = _SOURCE.fullmatch(params.get("CopySource") or "")
    return found[2] if found else None
