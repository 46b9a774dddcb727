"""Line ends that begin a new header, a new response, or a new command of a mail protocol."""

from __future__ import annotations

from garrison.waf.rule_group import Detector

_EOL = r"[\r\n\xe5\xe4]"

PATTERNS = (
    r"(?i)[\r\n]\s*(?:set-cookie|content-(?:type|length|disposition|encoding)|transfer-encoding|x-(?:xss|forwarded|frame|injected|test|header)[a-z-]{0,20}|access-control-[a-z-]{2,30}|clear-site-data)\s*:|[\r\n]\s*location\s*:\s*(?:https?:|/)|[\r\n]\s*header-test\s*:",
    r"(?i)[\r\n]\s*(?:HTTP/[0-9.]{1,4}\s|(?:GET|POST|HEAD|PUT|OPTIONS|DELETE|TRACE)\s+\S{1,200}\s+HTTP/)",
    r"(?i)[\r\n]\s*(?:RCPT\s+TO|MAIL\s+FROM|EHLO\s|HELO\s|VRFY\s|EXPN\s|(?:a|v|z)?\d{1,4}\s+(?:CAPABILITY|LOGIN|FETCH|SELECT|CREATE|DELETE|RENAME|LIST|STATUS|SEARCH|STORE|COPY|EXPUNGE|LOGOUT|NOOP|UID)\b|\.\r?\n|QUIT\b|RSET\b|USER\s\S+[\r\n]|RETR\s\d|STLS\b|STARTTLS\b)",
    r"(?i)[\r\n]\s*(?:bcc\s*:\s*\S|cc\s*:\s*\S+@)",
    r"(?i)\\r\\n(?:set-cookie|content-|location|http/|rcpt|mail from|bcc|cc:)",
    r"[\r\n]{2,4}\s*<(?:script|html|svg|img|body)",
    r"(?i)\xe5\x98[\x8a\x8d].{0,8}(?:set-cookie|content-|location|http|<|x-)",
    r"[\r\n](?:FLUSHALL|CONFIG\s+(?:SET|GET)\s|SLAVEOF\s|SET\s+\S{1,60}\s+\S{1,60}[\r\n]|EVAL\s+[\"']|set\s\S+\s\d+\s\d+\s\d+\s*[\r\n])",
)

IN_PATH = Detector(name="line-end-in-path", patterns=(r"[\r\n]",))
"""A path has no line ends."""

DETECTOR = Detector(name="line-injection", patterns=PATTERNS)
