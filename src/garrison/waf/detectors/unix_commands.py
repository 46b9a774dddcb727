"""Commands and variables of a Unix shell in a value.

Evasions are undone first (`plain`): quotes and backslashes within words, `$IFS`, empty expansions, one-character
classes. Then each place where a shell begins a command is looked at: behind `;`, `|`, `&`, a line end, a backtick, in
`$(` and `<(`, and at the very beginning. What stands there must be the name of a command, with more evidence the more
it is also an English word (`command_names`): `; which?`, `rm 500 ringgit` and `cat /dog food` are none.
"""

from __future__ import annotations

import re

from garrison.waf.detectors.command_names import OPERATORS, PROSE, UNIX, UNIX_WORDS, chunks
from garrison.waf.rule_group import Detector, Span

LIMIT = 8192

_IFS = re.compile(rb"\$\{?IFS\b[^\s}]{0,12}\}?(?:\$\d)?", re.IGNORECASE)
_EMPTY = re.compile(
    rb"\$(?:[@*#?!\d-]|\{[A-Za-z_@*\d]{0,12}\}|\(\s*\)|[A-Za-z]{1,2}(?=[\w\s/.])(?![\w])|[a-z](?=/))|``|\$u\b"
)
_CLASS = re.compile(rb"\[([\w-])\]")

_ROOTS = rb"/(?:etc|bin|sbin|usr|var|tmp|proc|home|root|dev|opt|lib|sys|mnt|boot|srv|run|media)\b"
_ARGUMENT = re.compile(
    rb"\s+(?:-{1,2}[A-Za-z]|"
    + _ROOTS
    + rb"|/\S*[?*]|~/?(?:\s|\Z|\w)|\.{1,2}/|\.(?:\s|\Z)|\*|\$[\w({@]|[<>|;&`]|[\w.+-]+\s*[|;>]|[\"']?(?:https?|ftp|file)://|"
    rb"\d{1,3}(?:\.\d{1,3}){3}|\w+=|/\w+\s*(?:\Z|[;|&])|\S+\.(?:sh|txt|conf|cfg|log|py|pl|php|yml|xml|ini)\b|@\S|\{|\+\w)"
)
_NUMBER = re.compile(rb"\s+\d+\s*(?:\Z|[;|&)`#])")
_STRICT = re.compile(
    rb"\s+(?:-{1,2}[A-Za-z]{1,3}(?:\s|\Z)|--[a-z]{2,}|"
    + _ROOTS
    + rb"|[\"']?(?:https?|ftp)://|\$\(|`|\$\{?[A-Z]{3,}|~/\.?\w|\.{2}/|[|;>]|\d{1,3}(?:\.\d{1,3}){3}|\S+\s*[|;]\s*\w|\w+-[\w-]+\Z|-c\b|-e\b)"
)
_END = re.compile(rb"\s*(?:\Z|[;|&<>`)}#\n]|\|\||2>)")

_COMMAND = re.compile(
    rb"(\A|[;|&\n\r`]|\$\(|[<>]\()"
    rb"([\s!({@]{0,12}+(?:(?:\w{1,12}=[^\s;|&]{0,40}|sudo|time|nohup|exec|command|env|nice|busybox|eval|then|do|else|if|while|xargs|setsid)\s{1,4}[!({@]{0,4}){0,6})"
    rb"((?:\.{0,2}/)?(?:[\w.*?-]{1,32}/){0,8})"
    rb"([A-Za-z0-9_][\w.-]{0,30}|\[(?=\s))",
)

