"""Line ends that begin a new header, a new response, or a new command of a mail protocol."""

from __future__ import annotations

from garrison.waf.rule_group import Detector

_EOL = r"[\r\n\xe5\xe4]"

PATTERNS = (
    r"(?i)[\r\n]\s{0,4}(?:set-cookie|content-(?:type|length|disposition|encoding)|location|transfer-encoding|x-[a-z-]{2,30}|host|cookie|refresh|status|access-control-[a-z-]{2,30}|last-modified|header-test|clear-site-data|link|cache-control)\s{0,4}:",
    r"(?i)[\r\n]\s{0,4}(?:HTTP/[0-9.]{1,4}\s|(?:GET|POST|HEAD|PUT|OPTIONS|DELETE|TRACE)\s{1,4}\S{1,200}\s{1,4}HTTP/)",
    r"(?i)[\r\n]\s{0,4}(?:RCPT\s{1,4}TO|MAIL\s{1,4}FROM|EHLO\s|HELO\s|VRFY\s|EXPN\s|(?:a|v|z)?\d{1,4}\s{1,4}(?:CAPABILITY|LOGIN|FETCH|SELECT|CREATE|DELETE|RENAME|LIST|STATUS|SEARCH|STORE|COPY|EXPUNGE|LOGOUT|NOOP|UID)\b|\.\r?\n|QUIT\b|RSET\b|USER\s\S+[\r\n]|RETR\s\d|STLS\b|STARTTLS\b)",
    r"(?i)[\r\n]\s{0,4}(?:bcc|cc|to|from|subject|reply-to|sender|mime-version)\s{0,4}:\s{0,4}\S",
    r"(?i)\\r\\n(?:set-cookie|content-|location|http/|rcpt|mail from|bcc|cc:)",
    r"[\r\n]{2,4}\s{0,4}<(?:script|html|svg|img|body)",
    r"(?i)\xe5\x98[\x8a\x8d].{0,8}(?:set-cookie|content-|location|http|<|x-)",
    r"(?i)[\r\n](?:FLUSHALL|CONFIG\s{1,4}(?:SET|GET)|SLAVEOF|SET\s{1,4}\S{1,60}\s|EVAL\s|stats\b|get\s\S+\r|set\s\S+\s\d+\s\d+\s\d+)",
)

IN_PATH = Detector(name="line-end-in-path", patterns=(r"[\r\n]",))
"""A path has no line ends."""

DETECTOR = Detector(name="line-injection", patterns=PATTERNS)
