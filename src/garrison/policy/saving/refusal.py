"""A policy that may not be saved, and what AWS says of it."""

from __future__ import annotations

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"


class Refusal(Exception):
    """`text` is AWS's message."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
