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


def test_a_log_that_nothing_can_be_read_of_is_an_error(tmp_path: Path) -> None:
    made = list(records(3, days=1))
    wrapped = tmp_path / "wrapped.jsonl"
    wrapped.write_text("".join(json.dumps({"case": n, "events": [one]}) + "\n" for n, one in enumerate(made)))
    done = CliRunner().invoke(cli, ["detect", "run", str(wrapped)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(
        f"Error: Nothing could be read.\n3 records could not be read; the first in {wrapped}: without event"
    )
    assert '{"Records": [...]}' in done.stderr
    unknown = tmp_path / "unknown.txt"
    unknown.write_text("nothing of a log")
    done = CliRunner().invoke(cli, ["detect", "run", str(unknown)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"not read: {unknown}: of no form known here\n" in done.stderr


def test_what_is_read_beside_a_bad_record_counts(tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text("".join(json.dumps(one) + "\n" for one in records(3, days=1)) + '{"eventName": "Half"}\n')
    done = CliRunner().invoke(cli, ["detect", "run", str(mixed)])
    assert done.exit_code == 0
    assert done.stderr.startswith(f"1 record could not be read, in {mixed}: without event")


def test_delivered_envelopes_are_read(tmp_path: Path) -> None:
    for envelope in ("detail", "eventData"):
        log = tmp_path / f"{envelope}.jsonl"
        log.write_text("".join(json.dumps({envelope: one}) + "\n" for one in records(3, days=1)))
        done = CliRunner().invoke(cli, ["detect", "run", str(log)])
        assert (done.exit_code, done.stderr) == (0, "")


def test_a_lake_that_is_not_there_and_a_list_without_its_category(log: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    done = CliRunner().invoke(cli, ["detect", "run", "--lake", str(gone)])
    assert (done.exit_code, gone.exists()) == (2, False)
    assert f"There is no lake at {gone}." in done.stderr
    done = CliRunner().invoke(cli, ["detect", "run", str(log), "--list", "foo"])
    assert (done.exit_code, "CATEGORY=FILE" in done.stderr) == (1, True)
