"""One server for every lab: learners have accounts of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from garrison.checks.api import Refused
from garrison.labs import Room
from tests.clients.server import Server
from tests.edge.clients import edge_ports


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running Garrison."""
    with Server(
        tmp_path_factory.mktemp("labs") / "data", "--edge", "embedded", "--edge-ports", edge_ports()
    ) as running:
        yield running


@pytest.fixture(scope="session")
def room(server: Server) -> Room:
    """Its labs."""
    return room_of(server, server.data)


def room_of(server: Server, data: Path) -> Room:
    def ask(method: str, path: str, body: Any) -> Any:
        status, answer = server.admin(method, path, body)
        if status >= 400:
            told = answer if isinstance(answer, dict) else json.loads(answer)
            raise Refused(str(told.get("code", status)), told["message"])
        return answer

    return Room(data, ask, server.url, "us-east-1")
