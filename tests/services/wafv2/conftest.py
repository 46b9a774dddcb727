"""`waf`: accounts on a store of their own, with load balancers that exist because they are said to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.wafv2.waf import Waf


@pytest.fixture
def waf(tmp_path: Path) -> Iterator[Waf]:
    made = Waf(tmp_path)
    yield made
    made.house.close()
