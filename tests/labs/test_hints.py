"""The last hint of a step is commands that do it, as they stand, wherever it is no sketch."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from garrison.labs import Lab, Room, Step, filled, labs
from garrison.labs.room import missing
from tests.clients.server import Server
from tests.labs.solutions import scripts
from tests.labs.solutions.script import Learner

pytestmark = [pytest.mark.client, pytest.mark.soak, pytest.mark.xdist_group("labs")]


def _is_sketch(hint: str) -> bool:
    """Whether something is left for the learner to fill in, or to do between the commands."""
    sketched = any(
        mark in hint for mark in ("...", "..", ", then", ", and with", ", every", " with one rule", "p-", "and so on")
    )
    return sketched or not hint.startswith(("aws ", "garrison ", "mkdir "))


WHOLE = [
    pytest.param(lab, step, id=f"{lab.number:02}-{step.id}")
    for lab in labs()
    for step in lab.steps
    if not _is_sketch(step.hints[-1])
]


def test_most_last_hints_are_whole() -> None:
    assert len(WHOLE) >= 20


@pytest.mark.parametrize(("lab", "step"), WHOLE)
def test_the_last_hint_does_the_step(lab: Lab, step: Step, room: Room, server: Server, tmp_path: Path) -> None:
    if missing(lab.needs):
        pytest.skip("an extra is missing")
    scripts()[lab.number].ready(server)
    name = f"hinted-{step.id}"
    attempt, _ = room.start(lab, name)
    learner = Learner(server, attempt, room.attempts.evidence(name, lab.name))
    for other in lab.steps[: lab.steps.index(step)]:
        scripts()[lab.number].steps[other.id](learner)
    assert _said(room, lab, name, step) is not None
    models = tmp_path / "home"
    models.mkdir()
    env = {k: v for k, v in server.env.items() if k != "HOME"} | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(models),
        "GARRISON_LEARNER": name,
    }
    script = f'eval "$(garrison lab env {lab.number})"\n{filled(step.hints[-1], attempt.facts)}'
    done = subprocess.run(
        ["bash", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    deadline = time.monotonic() + 60
    while (said := _said(room, lab, name, step)) is not None and time.monotonic() < deadline:
        time.sleep(1)
    room.stop(lab, name)
    assert said is None, (said, script, done.stdout, done.stderr)


def _said(room: Room, lab: Lab, learner: str, step: Step) -> str | None:
    """What is missing; None if the step is done."""
    (verdict,) = [v for v in room.check(lab, learner).verdicts if v.step == step.id]
    return None if verdict.done else verdict.message
