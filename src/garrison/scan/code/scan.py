"""A folder or a zip of code, scanned."""

from __future__ import annotations

from pathlib import Path

from garrison.scan.code.dangers import dangers
from garrison.scan.code.hardcoded import hardcoded
from garrison.scan.code.model import CodeScan
from garrison.scan.code.unpacked import unpacked

_TEXTS = frozenset(
    [
        ".py",
        ".js",
        ".mjs",
        ".cjs",
        ".ts",
        ".rb",
        ".go",
        ".java",
        ".cs",
        ".php",
        ".sh",
        ".json",
        ".yaml",
        ".yml",
        ".toml",
        ".ini",
        ".cfg",
        ".env",
        ".properties",
        ".xml",
        ".pem",
        ".key",
        ".txt",
        ".tf",
    ]
) | {""}
_OTHERS = frozenset({"node_modules", "site-packages", "dist-packages", ".git", "__pycache__", ".venv", "vendor"})
"""Folders with code of others: their vulnerabilities are told by package."""


def scan_code(target: Path) -> CodeScan:
    """Dangerous Python and secrets in a folder or zip, without the packages of others in it.

    Raises `NoScanner`, and `NotUnpacked` for an archive that is none.
    """
    with unpacked(target) as root:
        files = [
            file
            for file in sorted(root.rglob("*"))
            if file.suffix.lower() in _TEXTS
            and not file.is_symlink()
            and file.is_file()
            and not _OTHERS & set(file.relative_to(root).parts[:-1])
        ]
        found, secrets = hardcoded(root, files)
        more, unread = dangers(root, [file for file in files if file.suffix == ".py"], secrets)
        found += more
        found.sort(key=lambda one: (one.path, one.start, one.rule))
        return CodeScan(findings=tuple(found), unread=tuple(unread), files=len(files))
