"""Writers killed in the middle of their work: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from garrison.store.open import open_store
from garrison.trail.log import Trail
from tests.trail.calls import ACCOUNT
from tests.trail.killed_writer import RELATION, THING

ROOT = Path(__file__).parents[2]


def kill_in_the_middle(database: str, data_dir: Path, name: str, seconds: float) -> set[str]:
    """Run a writer, kill it some time after its first acknowledgement; gives everything it acknowledged."""
    command = [sys.executable, "-m", "tests.trail.killed_writer", database, str(data_dir), name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as writer:
        assert writer.stdout is not None
        output = writer.stdout.fileno()
        heard = b""
        assert select.select([output], [], [], 60)[0], "the writer did not start"
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([output], [], [], max(0, end - time.monotonic()))[0]:
                heard += os.read(output, 1 << 16)
        writer.send_signal(signal.SIGKILL)
        while chunk := os.read(output, 1 << 16):
            heard += chunk
    # A last line without its end was not acknowledged.
    return {line.decode() for line in heard.split(b"\n")[:-1]}


def examine(database: str, data_dir: Path, acknowledged: set[str]) -> None:
    store = open_store(database)
    trail = Trail(store, data_dir)
    try:
        with store.reading() as reader:
            things = {thing.name for thing in reader.page(THING, ACCOUNT)}
            links = {link.target for link in reader.targets(RELATION, "everybody")}
            looked_up = {name for name in things if reader.lookup(RELATION, name) == name}
            epoch = reader.epoch("iam", ACCOUNT)
        events = [json.loads(event.body) for event in trail.history(ACCOUNT)]
        requests = [event["requestID"] for event in events]
        changes = {event["requestID"] for event in events if event["eventName"] == "CreateUser"}
        by_name = {
            json.loads(event.body)["requestID"] for event in trail.history(ACCOUNT, keys=[("EventName", "CreateUser")])
        }
    finally:
        trail.close()
        store.close()
    assert things == links == looked_up == changes == by_name
    assert epoch == len(things)
    assert len(requests) == len(set(requests))
    assert acknowledged <= set(requests)


def kill(database: str, data_dir: Path, times: int, check_every: int) -> None:
    chance = random.Random(7)
    acknowledged: set[str] = set()
    for n in range(times):
        acknowledged |= kill_in_the_middle(database, data_dir, f"w{n}", chance.uniform(0.01, 0.25))
        if n % check_every == check_every - 1:
            examine(database, data_dir, acknowledged)
    assert len(acknowledged) > times


def test_three_killed_writers_lose_nothing_they_acknowledged(database: str, tmp_path: Path) -> None:
    kill(database, tmp_path / "data", times=3, check_every=1)


@pytest.mark.soak
def test_a_hundred_killed_writers_lose_nothing_they_acknowledged(database: str, tmp_path: Path) -> None:
    kill(database, tmp_path / "data", times=100, check_every=10)
