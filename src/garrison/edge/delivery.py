"""Log records are delivered: appended, as JSON lines, to files named after where AWS would have sent them.

    <data>/waf-logs/aws-waf-logs-NAME/ACCOUNT_waflogs_REGION_WEBACL_YYYY-MM-DD.jsonl

NAME is that of the log group, bucket or delivery stream in the web ACL's logging configuration. Each record is there
once, whatever ends the process in the meantime: how far the files were written is kept beside the records that wait,
and what a killed process wrote beyond that is cut off before it is written again. Nothing is deleted here.
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import threading
import time
from pathlib import Path

from garrison.access.traffic import LogRecord, Traffic
from garrison.aws.arn import Arn
from garrison.store.files import private_directory

log = logging.getLogger("garrison.edge")

FOLDER = "waf-logs"
"""In the data directory."""
_EVERY = 0.5
_AT_ONCE = 2000
_PLAIN = re.compile(r"[^A-Za-z0-9._-]")


class Delivery:
    """`start()`, and a thread of its own delivers until `stop()`, which delivers what is left."""

    def __init__(self, traffic: Traffic, directory: Path) -> None:
        self._traffic = traffic
        self._directory = directory
        self._seq = 0
        self._sizes: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="garrison-delivery", daemon=True)

    def start(self) -> None:
        """Take up where the last one ended."""
        self._traffic.create()
        self._recover()
        self._thread.start()

    def stop(self) -> None:
        """Deliver what is left, and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self) -> None:
        ending = False
        while not ending:
            ending = self._stop.wait(_EVERY)
            try:
                while self.deliver():
                    pass
            except (OSError, sqlite3.Error) as e:
                log.error("log records of web ACLs could not be delivered: %s; they are tried again", e)
                time.sleep(0 if ending else 1)

    def _recover(self) -> None:
        """Cut off what was written and not noted."""
        self._seq, self._sizes = self._traffic.delivered()
        for name, size in self._sizes.items():
            path = self._directory / name
            if path.exists() and path.stat().st_size > size:
                os.truncate(path, size)

    def deliver(self) -> int:
        """Deliver some of what waits; how many records that were."""
        waiting = self._traffic.log_records(self._seq, _AT_ONCE)
        if not waiting:
            return 0
        lines: dict[str, list[bytes]] = {}
        today = time.strftime("%Y-%m-%d", time.gmtime())
        for one in waiting:
            lines.setdefault(file_of(one, today), []).append(one.record + b"\n")
        new = {name: self._size(name) for name in lines if name not in self._sizes}
        if new:
            # Known before they are written to: otherwise nobody could tell what is to be cut off.
            self._traffic.note_delivered(self._seq, new)
            self._sizes |= new
        try:
            sizes = {name: self._append(name, b"".join(parts)) for name, parts in lines.items()}
            self._traffic.note_delivered(waiting[-1].seq, sizes)
        except (OSError, sqlite3.Error):
            self._recover()
            raise
        self._seq = waiting[-1].seq
        self._sizes |= sizes
        return len(waiting)

    def _size(self, name: str) -> int:
        path = self._directory / name
        return path.stat().st_size if path.exists() else 0

    def _append(self, name: str, data: bytes) -> int:
        path = self._directory / name
        private_directory(self._directory)
        private_directory(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
            return file.tell()


def file_of(record: LogRecord, day: str) -> str:
    """The file a record belongs in, relative to the folder of all."""
    arn = Arn.parse(record.web_acl)
    account, region = ("-", "-") if arn is None else (arn.account, arn.region)
    web_acl = record.web_acl.split("/")[-2] if record.web_acl.count("/") > 1 else "-"
    return f"{folder_of(record.destination)}/{account}_waflogs_{region}_{web_acl}_{day}.jsonl"


def folder_of(destination: str) -> str:
    """The name of a log group, bucket or delivery stream, which begins with `aws-waf-logs-`, as one for a folder."""
    name = destination[destination.index("aws-waf-logs-") :].removesuffix(":*")
    if ":s3:" in destination:
        name = name.partition("/")[0]
    return _PLAIN.sub("_", name)[:200]
