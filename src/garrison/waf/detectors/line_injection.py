"""Line ends that begin a new header, a new response, or a new command of a mail protocol."""

from __future__ import annotations

import re

from garrison.waf.rule_group import Detector, Span

PATTERNS = (
    r"(?i)[\r\n][ \t]*(?:set-cookie|content-(?:type|length|disposition|encoding)|transfer-encoding|x-(?:xss|forwarded|frame|injected|test|header)[a-z-]{0,20}|access-control-[a-z-]{2,30}|clear-site-data)\s*:|[\r\n][ \t]*location\s*:\s*(?:https?:|/)|[\r\n][ \t]*header-test\s*:",
    r"(?i)[\r\n][ \t]*(?:HTTP/[0-9.]{1,4}\s|(?:GET|POST|HEAD|PUT|OPTIONS|DELETE|TRACE)\s+\S{1,200}\s+HTTP/)",
    r"(?i)[\r\n][ \t]*(?:RCPT\s+TO|MAIL\s+FROM|EHLO\s|HELO\s|VRFY\s|EXPN\s|(?:a|v|z)?\d{1,4}\s+(?:CAPABILITY|LOGIN|FETCH|SELECT|CREATE|DELETE|RENAME|LIST|STATUS|SEARCH|STORE|COPY|EXPUNGE|LOGOUT|NOOP|UID)\b|\.\r?\n|QUIT\b|RSET\b|USER\s\S+[\r\n]|RETR\s\d|STLS\b|STARTTLS\b)",
    r"(?i)[\r\n][ \t]*(?:bcc\s*:\s*\S|cc\s*:\s*\S+@)",
    r"(?i)\\r\\n(?:set-cookie|content-|location|http/|rcpt|mail from|bcc|cc:)",
    r"[\r\n]{2,4}[ \t]*<(?:script|html|svg|img|body)",
    r"(?i)\xe5\x98[\x8a\x8d].{0,8}(?:set-cookie|content-|location|http|<|x-)",
    r"[\r\n](?:FLUSHALL|CONFIG\s+(?:SET|GET)\s|SLAVEOF\s|SET\s+\S{1,60}\s+\S{1,60}[\r\n]|EVAL\s+[\"']|set\s\S+\s\d+\s\d+\s\d+\s*[\r\n])",
)

_FOUND = re.compile("|".join(f"(?i:{p[4:]})" if p.startswith("(?i)") else p for p in PATTERNS).encode())
_EOL = re.compile(rb"[\r\n]")


def find(data: bytes) -> Span | None:
    """A line end with something behind it that a protocol takes for more than text."""
    found = _FOUND.search(data)
    return None if found is None else Span(found.start(), found.end())


def find_eol(data: bytes) -> Span | None:
    """A line end."""
    found = _EOL.search(data)
    return None if found is None else Span(found.start(), found.end())


IN_PATH = Detector(name="line-end-in-path", find=find_eol, patterns=(r"[\r\n]",))
"""A path has no line ends."""

DETECTOR = Detector(name="line-injection", find=find, patterns=PATTERNS)
