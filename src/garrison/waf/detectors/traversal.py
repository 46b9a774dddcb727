"""Ways out of a directory, and the files and streams people want from there.

`PARENT`: two steps up or more, in any spelling that some decoder undoes, or one step up and a known target. `../`
once, as relative links have it, is left alone.
"""

from __future__ import annotations

import re

from garrison.waf.detectors.views import LIMIT
from garrison.waf.rule_group import Detector, Span

_SLASH = re.compile(
    rb"(?i)(?:[\\/\xc0\xc1\xe0\xf0][\xaf\x9c\xae]?|0x(?:2f|5c)|%(?:c0%af|c1%9c)|%%32%66|%%35%63|%u2215|%u2216|%uefc8|%uf025|%bg%qf|%%2f|;/|\xc0\x2f|\xc0\x5c)"
)
_DOTS = re.compile(rb"(?i)(?:0x2e|%2e|%252e|%c0%ae|%%32%65|%c0%2e|%e0%40%ae|\xc0\xae|\xc0\x2e)")

_UP = re.compile(rb"\.{2,}[;.\x00-\x20]*/+|/\.{2,}(?:/|\Z)")

_TARGET = rb"(?:etc|proc|windows|winnt|boot\.ini|win\.ini|web-inf|meta-inf|passwd|shadow|system32|inetpub|var/log|usr/|home/|root/|\.ssh|\.aws|\.git|\.env|\.ht\w+|config|conf/|wp-config|web\.config|cmd\.exe|bin/|global\.asa|index\.php|\{file\})"

_STEPS = re.compile(
    rb"(?i)(?:\.{2,}+[;\s]*+/++(?:[\w-]{0,30}/)?){2,}|(?:/\.{2,}){2,}|\.\./+[^\s]{0,60}?"
    + _TARGET
    + rb"|(?:/\.){4,}/?|\A/?(?:\./){3,}|/\.{3,}(?:/|\{)|(?<!\.)(?:\.{3,}+/){2,}|/\.{5,}|(?<!\.)\.{8,}+\w|\.\.(?:\.\./){1,}|(?:\.\.\w{2,6}){3,20}+\S{0,40}(?:etc|boot|win)"
    rb"|\{file\}|\.\./\Z|\A/\.\.(?:/|\Z)[^\s]{0,400}\Z|\A\.\.\Z|\A/(?:\w+/)*a{60,}"
)

_FILES = re.compile(
    rb"""(?ix)
      (?:^|[\s=:"'(,/]) [a-z]:/{1,2} (?:windows|winnt|boot\.ini|users/|inetpub|documents\ and\ settings|program\ files|programdata|xampp|wamp|apache\w*|nginx|php\w*|mysql|sysprep|unattend|pagefile|autoexec|config\.sys|system32|oracle|tomcat|home|www|\w+/[\w./-]+\.(?:ini|log|conf|cnf|inf|cfg|xml|sys|dat|bat|htm|err|pwd|mdb)\b|\w+\.(?:ini|sys|bat|log|bak|inf|txt)\b)
    | \b (?:boot|win|system|php|my|desktop|odbc)\.ini\b | \bntuser\.dat\b | /system32/(?:drivers/etc|config)/ | /repair/sam\b
    | (?:^|[\s"']) //(?:::1|\d{1,3}(?:\.\d{1,3}){3}|localhost|[\w.-]+@\w+|[\w.-]{3,60})/(?:[a-z]\$|admin\$|ipc\$|share|webdav|\w+\.\w+)(?:/|\Z|\s)
    | (?:^|[\s=:"'/]) (?:web|meta)-inf(?:/|\Z) | \.(?:ssh/(?:id_\w+|authorized_keys|known_hosts|config)|aws/(?:credentials|config)|bash_history|mysql_history|psql_history|docker/config|kube/config|netrc|pgpass|git-credentials|npmrc|viminfo|zsh_history|nano_history|bashrc|bash_profile|profile|ssh/)
    """
)

