"""What Garrison writes as OSCAL is read by compliance-trestle, whose models are generated from NIST's schema."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from garrison.assess.frameworks import built_in, load
from garrison.assess.report.bundle import forms
from garrison.checks import load as load_checks
from tests.assess.runs import recorded
from tests.peers.conftest import Peer

pytestmark = pytest.mark.peer

READ = """
import sys
from pathlib import Path
from trestle.oscal.assessment_results import AssessmentResults
for path in sys.argv[1:]:
    read = AssessmentResults.oscal_read(Path(path))
    print(len(read.results[0].findings or []))
"""


def test_every_report_is_valid_oscal(peer: Peer, tmp_path: Path) -> None:
    run = recorded(tmp_path)
    files = []
    for id in built_in():
        file = tmp_path / f"{id}.json"
        file.write_bytes(forms(load(id, load_checks()), run, ("oscal",))["oscal"])
        files.append(file)
    command = [str(peer("oscal") / "python"), "-c", READ, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    told = [int(line) for line in done.stdout.split()]
    written = [len(json.loads(f.read_bytes())["assessment-results"]["results"][0].get("findings", ())) for f in files]
    assert told == written
    assert all(told)
