"""`shield`: an account with Shield Advanced, and load balancers that exist because they are said to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.shield.shield import Shield


@pytest.fixture
def shield(tmp_path: Path) -> Iterator[Shield]:
    made = Shield(tmp_path)
    made.run("CreateSubscription")
    yield made
    made.close()
