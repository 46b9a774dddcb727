"""Real servers and real clients for the tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.drivers import AwsCommand, Boto3, Driver, JavaScript
from tests.clients.house import House, moto
from tests.clients.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for every test that makes its own accounts."""
    with Server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One Garrison with one moto behind it, for every test that makes its own buckets and users."""
    with moto() as url, Server(tmp_path_factory.mktemp("upstream") / "data", "--upstream", url) as server:
        yield House(server, url)


@pytest.fixture(params=["boto3", "aws", "javascript"])
def driver(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[Driver]:
    """The same calls through each client."""
    made: Driver
    if request.param == "boto3":
        made = Boto3(server.url)
    elif request.param == "aws":
        made = AwsCommand(server.url, tmp_path)
    else:
        made = JavaScript(server.url)
    yield made
    made.close()
