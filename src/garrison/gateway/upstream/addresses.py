"""Answers that name the upstream's own address: they must name Garrison's, or clients would go past it from then on.

A queue is called by its URL, which is the one place where clients take an address from an answer and use it; S3 says
where what was made is to be found. Requests that name a queue by Garrison's address get the upstream's again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from garrison.access.call import Call, HttpRequest
from garrison.gateway.upstream.client import Answer
from garrison.gateway.upstream.origin import Origin

_QUEUES = {
    "CreateQueue": "QueueUrl",
    "GetQueueUrl": "QueueUrl",
    "ListQueues": "QueueUrls",
    "ListDeadLetterSourceQueues": "queueUrls",
}
"""Operations of SQS whose answers hold URLs of queues, and the member that does."""
_LIMIT = 1024 * 1024
_LOCATION_ELEMENT = re.compile(rb"(<Location>)([^<]*)(</Location>)")


def ours(request: HttpRequest) -> str:
    """Garrison's address as the client knows it: `http://127.0.0.1:4590`."""
    return f"{'https' if request.secure else 'http'}://{request.header('host') or ''}"


def rewritten(call: Call) -> bool:
    """Whether the answer's body is changed, and must not come compressed."""
    return (call.service == "sqs" and call.operation in _QUEUES) or (
        call.service == "s3" and call.operation == "CompleteMultipartUpload"
    )


def to_upstream(call: Call, body: bytes, origin: Origin) -> bytes:
    """A request's body with the upstream's address in place of Garrison's."""
    given = call.params.get("QueueUrl") if call.service == "sqs" else None
    mine = ours(call.request) + "/"
    if not isinstance(given, str) or not given.startswith(mine):
        return body
    theirs = f"{origin.url}/{given.removeprefix(mine)}"
    asked: dict[str, Any] = msgspec.json.decode(body)
    return msgspec.json.encode({**asked, "QueueUrl": theirs})


async def to_client(call: Call, answer: Answer, origin: Origin) -> None:
    """Have an answer name Garrison's address. Raises `Unreachable` or `Overdue` if its body does not come whole."""
    mine = ours(call.request)
    here = mine + call.request.path
    made = call.service == "s3" and answer.status < 300
    for at, (name, value) in enumerate(answer.headers):
        if name != b"location":
            continue
        if made and value[:1] != b"/":
            answer.headers[at] = (name, here.encode("latin-1"))
        elif value.startswith(origin.url.encode() + b"/"):
            answer.headers[at] = (name, mine.encode("latin-1") + value[len(origin.url) :])
    if answer.status >= 300 or not rewritten(call):
        return
    raw = await answer.body(_LIMIT)
    if call.service == "s3":
        there = here.encode("latin-1")
        answer.replace(_LOCATION_ELEMENT.sub(lambda found: found[1] + there + found[3], raw))
    else:
        answer.replace(_queues(raw, _QUEUES[call.operation], lambda url: _moved(url, mine)))


def _queues(raw: bytes, member: str, moved: Callable[[str], str]) -> bytes:
    try:
        told: dict[str, Any] = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return raw
    found = told.get(member)
    if isinstance(found, str):
        told[member] = moved(found)
    elif isinstance(found, list):
        told[member] = [moved(url) if isinstance(url, str) else url for url in found]
    return msgspec.json.encode(told)


def _moved(url: str, mine: str) -> str:
    parts = urlsplit(url)
    return f"{mine}{parts.path}" if parts.scheme and parts.netloc else url
