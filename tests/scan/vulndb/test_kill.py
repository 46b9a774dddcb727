"""An import that is killed at any moment leaves a whole database."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.scan.vulndb.test_build import archive, build

from garrison.scan.vulndb.database import Database

SCRIPT = """
import sys
from pathlib import Path
from garrison.scan.vulndb.build import Builder
while True:
    with Builder(Path(sys.argv[1])) as builder:
        builder.add("two", Path(sys.argv[2]))
        builder.finish()
    print("done", flush=True)
"""


@pytest.mark.soak
def test_a_killed_import_leaves_the_database_whole(tmp_path: Path) -> None:
    target = tmp_path / "v.db"
    build(target, archive(tmp_path / "a.zip", 200))
    other = archive(tmp_path / "b.zip", 2000, 1000)
    source = random.Random(3)
    acknowledged = False
    for _ in range(20):
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(target), str(other)], stdout=subprocess.PIPE, text=True
        )
        time.sleep(source.uniform(0.2, 3))
        process.kill()
        acknowledged |= "done" in process.communicate()[0]
        with Database(target) as database:
            assert database.verify() == ()
            told = {s.name: s.records for s in database.status().sources}
        assert told["one"] == 200
        assert told.get("two", 2000) == 2000
        assert "two" in told or not acknowledged
    build(target, tmp_path / "a.zip")
    assert not list(tmp_path.glob(".*.new"))
