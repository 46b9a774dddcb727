"""Whoever is to be told of an attack really is: by a webhook, and by mail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from garrison.edge.floods.engagement import Engagement
from garrison.gateway.settings import Settings
from garrison.services.shield.events import Told
from tests.edge.clients import until
from tests.mailbox import Mailbox

EVENT = {
    "attackId": "a-1", "resourceArn": "arn:aws:cloudfront::123456789012:distribution/E1", "state": "started",
}  # fmt: skip
TOLD = Told("123456789012", ("ops@example.com", "night@example.com"))


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running
        running.shutdown()


def test_every_emergency_contact_gets_a_mail(tmp_path: Path, mailbox: Mailbox) -> None:
    place = f"smtp://127.0.0.1:{mailbox.server_address[1]}/shield@example.com"
    said: list[dict[str, str]] = []
    Engagement(Settings(data_dir=tmp_path, shield_smtp=place)).tell(TOLD, EVENT, said.append)
    until(lambda: said)
    assert said == [{"to": "ops@example.com, night@example.com", "state": "started", "outcome": "sent"}]
    assert mailbox.recipients == ["ops@example.com", "night@example.com"]
    (letter,) = mailbox.letters
    assert "From: shield@example.com" in letter
    assert "garrison shield report a-1" in letter


def test_that_nobody_could_be_told_is_told() -> None:
    said: list[dict[str, str]] = []
    Engagement(Settings(data_dir=Path())).tell(TOLD, EVENT, said.append)
    assert said[0]["to"] == "nobody"


def test_a_webhook_that_does_not_answer_is_tried_again_and_then_given_up(tmp_path: Path) -> None:
    said: list[dict[str, str]] = []
    Engagement(Settings(data_dir=tmp_path, shield_webhook="http://127.0.0.1:9/secret-path")).tell(
        TOLD, EVENT, said.append
    )
    until(lambda: said)
    assert said[0]["outcome"].startswith("failed: ")
    assert "secret-path" not in said[0]["to"]
