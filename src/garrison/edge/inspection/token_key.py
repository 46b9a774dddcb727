"""The key that challenge tokens are sealed with: made once, the same for all workers and after a restart."""

from __future__ import annotations

import os
from pathlib import Path

from garrison.store.files import write_private

NAME = "token.key"


def token_key(directory: Path) -> bytes:
    """The key of this edge; made if it is not there."""
    path = directory / NAME
    try:
        return path.read_bytes()
    except FileNotFoundError:
        write_private(path, os.urandom(32))
        return path.read_bytes()
