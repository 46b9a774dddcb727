"""What must not be remembered is taken out before it becomes evidence.

By the name of a member (`SecretAccessKey`, `password`, ...) and by the look of a text (private keys, session tokens,
web tokens, secret access keys beside their names). What is taken out leaves its mark, so that a reader knows it was
there. Ids of access keys and ARNs stay: they name, and open nothing.
"""

from __future__ import annotations

import re
from typing import Any

REDACTED = "[redacted]"

_NAMES = re.compile(
    r"secret|passw|token$|^token|credential$|privatekey|private_key|seed|apikey|api_key|authorization$|plaintext",
    re.IGNORECASE,
)
_NOT_SECRET = re.compile(r"enabled|present|last|age|policy|length|status|arn$|^secretsmanager|version", re.IGNORECASE)
_TEXTS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    r"|\b(?:FwoGZX|FQoGZX|IQoJ)[A-Za-z0-9/+=]{60,}"
    r"|(?i:(?:secret|password|passwd|pwd|api_?key)[\"']?\s*[:=]\s*)[\"']?[^\s\"',;]{6,}"
    r"|\bAKIA[A-Z0-9]{16}[:\s/]+[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])"
    r"|\b(?:ghp|gho|ghs|github_pat|xox[abp]|sk_live)[_-][A-Za-z0-9_-]{16,}",
    re.DOTALL,
)


def redacted(value: Any) -> Any:
    """The value without its secrets; of whatever JSON cannot hold, its text."""
    match value:
        case dict():
            return {str(name): _member(str(name), member) for name, member in value.items()}
        case list() | tuple() | set() | frozenset():
            items = value if isinstance(value, list | tuple) else sorted(value, key=str)
            return [redacted(item) for item in items]
        case str():
            return _TEXTS.sub(REDACTED, value)
        case bool() | int() | None:
            return value
        case _:
            return str(value)


def _member(name: str, value: Any) -> Any:
    if isinstance(value, str) and value and _NAMES.search(name) and not _NOT_SECRET.search(name):
        return REDACTED
    return redacted(value)
