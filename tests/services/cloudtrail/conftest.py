"""`trailed`: an account, and a bucket for its trail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.cloudtrail.house import Trailed


@pytest.fixture
def trailed(tmp_path: Path) -> Iterator[Trailed]:
    made = Trailed(tmp_path)
    yield made
    made.close()