_ALWAYS = re.compile(
    rb"""(?isx)
      \$\{?IFS\b | \A \s* \(\) \s* \{ | \(\) \s* \{ \s* (?: : | _ | \w{1,10} ; ) | /dev/(?:tcp|udp)/ | :\(\)\{ | (?:\A|\W) bash \s+ -[ic]\b
    | (?:/(?:usr/|local/)*s?bin|/system/bin) / (?:ba|da|z|k|c|tc|a|fi)?sh\b
    | (?:\A|[\s;|&`'"=(>/]) (?:usr/(?:local/)?)?s?bin/(?:id|ls|cat|ps|nc|wget|curl|perl|python\d?|ruby|php|bash|sh|chmod|uname|whoami|ping|env|echo|sleep|tftp|telnet|gcc|cc|chef|kill|rm|cp|mv|df|find|which|w|who|nmap|id|awk|sed|tar|ssh|mail|netcat|touch|dd|base64|head|tail|sort|date|more|less)\b
    | (?:/ [\w*?\[\]!^-]* [?*\[] [\w*?\[\]!^-]*){2,}
    | /(?:etc|bin|usr|proc|var)/ \S{0,40} (?: \w\? | \?\w | \w\[[\w!^-]+\] | \[[!^]?[\w-]+\]\w | \w\*\w | \w['"\\]\w )
    | \{ [\w./-]{0,20} , (?:-[a-z]|/|[\w./-]+,) [^{}\s]{0,60} \} (?:s\b|\Z|\s*[;|&])
    | \{ (?:cat|ls|id|wget|curl|nc|bash|sh|ping|echo|ip|ifconfig|uname) , [^{}\s]{0,60} \}
    | \A (?:!-\d+)+ \Z | \A ~[+-] \Z | <<< \s*\S
    | \b (?:echo|printf|print) \s+ (?:-\w+\s+)? ["']? \$ (?:\{?[A-Z_]{2,}|\(\(|\{\w|\(|[?$#@*0-9]) | \$\{ [A-Z_a-z]+ (?: [:#%/^,@] | \[ ) [^}]{0,40} \}
    | \$\(\( | \$\[ \s* \d | \$\( \s* (?:\$|\(|<|[a-z]+\s+[^)\s]) | \$\{ (?:cmd|command|path|home|shell|user|ifs|pwd|hostname|bash\w*|\#) \}
    | (?:>|2>|&>|>>) \s* (?:/dev/null|/tmp/|/var/|&\s*[12]) | \b0<&\d | >& \s* /
    | \| \s* (?:/bin/)?(?:ba|z|da)?sh (?:\Z|\s) | \b base64 \s+ (?:-d|-D|--decode)
    | \b (?:mkfifo|mknod) \s | \b (?:python[23]?|perl|ruby|php|node|lua)\d? \s+ -(?:c|e|r|rsocket\S*) \b
    | \b alias \s+ (?:[+-]\w\S*\s+)? \+? \w* \+? \s* \w+ = | (?:\A|;) \s* trap \s
    | < !-- \s* \# \s* (?:exec|include|echo|printenv|config|set|if|fsize|flastmod)\b | <esi:(?:include|inline|debug|vars)
    | \A \s* \.(?:system|shell|open|import|output|excel|once|load|read|save|restore|clone|archive|log)\b \s+ \S | \b(?:process\.spawn|io\.popen|kernel\.(?:exec|system|spawn|open|fork)|open3\.(?:capture|popen|pipeline)\w*)\b | %x[({\[|] | @\{ \s* \[ \s* (?:system|exec|open|eval|print|`) | \bsystem\s+['"(]\w | \bopen\(\s*['"]?\s*\| | \b(?:os\.(?:system|popen|exec[lv]p?e?|spawn\w*|environ)|subprocess\.(?:popen|call|run|check_output|check_call)|commands\.getoutput|__import__|pty\.spawn)\b
    | \bchmod \s+ (?:[0-7]{3,4}|[ugoa]*[+-][rwxst]+)\b | \brm \s+ -(?:r|f|rf|fr)\b | \bcat \s* < \s* /
    | \buname \s+ -[a-z]\b | \bifconfig \s+ -?\w+\b | \bcat \s+ """ + _ROOTS + rb"""
    | (?:\A|[\s;|&=]) /etc/(?:passwd|shadow|group|hosts|sudoers|issue|crontab|fstab|motd|ssh/|master\.passwd|pam\.d|apache2|nginx|httpd|mysql|php|init\.d|profile|resolv\.conf|\w+-?) (?:\W|\Z)
    """
)  # fmt: skip


def plain(value: bytes) -> bytes:
    """The value as a shell would have it after its expansions of nothing."""
    value = _IFS.sub(b" ", value)
    if b"$" in value or b"``" in value:
        value = _EMPTY.sub(b"", value)
    if b"[" in value:
        value = _CLASS.sub(rb"\1", value)
    return value.translate(None, b"'\"\\")


def find_form(data: bytes) -> Span | None:
    """What no one but a shell needs, whatever the command: expansions, redirections, paths of programs."""
    found = _ALWAYS.search(data[:LIMIT])
    return None if found is None else Span(found.start(), found.end())


def find_command(data: bytes) -> Span | None:
    """The name of a command where a shell would begin one."""
    data = data[:LIMIT]
    value = plain(data)
    if value != data and (found := _ALWAYS.search(value)) is not None:
        return Span(0, len(data), (found[0],))
    for found in _COMMAND.finditer(value):
        if _command(value, found):
            if value == data:
                return Span(found.start(), found.end())
            return Span(0, len(data), (found[0],))
    return None


