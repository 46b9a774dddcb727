"""What the watcher reads of access records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from garrison.edge.floods.answers import AnswerReader
from garrison.shield.slices import Answers


def record(status: int, **more: Any) -> bytes:
    return json.dumps({"elb": "a", "elb_status_code": status, "target_port": "127.0.0.1:1", **more}).encode() + b"\n"


def test_only_what_went_to_a_target_says_how_it_does(tmp_path: Path) -> None:
    path = tmp_path / "access.jsonl"
    path.write_bytes(record(200))
    reader = AnswerReader(path)
    assert reader.read(1) == {}
    with open(path, "ab") as file:
        file.write(record(200, target_processing_ms=20, duration_ms=900))
        file.write(record(504, duration_ms=40))
        file.write(record(403, target_port=None))
        file.write(record(503, target_port=None, response_flags="UH", duration_ms=0))
        file.write(record(0, response_flags="DC"))
        file.write(b"cut o" + record(200, elb="b", target_processing_ms=3))
        file.write(record(200, elb="b", target_processing_ms=5)[:-9])
    assert reader.read(2) == {"a": Answers(2, 3, 2, 0.02)}
    with open(path, "ab") as file:
        file.write(record(200, elb="b", target_processing_ms=5)[-9:])
    assert reader.read(3) == {"b": Answers(3, 1, 0, 0.005)}


def test_a_log_that_is_begun_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "access.jsonl"
    reader = AnswerReader(path)
    assert reader.read(1) == {}
    path.write_bytes(record(200, target_processing_ms=1) * 3)
    assert reader.read(2)["a"].answered == 3
    path.rename(tmp_path / "access.jsonl.1")
    path.write_bytes(record(200, target_processing_ms=1))
    assert reader.read(3)["a"].answered == 1
