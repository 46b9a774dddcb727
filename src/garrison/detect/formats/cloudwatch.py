"""Records that came through CloudWatch Logs: as a subscription delivers them (`logEvents`), one document after another.

What the messages are - CloudTrail, flow logs, DNS queries, Kubernetes audit, WAF - is told by each message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from garrison.detect.events import Event
from garrison.detect.formats import cloudtrail, dns, flow, kubernetes, web
from garrison.detect.formats.form import Bad, Form, Head, Origin, bad

_decoder = json.JSONDecoder()
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def read(file: BinaryIO, origin: Origin) -> Iterator[Event | Bad]:
    """All records of a file. Firehose puts documents together without a line's end between them."""
    text = file.read().decode(errors="replace")
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            document, at = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as e:
            yield bad(text[at : at + 4096].encode(), str(e))
            return
        if isinstance(document, dict) and document.get("messageType") != "CONTROL_MESSAGE":
            yield from _document(document, origin)


def _document(document: dict[str, Any], origin: Origin) -> Iterator[Event | Bad]:
    account = str(document.get("owner") or origin.account)
    group = str(document.get("logGroup") or "")
    there = Origin(group, account, origin.region)
    lines = flow.Lines(there)
    for one in document.get("logEvents") or ():
        message = one.get("message") if isinstance(one, dict) else None
        if isinstance(message, str):
            yield from message_events(message.encode(errors="replace"), there, lines)


def message_events(message: bytes, origin: Origin, lines: flow.Lines) -> Iterator[Event | Bad]:
    """A message's events; none for one that is of no form known here, as a log group may hold anything."""
    head = Head(origin.name, message)
    if flow.line_recognized(message):
        one = lines.read(message)
        if one is not None:
            yield one
    elif dns.FORM.recognizes(head):
        yield dns.query(message, origin)
    elif web.FORM.recognizes(head):
        yield web.request(message, origin)
    elif kubernetes.FORM.recognizes(head) or cloudtrail.FORM.recognizes(head):
        try:
            document = _decode(message)
        except msgspec.DecodeError as e:
            yield bad(message, e)
            return
        if "auditID" in document or document.get("kind") == "EventList":
            yield from kubernetes.calls(document, origin.account, origin.region, kubernetes.cluster_of(origin.name))
        else:
            yield from cloudtrail.of(document)


def _recognizes(head: Head) -> bool:
    return b'"logEvents"' in head.data[:2000] or b'"messageType"' in head.data[:2000]


FORM = Form("cloudwatch", _recognizes, read)
