"""Links to documents, good for five minutes: authorization was asked when the link was made."""

from __future__ import annotations

from garrison.access import downloads
from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.services.artifact import content
from garrison.store import Reader

LIFETIME = 300
"""Seconds."""
_MAKER = "artifact"


def link(call: Call, place: str, media_type: str) -> str:
    """A link to the document kept at `place`."""
    return downloads.link(call, _MAKER, {"place": place, "type": media_type}, seconds=LIFETIME)


def _kept(runtime: Runtime, reader: Reader, about: dict[str, str]) -> downloads.File | None:
    found = content.read(runtime, about["place"])
    return None if found is None else downloads.File(about["place"].replace("/", "-"), about["type"], found)


downloads.provide_download(_MAKER, _kept)
