"""An account with a trail: calls as the gateway makes and records them, and a bucket that is a folder."""

from __future__ import annotations

import dataclasses
import gzip
import itertools
import json
from pathlib import Path
from typing import Any

import garrison.services.cloudtrail
import garrison.services.kms  # noqa: F401 - the imports register the operations
from garrison.access.authorize import authorize
from garrison.access.objects import Folders
from garrison.aws.errors import AwsError
from garrison.policy.principal import Principal, Root
from garrison.services.cloudtrail.delivery import PERIOD, deliver
from garrison.services.operation import OPERATIONS
from garrison.trail.event import events
from garrison.trail.log import Trail
from tests.services.organizations.house import MANAGEMENT, House

BUCKET = "our-trail"


class Trailed:
    """`run` is a call that is recorded; `deliveries` lets a minute pass."""

    def __init__(self, directory: Path, database: str = "") -> None:
        """`database`: another than the directory's own."""
        self.house = House(database or directory)
        self.buckets = directory / "buckets"
        self.bucket = self.buckets / BUCKET
        self.bucket.mkdir(parents=True)
        self.trail = Trail(self.house.store, directory)
        self.house.runtime = dataclasses.replace(self.house.runtime, objects=Folders(self.buckets), trail=self.trail)
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self.trail.close()
        self.house.close()

    def run(
        self, operation: str, by: Principal | str | None = None, *, service: str = "cloudtrail",
        region: str = "us-east-1", **params: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """The operation's output."""
        call = self.house.call(operation, Root(by) if isinstance(by, str) else by, service, **params)
        call.region = region
        call.request_id = f"00000000-0000-4000-8000-{next(self._numbers):012}"
        found = OPERATIONS[service, operation]
        store = self.house.store
        with store.reading() as reader:
            authorize(call, reader)
            if found.access == "read":
                output = found.function(call, reader) or {}
        if found.access == "read":
            for entry in events(call, output=output):
                self.trail.record_read(entry)
            self.trail.flush()
            return output
        if found.prepare is not None:
            with store.reading() as reader:
                call.prepared = found.prepare(call, reader)

        def change(tx: Any) -> dict[str, Any]:
            output = found.function(call, tx) or {}
            for entry in events(call, output=output):
                self.trail.record_change(tx, entry)
            return output

        return store.writing(change)

    def refused(self, operation: str, **params: Any) -> tuple[str, str]:
        """Code and message of the error."""
        try:
            self.run(operation, **params)
        except AwsError as e:
            return e.code, e.message
        raise AssertionError(f"{operation} was not refused")

    def create(self, name: str = "every-call", **params: Any) -> dict[str, Any]:
        return self.run("CreateTrail", Name=name, **{"S3BucketName": BUCKET, **params})

    def logging(self, name: str = "every-call", **params: Any) -> dict[str, Any]:
        """A trail that is switched on."""
        made = self.create(name, **params)
        self.run("StartLogging", Name=name)
        return made

    def user(self, name: str, by: str = MANAGEMENT) -> None:
        """Something that happens."""
        self.run("CreateUser", by, service="iam", UserName=name)

    def deliver(self) -> int:
        """Let a minute pass; how many files come of it."""
        self.house.clock.advance(PERIOD + 1)
        return deliver(self.house.runtime)

    def records(self) -> list[dict[str, Any]]:
        """Everything in the bucket."""
        found = []
        for path in sorted(self.bucket.rglob("*.json.gz")):
            found += json.loads(gzip.decompress(path.read_bytes()))["Records"]
        return found

    def users(self) -> list[str]:
        """Users whose making is in the bucket, as often as it is."""
        told = [one["requestParameters"]["userName"] for one in self.records() if one["eventName"] == "CreateUser"]
        return sorted(told)

    def names(self) -> list[str]:
        return [one["eventName"] for one in self.records()]
