"""The host's own connections, as flow logs would have them: by the best way it permits."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from garrison.detect.events import Flow
from garrison.sensor.flows_conntrack import Conntrack
from garrison.sensor.flows_packets import Packets
from garrison.sensor.flows_sockets import Sockets
from garrison.sensor.flows_table import FlowTable, Place
from garrison.sensor.local_addresses import Whose

METHODS = ("conntrack", "packets", "sockets")
"""From the best one down: counted by the kernel, seen packet by packet, or guessed from open sockets."""


class _Source(Protocol):
    @property
    def method(self) -> str: ...

    @property
    def problem(self) -> str: ...

    def read(self, now: float) -> list[Flow]: ...

    def close(self) -> None: ...


class Flows:
    """Asked about once a second; it never waits."""

    def __init__(
        self,
        account: str,
        region: str,
        host: str,
        *,
        loopback: bool = False,
        methods: Iterable[str] = METHODS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`host` is the instance of its flows. `loopback`: also what the host says to itself, which flow logs never
        have, for a rehearsal on one machine. `methods`: ways to try, in their order."""
        self._clock = clock
        whose = Whose(loopback)
        self._table = FlowTable(Place(account, region, host), whose.outbound)
        self._source, self._why = self._open(whose, loopback, tuple(methods))

    @property
    def method(self) -> str:
        """How connections are seen; "" if not at all."""
        return self._source.method if self._source is not None else ""

    @property
    def problem(self) -> str:
        """What is not seen, and why; "" when everything is."""
        return self._source.problem if self._source is not None else self._why

    def read(self) -> list[Flow]:
        """Connections that ended, or went on for a minute, since the last time. [] when there are none, or none can
        be seen (`problem`)."""
        if self._source is None:
            return []
        try:
            return self._source.read(self._clock())
        except OSError as e:
            self._why = f"connections can no longer be seen by {self.method}: {e}"
            self.close()
            return []

    def close(self) -> None:
        """Look no more."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def _open(self, whose: Whose, loopback: bool, methods: tuple[str, ...]) -> tuple[_Source | None, str]:
        if sys.platform != "linux":
            return None, f"connections of a host with {sys.platform} cannot be seen"
        why = "nothing better was asked for"
        for method in methods:
            try:
                if method == "conntrack":
                    return Conntrack(self._table, whose), ""
                if method == "packets":
                    return Packets(self._table, whose, loopback), ""
                return Sockets(self._table, whose, why), ""
            except PermissionError:
                why = f"{method} may not be seen by this user (it needs CAP_NET_RAW and CAP_NET_ADMIN, or root)"
            except (OSError, ValueError) as e:
                why = f"{method} cannot be seen: {e}"
        return None, why
