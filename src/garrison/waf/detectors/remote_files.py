"""URLs that make the application fetch what it should not: files from a bare address, and redirects in disguise."""

from __future__ import annotations

import re

from garrison.waf.rule_group import Detector, Span

_IP = rb"(?:\d{1,3}(?:\.\d{1,3}){3}|0x[0-9a-f]{1,8}(?:\.0x[0-9a-f]{1,8}){0,3}|0[0-7]{1,11}(?:\.0?[0-7]{1,11}){0,3}|\d{8,10}|\d{1,3}\.\d{1,8}|\d{1,3}\.\d{1,3}\.\d{1,5}|\[[0-9a-f:.%]{2,}\])"

_URL = re.compile(
    rb"""(?ix)
      (?:^|[^a-z0-9]) (?:https?|ftps?|sftp|tftp|gopher|ws|wss) :? [/\\]{1,4} (?:[^/@\s]{0,80}@)? """
    + _IP
    + rb""" (?:[/:?\#\s"'<)&,;\\@] | \Z)
    | \A \W{0,3} (?:https?|ftps?) : /{2,} \S+ \.(?:txt|php\d?|phtml|asp|inc|sh|pl|py|jpg|gif|log|dat|bin|cgi|jsp|exe|dll|ps1|hta|sct|xml|dtd|svg) \?+ (?:\Z|=)
    | \A \W{0,3} (?:https?|ftps?) : /{2,} [^\s?]{4,200} \?{1,3} \Z
    | (?:include|require)(?:_once)? \W{1,6} (?:https?|ftp)
    | (?:https?|ftp):/{2} (?:localhost|localtest\.me|\w+\.localhost|0|127\.1|loopback|ip6-localhost|localdomain\.\w+|spoofed\.burpcollaborator\.net|customer\d*\.app\.localhost\.my|bugbounty\.dod\.network) (?::(?!3000|5000|5173|8000|8080|4200|8888|443)\d+ | /(?:admin|server-status|metadata|latest|console|manager|actuator|phpmyadmin) | \Z | [\#?@\s])
    | (?:https?|ftp|gopher|dict|//|\A) :? /{0,2} [\w.-]* (?:\.nip\.io|\.sslip\.io|\.xip\.io|\.1u\.ms|rbndr\.us|\.burpcollaborator\.net|\.oastify\.com|\.oast\.(?:pro|live|fun|me|site|online)|\.interact\.sh|\.dnslog\.cn|\.ceye\.io|requestbin\.net|webhook\.site|\.ngrok\.io|localtest\.me|\.bxss\.me|\.r87\.me|evil\.com|attacker\.(?:com|net|org|tld)|hacker\.com|rfi\.\w+|cirt\.net|xss\.rocks) \b
    | \b unix:[^|\s]{0,4096}\| | https?://[^/\s]{0,60}\xe2(?:\x91|\x92|\x93) | \b (?:host|gateway)\.docker\.internal\b | kubernetes\.default(?:\.svc)? | \.svc\.cluster\.local
    """
)

_REDIRECT = re.compile(
    rb"""(?ix) \A \s* (?:
      /{1,4}https?:\S+ | [/\\]{1,2}[/\\\t%;<>{}|^`@.\x00-\x20]+[\w.-]+\.[a-z]{2,6}(?:[/:?\#@%\\]\S*)?\Z | /?(?:\xe3[\x80-\x83].){1,2}[\w-]+\.[a-z]{2,6} | /{2,} [\w-]{2,40}(?:\.[\w-]{2,40})?\.[a-z]{2,8}/?\Z | /{2,} [\w.-]+ \.[a-z]{2,8} (?:/{2,}|/%2f|/\.\.|/?%2e|\\|@|%) \S* | /{3,} [\w.-]+\.[a-z]{2,8} (?:/|\Z|@) \S* | /[\\\t\x0b\r\n%;<>{}|^`@] \S* [\w-]+\.[a-z]{2,8} \S* | [\\\t;.<>@?]{1,4} /{1,4}[\\/]* [\w.-]+\.[a-z]{2,8} \S* | \\{1,4} /{0,4} \\* [\w-]+\.[a-z]{2,8} \S*
    | https?:(?:/{3,}|/?\\+/?|/(?![/])|(?![/\\])) [\w.@%-]+ \.[a-z]{2,8} (?:/\S*)? \Z | https?:// [^/\s@]{1,80} (?:@|%40|\\@|;@|\#@|\?@|%23@|%ff@|%ff\.) [\w.-]+ \.[a-z]{2,8} \S* \Z | /{1,4}[\w.-]+@[\w.-]+\.[a-z]{2,8} \S* \Z
    | (?:\S*\r\n|\S*\n)?location \s* : \s* https?:// \S+ | //?\Z(?<=//) | https?://[\w.-]+\.[a-z]{2,6}/+(?:\.\.|%2e%2e|%2f\.\.|\\)\S*
    )"""
)


def find(data: bytes) -> Span | None:
    """A URL with an address for a host, a remote file to include, or a redirect in disguise."""
    data = data[:8192]
    found = _URL.search(data) or _REDIRECT.match(data)
    return None if found is None else Span(found.start(), found.end())


PATTERNS = (
    r"(?i)(?:https?|ftps?|sftp|tftp|gopher|wss?):?[/\\]{1,4}(?:[^/@\s]{0,80}@)?(?:\d|\[|0x)",
    r"(?i)^\W*(?:https?|ftps?):/+\S+(?:\?+$|\.(?:txt|php\d?|phtml|asp|inc|sh|pl|py|jpg|gif|log|dat|bin|cgi|jsp|exe|dll|ps1|hta|sct|xml|dtd|svg)\?)",
    r"(?i)(?:include|require)(?:_once)?\W{1,6}(?:https?|ftp)",
    r"(?i)//(?:localhost|localtest|loopback|ip6-|0[:/]|\w+\.localhost|spoofed|customer|bugbounty)",
    r"(?i)(?:\.nip\.io|\.sslip\.io|\.xip\.io|\.1u\.ms|rbndr\.us|burpcollaborator|oastify|\.oast\.|interact\.sh|dnslog|ceye\.io|requestbin|webhook\.site|ngrok\.io|localtest\.me|bxss\.me|r87\.me|evil\.com|attacker\.|hacker\.com|xss\.rocks|cirt\.net)",
    r"\bunix:[^|\s]*\||https?://[^/\s]*\xe2[\x91-\x93]|^/?\xe3[\x80-\x83].",
    r"(?i)docker\.internal|kubernetes\.default|cluster\.local",
    r"^\s*(?:/[/\\\t\x0b\r\n%;<>{}|^`@]|[\\\t;.<>@?]{1,4}/|\\)",
    r"(?i)^\s*https?:(?:///|/?\\|/[^/]|[^/\\]|//[^/\s]{1,80}(?:@|%40|%ff)|//[\w.-]{1,80}/{1,4}(?:\.\.|%2|\\))",
    r"(?i)location\s*:\s*https?",
    r"(?i)^\s*/{1,4}https?:",
    r"^//",
)

DETECTOR = Detector(name="remote-files", find=find, patterns=PATTERNS)
