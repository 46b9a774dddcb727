"""`inspector`: an account with Inspector enabled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.inspector2.inspector import Inspector


@pytest.fixture
def inspector(tmp_path: Path) -> Iterator[Inspector]:
    made = Inspector(tmp_path)
    made.run("Enable", resourceTypes=["EC2", "ECR", "LAMBDA"])
    yield made
    made.close()
