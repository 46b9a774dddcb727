"""What a running Garrison counts, in Prometheus' text form. One registry per process."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Mapping

from garrison.access.floods import FloodStatus

_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_MAX_SERIES = 2000
"""Label sets kept per counter; the ones beyond are counted together as `other`."""


class Metrics:
    """Counters of one process."""

    def __init__(self) -> None:
        self.calls: dict[tuple[str, str, str], int] = {}
        """(service, operation, outcome) of calls by verified callers."""
        self.decisions: dict[str, int] = {}
        self.refused: dict[str, int] = {}
        """Requests that were not believed, by reason."""
        self.failures = 0
        """Unforeseen exceptions."""
        self._latency = [0] * (len(_BOUNDS) + 1)
        self._latency_sum = 0.0

    def call(self, service: str, operation: str, outcome: str, seconds: float) -> None:
        """Count one answered call: outcome `ok`, `denied`, `error` or `fault`."""
        key = (service, operation, outcome)
        if key not in self.calls and len(self.calls) >= _MAX_SERIES:
            key = ("other", "other", outcome)
        self.calls[key] = self.calls.get(key, 0) + 1
        self._latency[bisect_left(_BOUNDS, seconds)] += 1
        self._latency_sum += seconds

    def decision(self, code: str) -> None:
        """Count one authorization decision by its reason code."""
        self.decisions[code] = self.decisions.get(code, 0) + 1

    def refusal(self, why: str) -> None:
        """Count one request that was not believed."""
        self.refused[why] = self.refused.get(why, 0) + 1

    def text(
        self,
        *,
        events_queued: int | None = None,
        web_acls: Mapping[tuple[str, str, str], int] | None = None,
        floods: FloodStatus | None = None,
    ) -> str:
        """The exposition. `web_acls`: (web ACL ARN, metric, action) -> requests."""
        lines = ["# TYPE garrison_calls_total counter"]
        lines += [
            f'garrison_calls_total{{service="{s}",operation="{o}",outcome="{r}"}} {n}'
            for (s, o, r), n in sorted(self.calls.items())
        ]
        lines += _counter("garrison_decisions_total", "code", self.decisions.items())
        lines += _counter("garrison_auth_failures_total", "reason", self.refused.items())
        lines += [
            "# TYPE garrison_internal_failures_total counter",
            f"garrison_internal_failures_total {self.failures}",
        ]
        if web_acls:
            lines.append("# TYPE garrison_waf_requests_total counter")
            lines += [
                f'garrison_waf_requests_total{{web_acl="{acl}",metric="{metric}",action="{action}"}} {n}'
                for (acl, metric, action), n in list(web_acls.items())[:_MAX_SERIES]
            ]
        if floods is not None:
            lines += _floods(floods)
        lines += ["# TYPE garrison_call_seconds histogram"]
        total = 0
        for bound, n in zip(_BOUNDS, self._latency, strict=False):
            total += n
            lines.append(f'garrison_call_seconds_bucket{{le="{bound}"}} {total}')
        total += self._latency[-1]
        lines.append(f'garrison_call_seconds_bucket{{le="+Inf"}} {total}')
        lines += [f"garrison_call_seconds_sum {self._latency_sum:.6f}", f"garrison_call_seconds_count {total}"]
        if events_queued is not None:
            lines += ["# TYPE garrison_events_queued gauge", f"garrison_events_queued {events_queued}"]
        memory = resident_bytes()
        if memory is not None:
            lines += ["# TYPE process_resident_memory_bytes gauge", f"process_resident_memory_bytes {memory}"]
        lines.append(f'# TYPE garrison_process gauge\ngarrison_process{{pid="{os.getpid()}"}} 1')
        return "\n".join(lines) + "\n"


def _floods(floods: FloodStatus) -> list[str]:
    """AWS's metrics of Shield: DDoSDetected, and DDoSAttack{Requests,Bits}PerSecond by vector while there is one.

    Source: WAF developer guide, "AWS Shield Advanced metrics". Of every resource and protection group that is watched.
    """
    detected = ["# TYPE garrison_shield_ddos_detected gauge"]
    volumes: dict[str, list[str]] = {
        unit: [f"# TYPE garrison_shield_ddos_attack_{name}_per_second gauge"]
        for unit, name in (("RequestsPerSecond", "requests"), ("BitsPerSecond", "bits"))
    }
    for one in floods.resources[:_MAX_SERIES]:
        detected.append(f'garrison_shield_ddos_detected{{resource="{one.resource}"}} {int(one.attack is not None)}')
        for vector, units in one.vectors.items():
            for unit, value in units.items():
                name = volumes[unit][0].split()[2]
                volumes[unit].append(f'{name}{{resource="{one.resource}",vector="{vector}"}} {value:.0f}')
    return [*detected, *[line for lines in volumes.values() if len(lines) > 1 for line in lines]]


def _counter(name: str, label: str, rows: Iterable[tuple[str, int]]) -> list[str]:
    return [f"# TYPE {name} counter", *(f'{name}{{{label}="{value}"}} {n}' for value, n in sorted(rows))]


def resident_bytes() -> int | None:
    """Memory this process holds; None where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
