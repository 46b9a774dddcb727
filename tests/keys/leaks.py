"""Looking for key bytes where there must be none."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

_LEAST = 8
"""Bytes in a row that are no accident."""


def key_bytes_in(paths: Iterable[Path], secrets: Iterable[bytes]) -> list[str]:
    """Where eight bytes in a row of a secret stand in a file (or a directory's files), bare, in hex or in base64."""
    found = []
    files = [f for path in paths for f in ([path] if path.is_file() else path.rglob("*")) if f.is_file()]
    for file in files:
        content = file.read_bytes()
        folded = content.lower()
        for n, secret in enumerate(secrets):
            for i in range(len(secret) - _LEAST + 1):
                part = secret[i : i + _LEAST]
                if part in content or part.hex().encode() in folded:
                    found.append(f"{file.name}: secret {n} at byte {i}")
            for shift in range(3):
                text = base64.b64encode(secret[shift : shift + (len(secret) - shift) // 3 * 3])
                found += [
                    f"{file.name}: secret {n} in base64"
                    for j in range(0, len(text) - 11, 4)
                    if text[j : j + 12] in content
                ]
    return found
