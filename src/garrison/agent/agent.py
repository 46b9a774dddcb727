"""The agent itself: what it does once, and over and over."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from garrison.agent import cis, watch
from garrison.agent.client import Inspector, Refused, Unreachable
from garrison.agent.machine import Machine
from garrison.agent.state import Memory, State
from garrison.scan.inventory import Inventory, TargetError
from garrison.scan.reachability.listeners import Unreadable

_LOG = logging.getLogger(__name__)
_LONGEST = 900.0
"""Seconds between tries while the server is away."""


class Agent:
    """Reports one machine. Holds no thread; `run` blocks until `stop` is set."""

    def __init__(
        self,
        inspector: Inspector,
        machine: Machine,
        memory: Memory,
        *,
        interval: float = 6 * 3600.0,
        look_every: float = 5.0,
        settle: float = 10.0,
        say: Callable[[str], None] = _LOG.info,
    ) -> None:
        """`interval`: everything is told again after so many seconds; `look_every`: how often it looks whether
        something changed; `settle`: for how long package databases must have stayed as they are, since an upgrade
        writes them many times."""
        self._inspector = inspector
        self._machine = machine
        self._memory = memory
        self._interval, self._look_every, self._settle = interval, look_every, settle
        self._say = say
        self._state = memory.load()
        if (self._state.resource, self._state.endpoint) != (machine.resource, inspector.endpoint):
            self._state = State(resource=machine.resource, endpoint=inspector.endpoint)
        self._deep_paths: tuple[str, ...] = ()
        self._poll_seconds = 60.0
        self._known: tuple[object, tuple[Inventory, str]] | None = None
        self._tasks: list[dict[str, str]] = []

    def once(self) -> None:
        """Tell everything, and do what is wanted. Raises `Unreachable` and `Refused`."""
        self._ask()
        self._tell(everything=True)
        self._do()

    def forget(self) -> None:
        """Tell that the host is gone: its findings close. Raises `Unreachable` and `Refused`."""
        self._inspector.delete(self._machine.resource)
        self._memory.save(State())

    def run(self, stop: threading.Event) -> None:
        """Tell what changes, as long as it is not stopped; a server that is away is tried again, less and less
        often."""
        seen: tuple[object, object] | None = None
        changed_at = asked_at = 0.0
        failures = 0
        while not stop.is_set():
            now = time.monotonic()
            looked = watch.packages(self._machine.root), watch.sockets() if self._machine.live else None
            if seen is not None and looked[0] != seen[0]:
                changed_at = now
            news = seen is None or looked != seen
            settled = now - changed_at >= self._settle or not changed_at
            due = time.time() - self._state.told >= self._interval or self._state.told > time.time()
            try:
                if (news and settled) or due or now - asked_at >= self._poll_seconds:
                    self._ask()
                    self._tell(everything=due)
                    self._do()
                    asked_at = now
                    seen = looked
                failures = 0
                pause = self._look_every
            except (Unreachable, Refused) as error:
                failures += 1
                pause = min(_LONGEST, 5.0 * 2 ** min(failures, 12)) * random.uniform(0.5, 1.0)  # noqa: S311
                self._say(f"{error}; next try in {pause:.0f} s")
            stop.wait(pause)

    def _ask(self) -> None:
        """What the server wants of this host; forget what was told to one that does not know the host."""
        told = self._inspector.tasks(self._machine.resource)
        if told is None:
            self._state.inventory = self._state.reachability = ""
            self._tasks = []
            return
        self._tasks = told.get("tasks", [])
        self._deep_paths = tuple(told.get("deepInspectionPaths", ())) if told.get("deepInspection", True) else ()
        self._poll_seconds = float(told.get("pollSeconds") or self._poll_seconds)
        if any(t["type"] == "INVENTORY" for t in self._tasks):
            self._state.inventory = ""

    def _tell(self, *, everything: bool) -> None:
        """Send what differs from what was told last."""
        state = self._state
        try:
            inventory, digest = self._inventory(anew=everything or not state.inventory)
            reachable, reached = self._machine.reachability(inventory)
        except (Unreadable, TargetError, OSError) as error:
            raise Refused("CannotLook", str(error)) from error
        packages_too = everything or digest != state.inventory
        if not packages_too and reached == state.reachability:
            return
        answer = self._inspector.put(**self._machine.resource_of(inventory if packages_too else None, reachable))
        state.inventory, state.reachability = digest, reached
        if packages_too:
            state.told = time.time()
        self._memory.save(state)
        counts = answer.get("findings", {})
        what = f"{len(inventory.packages)} packages" if packages_too else "reachability"
        self._say(
            f"{self._machine.resource}: {what} told; findings: {counts.get('active', 0)} active, "
            f"{counts.get('created', 0)} new, {counts.get('closed', 0)} closed"
        )
        for problem in inventory.problems[:3] if not inventory.complete else ():
            self._say(f"not read: {problem.path}: {problem.reason}")

    def _inventory(self, *, anew: bool) -> tuple[Inventory, str]:
        """What is installed; looked at anew if it is asked for or a package database changed."""
        key = watch.packages(self._machine.root), self._deep_paths
        if anew or self._known is None or self._known[0] != key:
            self._known = key, self._machine.inventory(self._deep_paths)
        return self._known[1]

    def _do(self) -> None:
        for task in self._tasks:
            if task["type"] != "CIS":
                continue
            try:
                report = cis.scan(
                    self._inspector, task, self._machine, self._state, lambda: self._memory.save(self._state)
                )
            except Refused as error:
                self._say(f"CIS scan {task['scanJobId']}: {error}")
                continue
            told = ", ".join(f"{n} {status}" for status, n in report.counts.items() if n)
            self._say(f"CIS scan {task['scanJobId']}: {told}")
        self._tasks = []
