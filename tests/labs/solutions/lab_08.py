"""Lab 8 solved."""

from __future__ import annotations

import contextlib
from typing import Any

from garrison.labs.web import BLOCKED, Client
from tests.labs.solutions.lab_07 import at, put
from tests.labs.solutions.script import Learner, Script, until

SCRIPT = Script(8)


def _rate(name: str, limit: int, **more: Any) -> dict[str, Any]:
    statement = {"Limit": limit, "EvaluationWindowSec": 60, "AggregateKeyType": "IP"} | more
    return {"Name": name, "Statement": {"RateBasedStatement": statement}, "Action": {"Block": {}}}


def _in_force(learner: Learner, path: str, times: int) -> None:
    """The change is seen by somebody who does nothing but that."""

    def held_back() -> bool:
        client = Client(learner.fact("url"))
        return any(client.ask(path) == BLOCKED for _ in range(times))

    until(held_back, "the change is not in force")


@SCRIPT.step("rate")
def rate(learner: Learner) -> None:
    put(learner, _rate("rate", 50))
    _in_force(learner, "/", 60)


@SCRIPT.step("login")
def login(learner: Learner) -> None:
    put(learner, _rate("login", 10, ScopeDownStatement=at("/login")))
    _in_force(learner, "/login", 15)


@SCRIPT.step("shield")
def shield(learner: Learner) -> None:
    client = learner.client("shield")
    client.create_subscription()
    client.create_protection(Name="shop", ResourceArn=learner.fact("load_balancer"))


@SCRIPT.step("automatic")
def automatic(learner: Learner) -> None:
    client = learner.client("shield")
    with contextlib.suppress(client.exceptions.ResourceNotFoundException):  # whoever left the protection out
        client.enable_application_layer_automatic_response(
            ResourceArn=learner.fact("load_balancer"), Action={"Block": {}}
        )
