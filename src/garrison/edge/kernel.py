"""What the kernel should be told before a listener meets a flood: read from /proc, never changed.

Sources: Linux kernel documentation, "IP sysctl" and "Netfilter conntrack sysfs variables"; `listen(2)`.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

from garrison.edge.limits import Limits

Finding = tuple[str, str, str]
"""(what was looked at, `ok` | `note`, what was seen and what would be better)."""

_LIMITS = Limits()
_AT_LEAST = (
    ("net/core/somaxconn", 4096, "connections that wait to be accepted"),
    ("net/ipv4/tcp_max_syn_backlog", 4096, "connections half open"),
)


def advice(root: Path = Path("/proc/sys"), *, files: int | None = None, limits: Limits = _LIMITS) -> Iterator[Finding]:
    """What is as it should be, and what would be better how. `files`: most open files of a process; None: ours."""
    for name, least, what in _AT_LEAST:
        number = _number(root / name)
        if number is not None:
            key = name.replace("/", ".")
            good = number >= least
            yield key, "ok" if good else "note", f"{number} {what}" + ("" if good else f"; sysctl -w {key}={least}")
    cookies = _number(root / "net/ipv4/tcp_syncookies")
    if cookies is not None:
        off = "off: a SYN flood fills the queue; sysctl -w net.ipv4.tcp_syncookies=1"
        yield "net.ipv4.tcp_syncookies", "ok" if cookies else "note", "on when the queue is full" if cookies else off
    # Every client's connection has one to its application beside it.
    needed = 2 * limits.connections + 1024
    if files is None:
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if files == resource.RLIM_INFINITY or files >= needed:
        yield "open files", "ok", "unlimited" if files == resource.RLIM_INFINITY else f"{files} in a process"
    else:
        yield (
            "open files",
            "note",
            f"{files} in a process, {needed} for {limits.connections} clients; ulimit -n {needed}",
        )
    tracked = _number(root / "net/netfilter/nf_conntrack_max")
    if tracked is not None:
        used = _number(root / "net/netfilter/nf_conntrack_count") or 0
        good = tracked >= 4 * limits.connections and used < tracked * 0.8
        better = f"; sysctl -w net.netfilter.nf_conntrack_max={max(4 * limits.connections, 2 * tracked)}"
        said = f"{used} of {tracked} connections tracked" + ("" if good else f": beyond them packets are lost{better}")
        yield "net.netfilter.nf_conntrack_max", "ok" if good else "note", said


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
