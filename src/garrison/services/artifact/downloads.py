"""Links to documents, good for five minutes: authorization was asked when the link was made.

A PDF report says at the foot of each page who has it and since when, as AWS's do; their words are not documented.
"""

from __future__ import annotations

from datetime import UTC, datetime

from garrison.access import downloads
from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.services.artifact import keeping
from garrison.services.artifact.pdf import BadPdf, watermarked
from garrison.store import Reader

LIFETIME = 300
"""Seconds."""
_MAKER = "artifact"
PDF = "application/pdf"


def link(call: Call, place: str, media_type: str, *, marked: bool = False) -> str:
    """A link to the document kept at `place`; `marked`: its copies say whose they are."""
    about = {"place": place, "type": media_type}
    if marked:
        about["by"] = call.caller.principal.arn
    return downloads.link(call, _MAKER, about, seconds=LIFETIME)


def _kept(runtime: Runtime, reader: Reader, about: dict[str, str]) -> downloads.File | None:
    found = keeping.read(runtime, about["place"])
    if found is None:
        return None
    if about["type"] == PDF and "by" in about:
        when = datetime.fromtimestamp(runtime.clock.now(), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        try:
            found = watermarked(found, f"Downloaded by {about['by']}, {when}. Confidential.")
        except BadPdf as e:
            raise downloads.Unavailable(str(e)) from e
    return downloads.File(about["place"].replace("/", "-"), about["type"], found)


downloads.provide_download(_MAKER, _kept)