_STREAM = re.compile(
    rb"""(?ix) (?:^|[^a-z0-9+.-])
      (?: (?:php|file|phar|zip|zlib|compress\.(?:zlib|bzip2)|bzip2|glob|expect|ogg|rar|ssh2(?:\.\w+)?|netdoc|jar|gopher|dict|ldaps?|tftp|sftp|local_file|data|test|input|filter|svn\+ssh|ssh) : (?:/{2,} | [a-z]+: | /[^/\s])
      | (?:php|phar|file|expect|zip|data) : [/\\%*] [^\s]* )
    """
)
_HARMLESS = re.compile(rb"(?i)(?:data|test|input|filter|file|ssh|sftp|jar|zip|rar|svn\+ssh|ldaps?)\s*:")
_SURE = re.compile(
    rb"(?i)(?:^|[^a-z0-9+.-])(?:php|phar|expect|gopher|dict|netdoc|zlib|compress\.(?:zlib|bzip2)|ssh2(?:\.\w+)?|glob|ogg|tftp|local_file)://?|\A\W{0,4}(?:file|data|zip|jar|rar|ldaps?|sftp|ssh|ftp):/{1,3}[^\s]|\bfile:/{2,}(?:/|localhost|etc|[a-z]:|127)|\bfile:\.{3,}|\bdata://|\bjar:(?:https?|file|ftp):|\bfile:/+(?:etc|proc|c:|var|home|root|sys|dev|usr)\b"
)

_XXE = re.compile(
    rb"(?is)<!(?:ENTITY|DOCTYPE)\b[^>]{0,400}?\b(?:SYSTEM|PUBLIC)\b|<!ENTITY\s+(?:%\s*)?[\w.:-]+\s|<!DOCTYPE[^>\[]{0,80}\[|<xi:include\b|<!ATTLIST\b|<!ELEMENT\b|<xsl:(?:include|import|value-of)\b|xsi:schemaLocation\s*="
)


def _flat(data: bytes) -> bytes:
    data = data[:LIMIT]
    if (
        b"0x" in data
        or b"%" in data
        or b"\xc0" in data
        or b"\xe0" in data
        or b"\xc1" in data
        or b"\xf0" in data
        or b"0X" in data
    ):
        data = _DOTS.sub(b".", data)
    return _SLASH.sub(b"/", data)


def find(data: bytes) -> Span | None:
    """Path traversal, or a file or stream wrapper nobody links to, in a value."""
    if (found := _SURE.search(data)) is not None or (found := _XXE.search(data)) is not None:
        return Span(found.start(), found.end())
    flat = _flat(data)
    if b".." in flat or b"/./" in flat or b"{" in flat or b"/." in flat or b"aaaa" in flat:
        found = _STEPS.search(flat)
        if found is not None:
            return Span(0, len(data), (found[0][:100],))
    found = _FILES.search(flat)
    return None if found is None else Span(0, len(data), (found[0],))


PATTERNS = (
    r"\.\.",
    r"/\.(?:/|%|\.|[a-z])",
    r"(?i)(?:0x2e|%2e|%c0%ae|%%32)",
    r"(?i)\{file\}",
    r"a{60}",
    r"\.{8}",
    r"(?i)\b[a-z]:[\\/]",
    r"(?i)\b(?:php|file|phar|zip|zlib|bzip2|glob|expect|ogg|rar|ssh2|tunnel|netdoc|jar|gopher|dict|ldaps?|tftp|sftp|ssh|ftp|data|local_file)[\w.]*:[/\\.]",
    r"(?i)\b(?:boot|win|system|php|my|desktop|odbc)\.ini|ntuser\.dat|system32|repair.sam|web-inf|meta-inf",
    r"(?i)(?:^|[\s\"'])[\\/]{2}(?:::1|[\w.@-]+)[\\/](?:[a-z]\$|admin\$|ipc\$|share|webdav|\w+\.\w)",
    r"(?i)\.(?:ssh|aws|bash_history|mysql_history|psql_history|docker|kube|netrc|pgpass|git-credentials|npmrc|viminfo|zsh_history|nano_history|bashrc|bash_profile|profile)",
    r"(?i)<!(?:ENTITY|DOCTYPE|ATTLIST|ELEMENT)|<xi:include|<xsl:|schemaLocation",
    r"\xc0[\xae\xaf\x2e\x2f]",
)

DETECTOR = Detector(name="path-traversal", find=find, patterns=PATTERNS)
