"""Metrics as Prometheus reads them."""

from __future__ import annotations

import time
from pathlib import Path

from garrison.access.floods import FloodStatus, ResourceStatus, current_floods, write_floods
from garrison.gateway.metrics import Metrics


def _status(resource: str, **more: object) -> ResourceStatus:
    known = {"learning": "normal", "ready": True, "learned": 600, "needed": 600, "expected": 5.0, "line": 20.0}
    return ResourceStatus(resource=resource, rates=[], **known, **more)  # type: ignore[arg-type]


def test_attacks_are_told_with_awss_metrics() -> None:
    attacked = _status("a", attack="1", vectors={"REQUEST_FLOOD": {"RequestsPerSecond": 450.0, "BitsPerSecond": 0.0}})
    lines = Metrics().text(floods=FloodStatus(1.0, [attacked, _status("b")])).splitlines()
    for line in (
        'garrison_shield_ddos_detected{resource="a"} 1',
        'garrison_shield_ddos_detected{resource="b"} 0',
        'garrison_shield_ddos_attack_requests_per_second{resource="a",vector="REQUEST_FLOOD"} 450',
    ):
        assert line in lines


def test_a_status_that_nobody_writes_any_more_says_nothing(tmp_path: Path) -> None:
    now = time.time()
    assert current_floods(tmp_path, now) is None
    write_floods(tmp_path, FloodStatus(now, [_status("a")]))
    assert current_floods(tmp_path, now + 1) is not None
    assert current_floods(tmp_path, now + 60) is None
