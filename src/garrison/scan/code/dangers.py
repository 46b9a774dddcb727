"""Dangerous Python, by bandit's tests: its ids, severities and CWEs as they are."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from garrison.scan.code.hardcoded import Secrets
from garrison.scan.code.model import CodeFinding, NoScanner
from garrison.scan.code.snippet import around

_DOCS = "https://bandit.readthedocs.io/en/latest/"


def dangers(root: Path, files: list[Path], secrets: Secrets) -> tuple[list[CodeFinding], list[str]]:
    """Findings, and what could not be parsed. Raises `NoScanner`."""
    try:
        from bandit.core import config, manager
    except ImportError as e:
        raise NoScanner from e
    logging.getLogger("bandit").setLevel(logging.ERROR)
    run: Any = manager.BanditManager(config.BanditConfig(), "file", quiet=True)
    # `# nosec` in the code counts: who wrote it has looked.
    run.discover_files([str(file) for file in files], True)
    run.run_tests()
    found = [_finding(root, issue, secrets) for issue in run.get_issue_list() if issue.confidence != "LOW"]
    return found, [f"{Path(file).relative_to(root)}: {why}" for file, why in run.get_skipped()]


def _finding(root: Path, issue: Any, secrets: Secrets) -> CodeFinding:
    path = Path(issue.fname)
    lines = sorted(issue.linerange or [issue.lineno])
    name = issue.test.replace("_", "-")
    cwe = f"CWE-{issue.cwe.id}" if issue.cwe.id else "CWE-710"
    return CodeFinding(
        rule=issue.test_id,
        detector=f"python/{name}@v1.0",
        name=name.replace("-", " ").capitalize(),
        severity=issue.severity if issue.severity in ("LOW", "MEDIUM", "HIGH") else "LOW",
        title=f"{cwe} - {name.replace('-', ' ').capitalize()}",
        description=issue.text,
        cwes=(cwe,),
        tags=("security", "python", issue.test_id.lower()),
        references=(f"{_DOCS}plugins/index.html",),
        path=path.relative_to(root).as_posix(),
        start=lines[0],
        end=lines[-1],
        lines=around(path, lines[0], lines[-1], secrets.get(path, ())),
    )
