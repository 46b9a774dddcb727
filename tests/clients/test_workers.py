"""Several processes on one database are one Garrison."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.drivers import Boto3, Driver, JavaScript, Refused
from tests.clients.scenario import allow, policy, tell
from tests.clients.server import Credentials, Server
from tests.postgresql_server import PostgresqlServer

pytestmark = [pytest.mark.client, pytest.mark.postgresql]


@pytest.fixture
def two_workers(postgresql_server: PostgresqlServer, tmp_path: Path) -> Iterator[Server]:
    name = f"workers_{uuid.uuid4().hex}"
    url = postgresql_server.database(name)
    with Server(tmp_path / "data", "--workers", "2", "--database", url) as server:
        yield server
    postgresql_server.drop(name)


@pytest.mark.parametrize("client", [Boto3, JavaScript])
def test_two_workers_on_postgresql_live_through_the_story(
    two_workers: Server, client: type[Boto3 | JavaScript]
) -> None:
    driver: Driver = client(two_workers.url)
    tell(driver, two_workers, "workers")
    driver.close()


def test_a_policy_put_through_one_connection_binds_on_every_other_at_once(two_workers: Server) -> None:
    driver = Boto3(two_workers.url)
    _, root = two_workers.new_account("at-once")
    driver.call(root, "iam", "CreateUser", UserName="ana")
    key = driver.call(root, "iam", "CreateAccessKey", UserName="ana")["AccessKey"]
    ana = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    for _ in range(8):  # every call is a new connection, taken by either worker
        driver.call(root, "iam", "PutUserPolicy", UserName="ana", PolicyName="p", PolicyDocument=policy(allow("iam:*")))
        for _ in range(4):
            driver.call(ana, "iam", "ListGroups")
        driver.call(root, "iam", "DeleteUserPolicy", UserName="ana", PolicyName="p")
        for _ in range(4):
            with pytest.raises(Refused, match="no identity-based policy allows"):
                driver.call(ana, "iam", "ListGroups")
