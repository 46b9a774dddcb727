"""What the agent remembers, how it looks, and what it refuses; with a server it is shown in tests/clients."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from garrison.agent import cis, watch
from garrison.agent.agent import Agent
from garrison.agent.client import Refused, Unreachable
from garrison.agent.machine import Machine
from garrison.agent.state import AnotherAgent, Memory, State
from garrison.cli.main import cli
from garrison.scan.host_checks.run import run
from tests.scan.host_checks.roots import dpkg, make

RESOURCE = "i-0123456789abcdef0"


class Told:
    """A server as the agent sees it: what it was told, and whether it is there."""

    endpoint = "http://127.0.0.1:1"

    def __init__(self) -> None:
        self.puts: list[dict[str, Any]] = []
        self.sessions: list[tuple[str, dict[str, Any]]] = []
        self.due: list[dict[str, str]] = []
        self.known = False
        self.away: Exception | None = None

    def put(self, **resource: Any) -> dict[str, Any]:
        if self.away:
            raise self.away
        self.known = True
        self.puts.append(resource)
        return {}

    def tasks(self, _: str) -> dict[str, Any] | None:
        if self.away:
            raise self.away
        return {"tasks": self.due, "pollSeconds": 60} if self.known else None

    def session(self, step: str, **parameters: Any) -> None:
        if self.away:
            raise self.away
        self.sessions.append((step, parameters))


class Looks(threading.Event):
    """Ends the agent after it has looked so many times, without waiting."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.left = count
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        self.left -= 1
        if not self.left:
            self.set()
        return self.is_set()


def machine(root: Path) -> Machine:
    return Machine(str(root), RESOURCE, {}, behind=False, excepted={"accounts.umask": "set elsewhere"})


def agent(server: Told, root: Path, memory: Memory, **more: Any) -> Agent:
    return Agent(server, machine(root), memory, say=lambda _: None, **more)  # type: ignore[arg-type]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "root", dpkg("bash"), {"etc/os-release": "ID=debian\nVERSION_ID=12\n"})


def test_what_has_not_changed_is_not_told_again(root: Path, tmp_path: Path) -> None:
    server = Told()
    with Memory(tmp_path / "state") as memory:
        agent(server, root, memory).run(Looks(20))
        assert len(server.puts) == 1
        assert server.puts[0]["scanMode"] == "EC2_AGENTLESS"
        assert "reachability" not in server.puts[0]
    with Memory(tmp_path / "state") as memory:  # after a restart
        again = agent(server, root, memory)
        again._ask()
        again._tell(everything=False)
        assert len(server.puts) == 1
        server.known = False  # another server, or one that lost it
        again._ask()
        again._tell(everything=False)
        assert len(server.puts) == 2


def test_a_server_that_is_away_is_asked_less_and_less_often(root: Path, tmp_path: Path) -> None:
    server, looks = Told(), Looks(12)
    server.away = Unreachable("away")
    with Memory(tmp_path / "state") as memory:
        agent(server, root, memory).run(looks)
    pauses = [p or 0 for p in looks.pauses]
    assert pauses[0] <= 10
    assert pauses[6] > 150
    assert max(pauses) <= 900


def test_a_changed_database_is_seen_and_told(root: Path, tmp_path: Path) -> None:
    server = Told()
    with Memory(tmp_path / "state") as memory:
        one = agent(server, root, memory)
        one.once()
        before = watch.packages(str(root))
        make(root, dpkg("bash", "perl"))
        assert watch.packages(str(root)) != before
        one._ask()
        one._tell(everything=False)
    names = [{c["name"] for c in p["sbom"]["components"]} for p in server.puts]
    assert names[1] - names[0] == {"perl"}


