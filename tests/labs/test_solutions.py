"""Every lab is solved by a script, and is not solved when any one of its steps is left out."""

from __future__ import annotations

import pytest

from garrison.labs import Lab, Room, labs
from garrison.labs.room import missing
from tests.clients.server import Server
from tests.labs.solutions import scripts
from tests.labs.solutions.script import Learner

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("labs")]

SCRIPTS = scripts()
SLOW = {
    4: "organizations are made",
    5: "organizations are made",
    7: "web ACLs are compiled",
    8: "floods take hundreds of requests",
    9: "findings take seconds",
    11: "accounts are assessed",
    12: "organizations are assessed",
}
"""Labs whose every step costs seconds: `make soak` leaves each one out there. That what is left out last is missed is
seen by `make test` in the course of solving them."""

EACH = [
    pytest.param(lab, step.id, id=f"{lab.number:02}-{step.id}", marks=[pytest.mark.soak] if lab.number in SLOW else [])
    for lab in labs()
    for step in lab.steps
]


def _undone(room: Room, lab: Lab, learner: str) -> dict[str, str]:
    """Steps that are not done, with what is said of them."""
    return {v.step: v.message for v in room.check(lab, learner).verdicts if not v.done}


def _begin(room: Room, server: Server, lab: Lab, name: str) -> Learner:
    lacking = missing(lab.needs)
    if lacking:
        pytest.skip(f"extras {lacking} are not installed")
    SCRIPTS[lab.number].ready(server)
    attempt, new = room.start(lab, name)
    assert new
    return Learner(server, attempt, room.attempts.evidence(name, lab.name))


def test_the_path_has_labs_with_a_solution_for_every_step() -> None:
    assert {lab.number: [step.id for step in lab.steps] for lab in labs()} == {
        number: list(script.steps) for number, script in sorted(SCRIPTS.items())
    }


@pytest.mark.parametrize("lab", labs(), ids=lambda lab: lab.name)
def test_a_lab_is_solved_step_by_step(lab: Lab, room: Room, server: Server) -> None:
    learner = _begin(room, server, lab, "solver")
    todo = [step.id for step in lab.steps]
    assert list(_undone(room, lab, "solver")) == todo, "something is done before anything was"
    while todo:
        SCRIPTS[lab.number].steps[todo.pop(0)](learner)
        undone = _undone(room, lab, "solver")
        assert set(undone) == set(todo), undone
    room.stop(lab, "solver")


@pytest.mark.parametrize(("lab", "left_out"), EACH)
def test_a_lab_is_not_solved_without(lab: Lab, left_out: str, room: Room, server: Server) -> None:
    name = f"without-{left_out}"
    learner = _begin(room, server, lab, name)
    for step, act in SCRIPTS[lab.number].steps.items():
        if step != left_out:
            act(learner)
    undone = _undone(room, lab, name)
    order = [step.id for step in lab.steps]
    assert next(iter(undone), None) == left_out, undone
    assert undone[left_out], "it says what is missing"
    assert all(order.index(step) > order.index(left_out) for step in list(undone)[1:]), undone
    room.stop(lab, name)
