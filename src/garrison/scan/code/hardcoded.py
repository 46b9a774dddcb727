"""Secrets in files, by detect-secrets' detectors of things with a form of their own. None is tried out anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from garrison.scan.code.model import CodeFinding, NoScanner
from garrison.scan.code.snippet import around

_GUESSES = ("Base64HighEntropyString", "HexHighEntropyString", "KeywordDetector", "IPPublicDetector")
"""Detectors by likeness alone: mostly false alarms."""
_LARGEST = 1024 * 1024
Secrets = dict[Path, tuple[str, ...]]


def hardcoded(root: Path, files: list[Path]) -> tuple[list[CodeFinding], Secrets]:
    """Findings, and the secrets by file. Raises `NoScanner`."""
    try:
        from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
        from detect_secrets.core.scan import scan_file
        from detect_secrets.settings import transient_settings
    except ImportError as e:
        raise NoScanner from e
    kinds: dict[str, Any] = get_mapping_from_secret_type_to_class()
    detectors = {type: kind.__name__ for type, kind in kinds.items()}
    used = [{"name": name} for name in detectors.values() if name not in _GUESSES]
    seen: list[tuple[Path, Any]] = []
    # Without filters nothing is verified, which would mean to send the secret to whom it is for.
    with transient_settings({"plugins_used": used, "filters_used": []}):
        for file in files:
            if file.stat().st_size <= _LARGEST:
                seen += [(file, secret) for secret in scan_file(str(file))]
    secrets: Secrets = {}
    for file, secret in seen:
        secrets[file] = (*secrets.get(file, ()), *filter(None, (secret.secret_value,)))
    found = [
        _finding(root, file, secret.type, detectors[secret.type], secret.line_number, secrets[file])
        for file, secret in seen
    ]
    return found, secrets


def _finding(root: Path, file: Path, type: str, detector: str, line: int, secrets: tuple[str, ...]) -> CodeFinding:
    return CodeFinding(
        rule=detector,
        detector="common/hardcoded-credentials@v1.0",
        name="Hardcoded credentials",
        severity="HIGH",
        title=f"CWE-798 - Hardcoded credentials: {type}",
        description=f"A secret of the kind {type} stands in the code. Whoever can read the code can use it: withdraw "
        "it, and take its successor from a secret store when the code runs.",
        cwes=("CWE-798",),
        tags=("security", "secrets"),
        path=file.relative_to(root).as_posix(),
        start=line,
        end=line,
        lines=around(file, line, line, secrets),
    )
