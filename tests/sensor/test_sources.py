"""Sources go on where they were read to, whatever was renamed meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

from garrison.sensor.sources import LinesSource


def line(n: int) -> bytes:
    record = {
        "time": f"2026-11-28T19:00:{n:02d}.000000Z",
        "elb": "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/front/50dc6c495c0c9188",
        "client_port": "203.0.113.9:5000",
        "elb_status_code": 200,
        "request_method": "GET",
        "request_target": f"/{n}",
        "domain_name": "example.com",
    }
    return json.dumps(record).encode() + b"\n"


def paths(source: LinesSource) -> list[str]:
    return [event.path for event in source.read() if hasattr(event, "path")]


def test_a_log_is_read_on_through_renaming_halves_and_restarts(tmp_path: Path) -> None:
    log = tmp_path / "access.jsonl"
    source = LinesSource("edge", lambda: [log], "")
    assert paths(source) == []
    log.write_bytes(line(1) + line(2)[:20])
    assert paths(source) == ["/1"]
    with log.open("ab") as file:
        file.write(line(2)[20:] + b"not json\n")
    assert paths(source) == ["/2"]
    source = LinesSource("edge", lambda: [log], source.at())
    assert paths(source) == []
    with log.open("ab") as file:
        file.write(line(3))
    log.rename(tmp_path / "access.jsonl.1")
    log.write_bytes(line(4))
    found = paths(source) + paths(source)
    assert found == ["/3", "/4"]
    assert paths(LinesSource("edge", lambda: [log], source.at())) == []
