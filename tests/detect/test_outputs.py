"""What `garrison detect run` prints of a log in which somebody stops the trail."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from bench._cloudtrail import records
from click.testing import CliRunner

from garrison.cli.main import cli

STOPPED = "Stealth:IAMUser/CloudTrailLoggingDisabled"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    made: list[dict[str, Any]] = list(records(50, days=0.1))
    for n, record in enumerate(made[10:12]):
        changed = {
            "eventSource": "cloudtrail.amazonaws.com",
            "eventName": "StopLogging",
            "requestParameters": {"name": "<b>main</b>"},
            "readOnly": False,
            "userIdentity": made[10]["userIdentity"],
            "recipientAccountId": made[10]["recipientAccountId"],
            "awsRegion": "eu-central-1",
            "eventID": f"stop-{n}",
        }
        record |= changed
    path = tmp_path / "trail.jsonl"
    path.write_text("\n".join(map(json.dumps, made)))
    return path


def run(log: Path, *options: str) -> str:
    done = CliRunner().invoke(cli, ["detect", "run", str(log), *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_json_is_what_the_api_says_of_a_finding(log: Path) -> None:
    [finding] = json.loads(run(log, "-o", "json"))["findings"]
    assert finding["type"] == STOPPED
    assert finding["service"]["count"] == 2
    assert finding["service"]["action"]["awsApiCallAction"]["api"] == "StopLogging"
    assert json.loads(run(log, "-o", "jsonl")) == finding
    assert "low 2" in run(log)


def test_other_tools_read_it(log: Path) -> None:
    [result] = json.loads(run(log, "-o", "sarif"))["runs"][0]["results"]
    assert (result["ruleId"], result["occurrenceCount"], result["level"]) == (STOPPED, 2, "note")
    told = json.loads(run(log, "-o", "ocsf"))
    assert (told["class_uid"], told["type_uid"], told["severity"], told["count"]) == (2004, 200402, "Low", 2)
    assert told["finding_info"]["types"] == [STOPPED]
    page = run(log, "-o", "html")
    assert STOPPED in page
    assert "<b>main" not in page


def test_a_build_fails_at_a_severity(log: Path) -> None:
    assert CliRunner().invoke(cli, ["detect", "run", str(log), "--fail-on", "low"]).exit_code == 1
    assert CliRunner().invoke(cli, ["detect", "run", str(log), "--fail-on", "medium"]).exit_code == 0


def test_a_lake_is_kept_and_asked_again(log: Path, tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    first = run(log, "--lake", lake, "-o", "jsonl")
    assert json.loads(first)["type"] == STOPPED
    done = CliRunner().invoke(cli, ["detect", "run", "--lake", lake, "-o", "jsonl"])
    assert done.stdout == first
    rows = json.loads(CliRunner().invoke(cli, ["detect", "status", "--lake", lake, "-o", "json"]).stdout)["tables"]
    assert sum(row["records"] for row in rows) == 50


def test_a_webhook_is_told_each_finding(log: Path) -> None:
    told: list[Any] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        run(log, "--webhook", f"http://127.0.0.1:{server.server_port}/")
        assert [finding["type"] for finding in told] == [STOPPED]
    finally:
        server.shutdown()
        server.server_close()
    done = CliRunner().invoke(cli, ["detect", "run", str(log), "--webhook", f"http://127.0.0.1:{server.server_port}/"])
    assert done.exit_code == 1
    assert "did not take a finding" in done.output
