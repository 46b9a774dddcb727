"""`garrison lab` from outside: a learner in a shell, with the aws command, watched while at work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from garrison.cli.main import cli
from garrison.labs import Room, lab
from tests.clients.server import Server
from tests.labs.solutions import scripts
from tests.labs.solutions.script import Learner

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("labs")]


def run(server: Server, *arguments: str, learner: str = "gil") -> Result:
    """`garrison lab ...` in this process."""
    env = {"GARRISON_DATA": str(server.data), "GARRISON_PORT": str(server.port), "GARRISON_LEARNER": learner}
    return CliRunner().invoke(cli, ["lab", *arguments], env=env)


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_there_are_twelve_labs(server: Server) -> None:
    found = told(run(server, "list", "-o", "json"))["labs"]
    assert [one["lab"] for one in found] == list(range(1, 13))
    assert all(one["title"] and one["minutes"] and one["teaches"] for one in found)
    assert "{" not in "".join(one["title"] for one in found)


def test_a_learner_works_in_a_shell_and_is_watched(server: Server, room: Room) -> None:
    started = told(run(server, "start", "6", "-o", "json"))
    assert started["environment"]["AWS_ENDPOINT_URL"] == server.url
    assert started["profiles"]["learner"]["aws_access_key_id"] == started["environment"]["AWS_ACCESS_KEY_ID"]
    assert "password" not in json.dumps(started["facts"])
    first = run(server, "check", "6", "-o", "json")
    assert first.exit_code == 1
    assert [v["done"] for v in json.loads(first.stdout)["verdicts"]] == [False] * 4
    assert json.loads(first.stdout)["verdicts"][0]["url"].startswith("https://docs.aws.amazon.com/")
    hints = [run(server, "hint", "6").stdout for _ in range(4)]
    assert len(set(hints)) == 3
    assert f"aws kms enable-key-rotation --key-id {started['facts']['key']}" in hints[2] == hints[3]

    env = server.env | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    watching = subprocess.Popen(
        [sys.executable, "-m", "garrison.cli.main", "lab", "watch", "6", "--learner", "gil", "--every", "0.3",
         "-o", "json"],
        env=env, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watching.stdout is not None
    assert json.loads(watching.stdout.readline())["done"] is False
    script = 'eval "$(garrison lab env 6 --learner gil)" && aws kms enable-key-rotation --key-id "$1"'
    subprocess.run(["bash", "-c", script, "-", started["facts"]["key"]], env=env, check=True, timeout=120)
    changed = json.loads(watching.stdout.readline())
    assert [v["done"] for v in changed["verdicts"]] == [True, False, False, False]
    attempt = room.running(lab(6), "gil")
    learner = Learner(server, attempt, room.attempts.evidence("gil", attempt.lab))
    for step in ("context", "separation", "grant"):
        scripts()[6].steps[step](learner)
    rest = watching.communicate(timeout=120)[0].splitlines()
    assert watching.returncode == 0
    assert json.loads(rest[-1])["done"] is True
    assert run(server, "check", "6").exit_code == 0
    assert "Lab 6 is done" in run(server, "hint", "6").stdout
    told_of = told(run(server, "progress", "--learner", "gil", "-o", "json"))["progress"]
    assert [(p["state"], p["steps"], p["hints"]) for p in told_of] == [("finished", "4/4", 3)]
    assert run(server, "stop", "6").exit_code == 0
    assert run(server, "check", "6").exit_code == 3


def test_what_was_finished_is_recorded_once_as_signed_evidence(server: Server, room: Room, tmp_path: Path) -> None:
    attempt, _ = room.start(lab(1), "hana")
    learner = Learner(server, attempt, room.attempts.evidence("hana", attempt.lab))
    for act in scripts()[1].steps.values():
        act(learner)
    assert room.check(lab(1), "hana").done
    room.stop(lab(1), "hana")
    evidence = str(tmp_path / "evidence")
    (recorded,) = told(run(server, "record", "--learner", "hana", "--evidence", evidence, "-o", "json"))["recorded"]
    assert (recorded["learner"], recorded["lab"]) == ("hana", "01-close-the-root")
    assert told(run(server, "record", "--learner", "hana", "--evidence", evidence, "-o", "json"))["recorded"] == []
    env = {"GARRISON_DATA": str(server.data), "GARRISON_PORT": str(server.port)}
    verify = ["evidence", "verify", "--evidence", evidence]
    assert CliRunner().invoke(cli, verify, env=env).exit_code == 0
    (file,) = (tmp_path / "evidence" / "runs").iterdir()
    file.write_bytes(file.read_bytes().replace(b"hana", b"hans"))
    assert CliRunner().invoke(cli, verify, env=env).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "2"), "garrison lab start 2"),
        (("check", "99"), "no lab 99"),
        (("start", "2", "--learner", "a/b"), "no name for a learner"),
        (("hint", "2"), "garrison lab start 2"),
        (("stop", "2"), "garrison lab start 2"),
    ],
)
def test_what_cannot_be_done_is_said(server: Server, arguments: tuple[str, ...], said: str) -> None:
    result = run(server, *arguments, learner="nobody-else")
    assert result.exit_code != 0
    assert said in result.output


def test_a_lab_whose_account_somebody_closed_says_how_to_go_on(server: Server, room: Room) -> None:
    attempt, _ = room.start(lab(2), "ida")
    server.command("account", "close", attempt.accounts["main"])
    result = run(server, "check", "2", learner="ida")
    assert result.exit_code == 3
    assert "garrison lab reset 2" in result.output
    assert run(server, "reset", "2", learner="ida").exit_code == 0
    assert run(server, "stop", "2", learner="ida").exit_code == 0


def test_an_assessment_is_of_the_labs_accounts_inside_it_and_of_the_others_outside(server: Server, room: Room) -> None:
    attempt, _ = room.start(lab(2), "jo")
    lab_account = attempt.accounts["main"]
    closed_by_it = {"name": "tour", "email": "tour+garrison-tour-abc_1@example.com"}
    tours = server.admin("POST", "/_garrison/accounts", closed_by_it)[1]["account"]
    asked = ["assess", "run", "--no-act", "--no-record", "--all", "--check", "iam.root-mfa", "-o", "json"]
    outside = {"GARRISON_DATA": str(server.data), "GARRISON_PORT": str(server.port)}
    inside = outside | {"GARRISON_EVIDENCE": str(room.attempts.evidence("jo", attempt.lab))}

    def accounts(env: dict[str, str], *more: str) -> tuple[set[str], str]:
        done = CliRunner().invoke(cli, [*asked, *more], env=env)
        assert done.exit_code == 0, done.output
        return {one["account"] for one in json.loads(done.stdout)["results"]}, done.stderr

    seen, said = accounts(outside)
    assert seen
    assert not seen & {lab_account, tours}
    assert said.count("of running labs and tours") == 1
    assert accounts(outside, "--account", lab_account, "--account", tours)[0] == {lab_account, tours}
    assert accounts(inside)[0] == {lab_account}
    assert accounts(inside, "--account", tours)[0] == {tours}
    server.command("account", "close", tours)
    room.stop(lab(2), "jo")
    ended = CliRunner().invoke(cli, asked, env=inside)
    assert ended.exit_code == 3
    assert 'eval "$(garrison env)"' in ended.output
