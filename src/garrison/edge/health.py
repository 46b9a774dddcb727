"""Health checks: whether targets answer, as load balancers find out.

A target is healthy after one good answer when it is new, and after `healthy_after` in a row when it was unhealthy; it
is unhealthy after `unhealthy_after` bad ones in a row. If no target of a pool is healthy, requests go to all of them.
Source: Application Load Balancers guide, "Health checks for your target groups".
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable

import msgspec

from garrison.access.sites import Health, HealthCheck, Pool, Target

AGENT = "ELB-HealthChecker/2.0"
_INITIAL = Health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
_HEALTHY = Health("healthy")


def codes(text: str) -> list[range]:
    """`200,202-204` as ranges."""
    found = []
    for piece in text.split(","):
        low, _, high = piece.partition("-")
        found.append(range(int(low), int(high or low) + 1))
    return found


async def check(target: Target, how: HealthCheck) -> Health:
    """One check: healthy, or unhealthy with its reason."""
    try:
        status = await asyncio.wait_for(_status(target, how), how.timeout)
    except TimeoutError:
        return Health("unhealthy", "Target.Timeout", "Request timed out")
    except (OSError, ssl.SSLError, ValueError):
        return Health("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
    if any(status in each for each in codes(how.codes)):
        return _HEALTHY
    return Health("unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]")


async def _status(target: Target, how: HealthCheck) -> int:
    tls = None
    if how.protocol == "HTTPS":
        tls = ssl.create_default_context()
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    port = how.port or target.port
    reader, writer = await asyncio.open_connection(target.host, port, ssl=tls)
    try:
        host = f"[{target.host}]" if ":" in target.host else target.host
        lines = (
            f"GET {how.path} HTTP/1.1",
            f"Host: {host}:{port}",
            "Connection: close",
            f"User-Agent: {AGENT}",
            "Accept-Encoding: gzip, compressed",
        )
        writer.write("\r\n".join([*lines, "", ""]).encode())
        line = await reader.readline()
        parts = line.split(b" ", 2)
        if len(parts) < 2 or not parts[0].startswith(b"HTTP/1."):
            raise ValueError("no HTTP answer")
        return int(parts[1])
    finally:
        writer.close()


class _Watched(msgspec.Struct):
    pool: str
    target: Target
    how: HealthCheck
    task: asyncio.Task[None]
    health: Health = _INITIAL


class HealthChecks:
    """The checks of all pools' targets. `changed(pool id)` is called when what is known of a pool changes."""

    def __init__(self, changed: Callable[[str], None]) -> None:
        self._changed = changed
        self._watched: dict[tuple[str, str, Target, HealthCheck], _Watched] = {}

    def watch(self, pools: list[Pool], known: dict[str, dict[str, Health]] | None = None) -> None:
        """Check the targets of just these pools from now on."""
        wanted = {}
        for pool in pools:
            if pool.check is not None:
                for target in pool.targets:
                    wanted[pool.id, target.id, target, pool.check] = pool
        for key in [key for key in self._watched if key not in wanted]:
            self._watched.pop(key).task.cancel()
        for key in wanted:
            if key not in self._watched:
                pool_id, _, target, how = key
                one = _Watched(pool_id, target, how, asyncio.current_task())  # type: ignore[arg-type]
                one.task = asyncio.create_task(self._follow(one))
                self._watched[key] = one
                self._changed(pool_id)

    def of(self, pool: Pool) -> dict[str, Health]:
        """What is known of a pool's targets, by target id."""
        return {one.target.id: one.health for one in self._watched.values() if one.pool == pool.id}

    def unhealthy(self, pools: Iterable[Pool]) -> float:
        """Share of the targets of some pools that fail their checks."""
        states = [health.state for pool in pools for health in self.of(pool).values()]
        return states.count("unhealthy") / len(states) if states else 0.0

    def usable(self, pool: Pool) -> tuple[Target, ...]:
        """The targets that requests may go to."""
        if pool.check is None:
            return pool.targets
        health = self.of(pool)
        good = tuple([target for target in pool.targets if health.get(target.id, _INITIAL).state == "healthy"])
        return good or pool.targets

    async def _follow(self, one: _Watched) -> None:
        good = bad = 0
        while True:
            found = await check(one.target, one.how)
            if found.state == "healthy":
                good, bad = good + 1, 0
                enough = one.health.state == "initial" or good >= one.how.healthy_after
            else:
                good, bad = 0, bad + 1
                enough = bad >= one.how.unhealthy_after
            if enough and found != one.health:
                one.health = found
                self._changed(one.pool)
            await asyncio.sleep(one.how.interval)

    def stop(self) -> None:
        """No more checks."""
        for one in self._watched.values():
            one.task.cancel()
        self._watched.clear()
