"""boto3, the aws command and the AWS SDK for JavaScript each live through the same story."""

from __future__ import annotations

import pytest

from tests.clients.drivers import Driver
from tests.clients.scenario import tell
from tests.clients.server import Server

pytestmark = pytest.mark.client


def test_a_user_is_refused_allowed_bounded_and_becomes_a_role(driver: Driver, server: Server) -> None:
    tell(driver, server, type(driver).__name__.lower())
