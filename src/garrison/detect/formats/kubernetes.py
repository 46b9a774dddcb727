"""Kubernetes audit records (audit.k8s.io/v1), as EKS exports them: on each line, or as a list.

A call has a record for each stage: what is taken is the end of it (ResponseComplete, Panic), and of calls that stay
open (watch, exec) their beginning (ResponseStarted). All have the call's id, so that a call is one event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from garrison.detect.events import Event, KubernetesCall
from garrison.detect.formats.form import Bad, Form, Head, Origin, bad, seconds

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode
_STAGES = frozenset({"ResponseComplete", "ResponseStarted", "Panic"})
_CLUSTER = re.compile(r"(?:^|/)(?:aws/)?eks/([^/]+)/cluster|cluster=([^/]+)")


def cluster_of(path: str) -> str:
    """The cluster a log group (`/aws/eks/NAME/cluster`) or folder is named after, "" where none is."""
    found = _CLUSTER.search(path)
    return next(filter(None, found.groups()), "") if found else ""


def call(record: dict[str, Any], account: str, region: str, cluster: str) -> KubernetesCall | None:
    """A record as an event, None for a stage that tells nothing. Raises KeyError, TypeError, ValueError ..."""
    if record.get("stage", "ResponseComplete") not in _STAGES:
        return None
    what: dict[str, Any] = record.get("objectRef") or {}
    who: dict[str, Any] = record.get("user") or {}
    status: dict[str, Any] = record.get("responseStatus") or {}
    resource = str(what.get("resource") or "")
    if what.get("subresource"):
        resource += f"/{what['subresource']}"
    id = record["auditID"]
    if not isinstance(id, str):
        raise TypeError("auditID is not text")
    return KubernetesCall(
        id=id,
        time=seconds(record.get("requestReceivedTimestamp") or record["stageTimestamp"]),
        account=account,
        region=region,
        cluster=cluster,
        verb=str(record.get("verb") or ""),
        resource=resource,
        namespace=str(what.get("namespace") or ""),
        object_name=str(what.get("name") or ""),
        user=str(who.get("username") or ""),
        groups=tuple(map(str, who.get("groups") or ())),
        source_addresses=tuple(map(str, record.get("sourceIPs") or ())),
        user_agent=str(record.get("userAgent") or ""),
        status=int(status.get("code") or 0),
        record=record,
    )


def calls(document: dict[str, Any], account: str, region: str, cluster: str) -> Iterator[Event | Bad]:
    """Events of a record or of an EventList."""
    items = document.get("items") if document.get("kind") == "EventList" else [document]
    for record in items if isinstance(items, list) else ():
        try:
            one = call(record, account, region, cluster)
        except (KeyError, TypeError, AttributeError, ValueError) as e:
            yield bad(_encode(record), e)
        else:
            if one is not None:
                yield one


def read(file: BinaryIO, origin: Origin) -> Iterator[Event | Bad]:
    """All records of a file."""
    cluster = cluster_of(origin.name)
    for line in file:
        if not line.strip():
            continue
        try:
            document = _decode(line)
        except msgspec.DecodeError as e:
            yield bad(line, e)
        else:
            yield from calls(document, origin.account, origin.region, cluster)


def _recognizes(head: Head) -> bool:
    return b'"auditID"' in head.data and b'"logEvents"' not in head.data


FORM = Form("kubernetes", _recognizes, read)
