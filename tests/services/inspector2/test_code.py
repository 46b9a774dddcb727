"""Findings in code: scanned by a pipeline, told with a function, shown line by line."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from garrison.scan.code import scan_code
from garrison.scan.code.unpacked import NotUnpacked
from tests.services.inspector2.inspector import FUNCTION, HOST, Inspector

SECRET = "AKIA" + "IOSFODNN7EXAMPLQ"
APP = f'''import subprocess
KEY = "{SECRET}"
def handler(event, context):
    return subprocess.call(event["command"], shell=True)
'''


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """A function's zip, with a library of others in it and a way out of the folder."""
    path = tmp_path / "pay.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("app.py", APP)
        archive.writestr("broken.py", "def (:")
        archive.writestr("node_modules/x/app.py", APP)
        archive.writestr("../../outside.py", APP)
    return path


def test_dangers_and_secrets_are_found_in_ones_own_code_and_no_secret_is_told(function: Path, tmp_path: Path) -> None:
    scanned = scan_code(function)
    assert {(f.rule, f.path, f.start, f.severity) for f in scanned.findings if f.severity == "HIGH"} == {
        ("AWSKeyDetector", "app.py", 2, "HIGH"),
        ("B602", "app.py", 4, "HIGH"),
    }
    assert [one.partition(":")[0] for one in scanned.unread] == ["broken.py"]
    assert not any(SECRET in line.content for f in scanned.findings for line in f.lines)
    assert not list(tmp_path.parent.glob("outside.py"))
    (tmp_path / "none.zip").write_bytes(b"PK")
    with pytest.raises(NotUnpacked):
        scan_code(tmp_path / "none.zip")


def told(line: int = 4, **more: Any) -> dict[str, Any]:
    return {
        "detectorId": "python/x@v1.0", "detectorName": "X", "ruleId": "B602", "severity": "HIGH", "title": "CWE-78 - X",
        "description": "y", "cwes": ["CWE-78"], "filePath": "app.py", "startLine": line, "endLine": line,
        "snippet": [{"lineNumber": line, "content": "call(x)"}], **more,
    }  # fmt: skip


def put(inspector: Inspector, *found: dict[str, Any]) -> dict[str, int]:
    answer = inspector.run(
        "PutResourceInventory", resourceId=FUNCTION, resourceType="AWS_LAMBDA_FUNCTION", codeFindings=list(found)
    )
    counts: dict[str, int] = answer["findings"]
    return counts


def test_findings_in_code_open_and_close_and_their_lines_are_shown_while_the_key_allows_it(
    inspector: Inspector,
) -> None:
    params: dict[str, Any] = {"resourceId": FUNCTION, "resourceType": "AWS_LAMBDA_FUNCTION", "codeFindings": [told()]}
    assert inspector.refused("PutResourceInventory", **params) == "Conflict"
    inspector.run("Enable", resourceTypes=["LAMBDA_CODE"])
    assert put(inspector, told(), told(9, recommendation="do not")) == {
        "active": 2,
        "created": 2,
        "updated": 0,
        "closed": 0,
    }
    (finding, other) = sorted(
        inspector.findings(), key=lambda f: f["codeVulnerabilityDetails"]["filePath"]["startLine"]
    )
    assert finding["type"] == "CODE_VULNERABILITY"
    assert other["remediation"]["recommendation"]["text"] == "do not"
    (shown,) = inspector.run("BatchGetCodeSnippet", findingArns=[finding["findingArn"]])["codeSnippetResults"]
    assert shown["codeSnippet"] == [{"lineNumber": 4, "content": "call(x)"}]
    assert put(inspector, told()) == {"active": 1, "created": 0, "updated": 0, "closed": 1}
    inspector.run("PutResourceInventory", resourceId=FUNCTION, resourceType="AWS_LAMBDA_FUNCTION", tags={"a": "b"})
    assert [f["status"] for f in inspector.findings()].count("ACTIVE") == 1
    scans = {c["scanType"]: c["scanStatus"]["statusCode"] for c in inspector.run("ListCoverage")["coveredResources"]}
    assert scans["CODE"] == "ACTIVE"
    gone = finding["findingArn"][:-32] + "0" * 32
    assert (
        inspector.run("BatchGetCodeSnippet", findingArns=[gone])["errors"][0]["errorCode"] == "CODE_SNIPPET_NOT_FOUND"
    )
    inspector.run("Disable", resourceTypes=["LAMBDA_CODE"])
    assert {f["status"] for f in inspector.findings()} == {"CLOSED"}
    host: dict[str, Any] = {"resourceId": HOST, "resourceType": "AWS_EC2_INSTANCE", "codeFindings": []}
    assert inspector.refused("PutResourceInventory", **host) == "Validation"
    inspector.run("Enable", resourceTypes=["LAMBDA_CODE"])
    params["codeFindings"] = [told(startLine=5, endLine=4)]
    assert inspector.refused("PutResourceInventory", **params) == "Validation"