def _command(value: bytes, found: re.Match[bytes]) -> bool:
    separator, _, path, name = found.groups()
    if not name.islower() and not name.isdigit():
        return False  # a sentence's first word; these systems tell cases apart
    at = found.end()
    known = name in UNIX
    word = not known and name in UNIX_WORDS
    if not (known or word):
        return False
    if path and b"bin/" in path:
        return True
    if path and not path.startswith((b"/", b".")):
        return False
    if not separator and name in OPERATORS and value[at : at + 1].isspace():
        return True
    if not separator:
        return _STRICT.match(value, at) is not None and name not in PROSE
    if separator == b"`":
        start = found.start()
        inside = start < 3 or not value[start - 1 : start].isspace()  # `code` in a text stands behind a space
        return inside and value.find(b"`", at) >= 0 and (known or _END.match(value, at) is not None)
    if _ARGUMENT.match(value, at):
        return not (separator == b"&" and name in PROSE and _STRICT.match(value, at) is None)
    if name in PROSE:
        return name == b"sleep" and _NUMBER.match(value, at) is not None
    if separator in (b"\n", b"\r"):
        return (known or (len(value) < 40 and b" " not in value)) and _END.match(value, at) is not None
    if known:
        return value[at : at + 1] in (
            b"",
            b" ",
            b"\t",
            b"\n",
            b";",
            b"|",
            b"&",
            b"<",
            b">",
            b"`",
            b")",
            b"}",
            b"$",
            b"#",
            b"\r",
            b",",
            b"+",
        )
    return _END.match(value, at) is not None or _NUMBER.match(value, at) is not None


COMMAND_PATTERNS = (
    r"[;|`][\s!({@]*[\w./'\"\\$*?\[~]",
    r"&[\s!({@]*[\w./'\"\\$*?\[~-]+(?:[^\w./'\"\\$*?\[~=-]|$)",
    r"[\n\r]\s*[\w./]+\s+[-/~$*|<>;&]|[\n\r]\s*[\w./]+\s*(?:$|[;|&])",
    r"[$<>]\([\s({]*[\w/.'\"\\]",
    r"^[\s('\"]*[\w./~-]+\s+(?:-|[/~$*.<>|\"'\\`]|\d{1,3}\.\d|[hf]t?tps?://|\w[\w.]*\s*[|;]|\w+-)",
    *(rf"(?i)^\s*(?:{names})\s" for names in chunks(OPERATORS)),
    r"^[\s('\"]*[\w./]*['\"\\$?*\[][\w$'\"\\@*?/\]{]+[\w.?*\[\]'\"\\$]*[\s/]",
)

FORM_PATTERNS = (
    r"[$<>]\(|``|[;|&`]\s*\$",
    r"(?i)\$\{?IFS|\(\)\s*\{|/dev/(?:tcp|udp)/|:\(\)",
    r"(?i)\b(?:s?bin|etc|proc|var|usr)/[\w*?\[\\'\"]",
    r"/[\w*?\[\]!^-]*[?*\[][\w*?\[\]!^-]*/",
    r"\{[\w./-]*,[^{}\s]*\}",
    r"^(?:!-\d)+|^~[+-]$|<<<|[12&]>|>\s*/(?:dev|tmp|var)|<!--\s*#|<esi:",
    r"(?i)\b(?:echo|printf|print)\s+[-\"'$]|\$\{\w+[:#%/^,@\[}]|\$\(\(|\$\[",
    r"(?i)^\s*\.(?:system|shell|open|import|output|excel|once|load|read|save|restore|clone|archive|log)\s",
    r"(?i)process\.spawn|popen|kernel\.(?:exec|system|spawn|open|fork)|open3\.|%x[({\x5b|]|@\{\s*\[|\bsystem\s+['\"(]|\bopen\(['\"|]|\bos\.(?:system|exec|spawn|environ)|subprocess\.|getoutput|__import__|pty\.spawn",
    r"(?i)\balias\s+\S+=|\balias\s+[+-]|\bcat\s*[</]|\bchmod\s|\brm\s+-|\bmk(?:fifo|nod)\s|\bbase64\s+-|\buname\s+-|\bifconfig\s|\btrap\s|\bbash\s+-|\|\s*(?:/bin/)?(?:ba|z|da)?sh\b|\b(?:python[23]?|perl|ruby|php|node|lua)\s+-",
)

COMMAND = Detector(name="unix-command", find=find_command, patterns=COMMAND_PATTERNS)
FORM = Detector(name="unix-shell-form", find=find_form, patterns=FORM_PATTERNS)
