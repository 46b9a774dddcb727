"""Log records reach their files once each, whatever ends the process that delivers them."""

from __future__ import annotations

from pathlib import Path

import pytest

from garrison.access.traffic import Batch, Traffic
from garrison.edge.delivery import Delivery, folder_of

ACL = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/1-2-3"
PLACE = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-shop:*"


@pytest.fixture
def traffic(tmp_path: Path) -> Traffic:
    made = Traffic(tmp_path / "traffic.db")
    made.create()
    return made


def lines(folder: Path) -> list[str]:
    (path,) = (folder / "aws-waf-logs-shop").iterdir()
    assert path.name.startswith("123456789012_waflogs_us-east-1_shop_")
    return path.read_text().splitlines()


def run(traffic: Traffic, folder: Path) -> None:
    delivery = Delivery(traffic, folder)
    delivery.start()
    delivery.stop()


def test_each_is_delivered_once_though_deliveries_end_and_begin(traffic: Traffic, tmp_path: Path) -> None:
    traffic.write(Batch(logs=[(ACL, PLACE, b"1"), (ACL, PLACE, b"2")]))
    run(traffic, tmp_path / "logs")
    traffic.write(Batch(logs=[(ACL, PLACE, b"3")]))
    run(traffic, tmp_path / "logs")
    run(traffic, tmp_path / "logs")
    assert lines(tmp_path / "logs") == ["1", "2", "3"]


@pytest.mark.parametrize("before", [[], [(ACL, PLACE, b"1")]])
def test_what_was_written_and_not_noted_is_not_there_twice(
    traffic: Traffic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: list[tuple[str, str, bytes]]
) -> None:
    traffic.write(Batch(logs=before))
    run(traffic, tmp_path / "logs")
    traffic.write(Batch(logs=[(ACL, PLACE, b"2")]))
    killed = Delivery(traffic, tmp_path / "logs")
    killed._recover()
    noted = Traffic.note_delivered

    def note(self: Traffic, seq: int, sizes: dict[str, int]) -> None:
        if seq > len(before):
            raise KeyboardInterrupt
        noted(self, seq, sizes)

    monkeypatch.setattr(Traffic, "note_delivered", note)
    with pytest.raises(KeyboardInterrupt):
        killed.deliver()
    monkeypatch.undo()
    assert lines(tmp_path / "logs")[-1] == "2"
    run(traffic, tmp_path / "logs")
    assert lines(tmp_path / "logs") == [*["1"] * len(before), "2"]


def test_folders_are_named_after_destinations_and_lead_nowhere_else() -> None:
    assert folder_of("arn:aws:s3:::aws-waf-logs-shop/some/../../prefix") == "aws-waf-logs-shop"
    assert folder_of("arn:aws:firehose:us-east-1:1:deliverystream/aws-waf-logs-a") == "aws-waf-logs-a"
    assert folder_of("arn:aws:logs:us-east-1:1:log-group:aws-waf-logs-a/../../b") == "aws-waf-logs-a_.._.._b"
