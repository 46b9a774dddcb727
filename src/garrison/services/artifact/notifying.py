"""Events go out: to a file of this machine, to a webhook, and by e-mail to the account's own address.

Each is told at least once, and told again until it was taken, for a day; `id` tells the same one twice. The file,
`artifact/notifications.jsonl` of the data directory, has every event, one a line. AWS sends e-mail by User
Notifications, to contacts set up there; the account's address stands for them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from garrison.access import telling
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.services.artifact.content import directory
from garrison.services.artifact.ids import agreement_arn
from garrison.services.artifact.notices import AGREEMENT_UPDATE, EPOCH, announce, subscribers
from garrison.services.artifact.offers import offers
from garrison.services.artifact.resources import NOTICE, OFFERED, Notice, Offered
from garrison.services.upkeep import Upkeep
from garrison.store import Reader, Resource, Transaction
from garrison.store.files import private_directory

log = logging.getLogger("garrison.artifact")

INTERVAL = 2.0
"""Seconds between looks."""
FILE = "notifications.jsonl"
_AT_ONCE = 100
_RETRY, _LONGEST, _PATIENCE = 30.0, 3600.0, 86_400.0


class ArtifactUpkeep(Upkeep):
    """Tells subscribers what there is to tell."""

    name = "artifact"

    def __init__(self, runtime: Runtime, interval: float = INTERVAL) -> None:
        super().__init__(runtime, interval)

    def look(self) -> None:
        runtime = self.runtime
        now = runtime.clock.now()
        with runtime.store.reading() as reader:
            if reader.epoch(EPOCH, "") == 0:
                return
            waiting = bool(_due(reader, now))
            revised = bool(subscribers(reader)) and bool(_revised(runtime, reader))
        if not (waiting or revised) or not self.may(30 + 4 * self.interval):
            return
        if revised:
            runtime.store.writing(lambda tx: tell_revised(runtime, tx, now))
        deliver(runtime)


def deliver(runtime: Runtime) -> int:
    """Tell what is due; how many events were told everywhere. Blocks, for as long as outlets take."""
    now = runtime.clock.now()
    with runtime.store.reading() as reader:
        waiting = _due(reader, now)
    whole = 0
    for row in waiting:
        told = _tell(runtime, row.body)
        missing = [name for name in _outlets(runtime, row.body) if name not in told]
        given_up = bool(missing) and now - row.created > _PATIENCE
        if given_up:
            log.error("%s was told nobody of %s within a day", row.body.event["id"], ", ".join(missing))
        whole += not missing
        later = None
        if missing and not given_up:
            pause = min(_LONGEST, _RETRY * 2**row.body.tries)
            later = msgspec.structs.replace(row.body, told=told, tries=row.body.tries + 1, due=now + pause)
        runtime.store.writing(partial(_settle, name=row.name, later=later))
    return whole


def _settle(tx: Transaction, name: str, later: Notice | None) -> None:
    row = tx.get(NOTICE, "", name)
    if row is not None and later is not None:
        tx.update(row, later)
    elif row is not None:
        tx.delete(row)


def _due(reader: Reader, now: float) -> list[Resource[Notice]]:
    return [row for row in reader.page(NOTICE, "", limit=_AT_ONCE) if row.body.due <= now]


def _outlets(runtime: Runtime, notice: Notice) -> dict[str, Callable[[], None]]:
    event, outlets = notice.event, runtime.outlets
    found: dict[str, Callable[[], None]] = {"file": lambda: _write(runtime, event)}
    if outlets.webhook is not None:
        webhook = outlets.webhook
        found["webhook"] = lambda: telling.post(webhook, event)
    if outlets.smtp is not None and notice.emails:
        smtp = outlets.smtp
        found["mail"] = lambda: telling.mail(smtp, notice.emails, event["detail-type"], _text(event))
    return found


def _tell(runtime: Runtime, notice: Notice) -> tuple[str, ...]:
    told = list(notice.told)
    for name, send in _outlets(runtime, notice).items():
        if name in told:
            continue
        try:
            send()
        except (*telling.FAILURES, AwsError) as e:
            log.error("%s could not be told by %s: %s", notice.event["detail-type"], name, e)
        else:
            told.append(name)
    return tuple(told)


def _write(runtime: Runtime, event: dict[str, Any]) -> None:
    folder = directory(runtime)
    private_directory(folder)
    descriptor = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, msgspec.json.encode(event) + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _text(event: dict[str, Any]) -> str:
    lines = [f"{name}: {value}" for name, value in event["detail"].items()]
    return "\n".join([f"Account {event['account']}, {event['time']}", "", *lines, *event["resources"], ""])


def _revised(runtime: Runtime, reader: Reader) -> list[tuple[str, str, str]]:
    """Offered agreements that are not as subscribers know them: (id, name, revision)."""
    try:
        there = offers(runtime).agreements
    except AwsError:
        return []  # said to whoever asks for them
    found = []
    for one in there:
        row = reader.get(OFFERED, "", one.id)
        if row is None or row.body.revision != one.revision:
            found.append((one.id, one.title, one.revision))
    return found


def tell_revised(runtime: Runtime, tx: Transaction, now: float) -> None:
    """Leave an event for everybody about each agreement that has changed; those never seen are only remembered."""
    for id, title, revision in _revised(runtime, tx):
        row = tx.get(OFFERED, "", id)
        if row is None:
            tx.insert(OFFERED, "", id, Offered(revision), id=f"offered/{id}", created=now)
            continue
        tx.update(row, Offered(revision))
        detail = {"agreementId": id, "agreementName": title, "agreementRevisionId": revision}
        announce(
            runtime, tx, AGREEMENT_UPDATE, detail, arn=agreement_arn(runtime.partition, id), region=runtime.region,
            now=now, concerns=lambda account: True,
        )  # fmt: skip