def test_there_is_one_agent_and_a_lock_outlives_nobody(tmp_path: Path) -> None:
    with Memory(tmp_path / "state"), pytest.raises(AnotherAgent, match="process"), Memory(tmp_path / "state"):
        pass
    with Memory(tmp_path / "state") as memory:
        memory.save(State(resource=RESOURCE))
        assert memory.load().resource == RESOURCE
        (tmp_path / "state/state.json").write_bytes(b'{"resource": 1')
        assert memory.load() == State()
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_a_scan_that_broke_off_goes_on_in_its_session(root: Path, tmp_path: Path) -> None:
    server = Told()
    server.known = True
    server.due = [{"type": "CIS", "scanJobId": "job", "securityLevel": "LEVEL_1"}]
    with Memory(tmp_path / "state") as memory:
        one = agent(server, root, memory)
        state = State(resource=RESOURCE, endpoint=server.endpoint)
        server.away = Unreachable("away")
        with pytest.raises(Unreachable):
            cis.scan(server, server.due[0], machine(root), state, lambda: memory.save(state))  # type: ignore[arg-type]
        token = memory.load().sessions["job"]
        server.away = None
        one = agent(server, root, memory)
        one.once()
        steps = [step for step, _ in server.sessions]
        assert steps[0] == "start_cis_session"
        assert steps[1] == "send_cis_session_health"
        assert steps[-1] == "stop_cis_session"
        assert {p.get("sessionToken", token) for _, p in server.sessions} == {token}
        assert server.sessions[0][1]["message"]["sessionToken"] == token
        assert memory.load().sessions == {}
        told = [m for step, p in server.sessions if "messages" in p for m in p["messages"]]
        assert {m["status"] for m in told} <= {"PASSED", "FAILED", "NOT_APPLICABLE", "ERROR"}
        umask = next(m for m in told if m["ruleId"] == "accounts.umask")
        assert (umask["status"], b"Excepted: set elsewhere" in umask["cisRuleDetails"]) == ("NOT_APPLICABLE", True)
        progress = server.sessions[-1][1]["message"]["progress"]
        assert progress["totalChecks"] == len(told)


def test_a_job_of_somebody_else_is_left_alone(root: Path, tmp_path: Path) -> None:
    server = Told()
    with Memory(tmp_path / "state") as memory:
        state = State()
        server.away = Refused("ConflictException", "Another session")
        with pytest.raises(Refused):
            cis.scan(server, {"scanJobId": "job"}, machine(root), state, lambda: memory.save(state))  # type: ignore[arg-type]
        assert memory.load().sessions == {}


def test_details_fit_into_a_thousand_bytes(root: Path) -> None:
    (root / "etc/passwd").write_text("".join(f"é{n:03d}€:x:0:0::/:/bin/sh\n" for n in range(400)))
    (result,) = run(str(root), only=["accounts.one-root"]).results
    message = cis._message(result)
    assert len(message["cisRuleDetails"]) <= 1000
    assert json.loads(message["cisRuleDetails"])["level"] == "LEVEL_1"
    whole = cis._details("€" * 5000, "LEVEL_2")
    assert 900 < len(whole) <= 1000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--resource-id", RESOURCE], "Set AWS_ENDPOINT_URL"),
        (["--resource-id", "web-1"], "no id of an instance"),
        (["--resource-id", RESOURCE, "--interval", "soon"], "no duration"),
        (["--resource-id", RESOURCE, "--tag", "web"], "KEY=VALUE"),
        (["--resource-id", RESOURCE, "--except", "nothing=why"], "no check named nothing"),
        (["--resource-id", RESOURCE, "--except", "accounts.umask"], "without a reason"),
    ],
)
def test_what_cannot_be_is_refused(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    told = CliRunner().invoke(cli, ["inspector", "agent", "--once", *arguments])
    assert told.exit_code == 2
    assert said in told.stderr


def test_a_root_without_a_machine_id_asks_for_one(root: Path) -> None:
    told = CliRunner().invoke(cli, ["inspector", "agent", "--once", "--root", str(root)])
    assert told.exit_code == 2
    assert "--resource-id" in told.stderr
