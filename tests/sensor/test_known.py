"""What the sensor knows beside events."""

from __future__ import annotations

from pathlib import Path

from garrison.sensor.known import LEAKED, Known

ACCOUNT = "111122223333"


def test_a_key_is_leaked_while_a_list_has_it(tmp_path: Path) -> None:
    now = 0.0
    known = Known(tmp_path, lambda: now)
    assert known(ACCOUNT, "access_key", "AKIAONE") == {}
    (tmp_path / LEAKED).mkdir()
    (tmp_path / LEAKED / "bait.txt").write_text("# laid out\nAKIAONE  # in the wiki\n\n")
    now = 5.0
    assert known(ACCOUNT, "access_key", "AKIAONE") == {"leaked": "bait"}
    assert known(ACCOUNT, "access_key", "AKIATWO") == {}
    assert known(ACCOUNT, "access_key", "") == {}
    (tmp_path / LEAKED / "bait.txt").write_bytes(b"\xff")
    now = 10.0
    assert known(ACCOUNT, "access_key", "AKIAONE") == {"leaked": "bait"}  # what cannot be read takes nothing away


def test_of_what_nobody_knows_nothing_is_said(tmp_path: Path) -> None:
    known = Known(tmp_path)
    assert known(ACCOUNT, "address", "192.0.2.1") == {}
    assert known(ACCOUNT, "bucket", "b") == {}
