"""Cross-site scripting: a value that runs script in a page it is put into.

Four places it can land in, each read in its own way: between tags (`html`), inside a quoted or bare attribute, inside a
script (`javascript`), and where a URL is expected. Mark-up without behaviour - `<b>`, links, pictures - is left alone,
as is prose about programming.
"""

from __future__ import annotations

import re

from garrison.waf.detectors.html import Tag, tags
from garrison.waf.detectors.javascript import code, scheme, script_url, uncommented
from garrison.waf.rule_group import Detector, Span

RUNNING = frozenset(
    [
        "script",
        "style",
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "base",
        "link",
        "meta",
        "svg",
        "math",
        "isindex",
        "xml",
        "layer",
        "ilayer",
        "bgsound",
        "import",
        "vmlframe",
        "animate",
        "animatetransform",
        "animatemotion",
        "set",
        "handler",
        "html",
        "body",
        "head",
        "foreignobject",
        "portal",
        "noscript",
        "noembed",
        "noframes",
        "plaintext",
        "listing",
        "xmp",
        "scriptlet",
        "image",
        "comment",
    ]
)
"""Elements that run, load or restyle by themselves, and those that end the page's own."""

ENDING = frozenset(
    [
        "/script",
        "/style",
        "/title",
        "/textarea",
        "/noscript",
        "/template",
        "/iframe",
        "/select",
        "/option",
        "/xmp",
        "/noembed",
        "/svg",
        "/math",
    ]
)

_LINKS = frozenset(
    b"href src action formaction xlink:href data background poster lowsrc dynsrc from to values code codebase cite "
    b"classid usemap longdesc profile archive manifest ping content by value".split()
)

_ALWAYS = frozenset(b"srcdoc datasrc datafld dataformatas formaction fscommand seeksegmenttime".split())

_EVENT = re.compile(rb"on[a-z]{3,30}\Z")

_STYLE = re.compile(
    rb"(?i)expression\s*\(|(?:java|vb)script\s*:|-moz-binding|behaviou?r\s*:|@import|url\s*\(\s*['\"]?\s*(?:data:text|data:image/svg|javascript|vbscript|//)"
    rb"|[=:]\s*exp/\*|expres\w*/\*|background-image\s*:\s*\w*'"
)

_EVENTS = (
    rb"(?:abort|activate|after\w+|animation\w+|auxclick|before\w+|begin|blur|bounce|cancel|canplay\w*|change|click|close|contextmenu|copy|cuechange|cut|"
    rb"dblclick|drag\w*|drop|durationchange|emptied|end|ended|error|finish|focus\w*|formdata|fullscreenchange|gotpointercapture|hashchange|input|invalid|"
    rb"key(?:down|press|up)|load\w*|lostpointercapture|message\w*|mouse\w+|mspointer\w+|offline|online|page(?:hide|show)|paste|pause|play\w*|pointer\w+|popstate|"
    rb"progress|propertychange|ratechange|readystatechange|repeat|reset|resize|scroll\w*|search|securitypolicyviolation|seek\w+|select\w*|show|slotchange|"
    rb"stalled|start|storage|submit|suspend|timeupdate|toggle|touch\w+|transition\w+|unhandledrejection|unload|volumechange|waiting|webkit\w+|wheel)"
)

_ATTRIBUTE = re.compile(
    rb"(?i)(?:^|[\s/+\"'`;>&.])on" + _EVENTS + rb"[\s\x00/+]*=[\s\x00+]*(?:[^\s<>,.]|\Z)"
    rb"|[\"'`][\s\x00/+;]*(?:on[a-z]{4,30}|formaction|xlink:href|srcdoc)[\s\x00]*="
    rb"|[\"'`>][\s/+]*style[\s\x00]*=[\s\x00]*[\"'`]?[^\"'`>]{0,200}?(?:expression|javascript|behavior|binding|import|url)"
    rb"|:\s*(?:e/\*[^*]*\*/)?expression\s*\("
    rb"|^[^<>]{0,80}[\"'`]\s*/?>\s*(?:<|\w[^<]{0,40}</)"
    rb"|(?:^|[\s\"'])(?:src|href|data|action)\s*=\s*[\"'`]?\s*(?:javascript|vbscript|data:text)\s*:?"
    rb"|@import\s*['\"(u]|&\{[^}]{1,200}\}|@import|exp/\*|<!\[CDATA\["
    rb"|\bfscommand\s*=|\bseeksegmenttime\s*="
)
_BREAK = re.compile(rb"(?i)^[^<>]{0,200}?[\"'`]\s*/?>\s*<\s*[/!a-z]")


_COMMON_EVENTS = (
    rb"click|load|change|error|submit|focus|blur|input|select|play|pause|open|close|message|reset|show|start|end|search|copy|"
    rb"cut|paste|drag|drop|scroll|resize|online|offline|toggle|progress|abort|cancel|repeat|finish|storage|invalid|begin"
)
_LONE_EVENT = re.compile(rb"(?i)\A\W{0,3}on(?!(?:" + _COMMON_EVENTS + rb")\b)" + _EVENTS + rb"\W{0,3}\Z")
"""A handler's name alone: someone tries which of them gets through. The usual ones are also names of events."""

_CHARSET = re.compile(rb"(?i)charset\s*=\s*[\"']?utf-?7\b")


def find(data: bytes) -> Span | None:
    """Cross-site scripting in a value."""
    if b"<" in data:
        for tag in tags(data):
            if _runs(tag, data):
                return Span(tag.start, tag.end)
        if _BREAK.match(data) is not None:
            return Span(0, len(data))
    if (found := _ATTRIBUTE.search(data)) is not None:
        return Span(found.start(), found.end())
    if b"/*" in data and (found := _ATTRIBUTE.search(uncommented(data))) is not None:
        return Span(0, len(data), (found[0],))
    if (found := _LONE_EVENT.match(data)) is not None:
        return Span(0, len(data))
    if (found := _CHARSET.search(data)) is not None:
        return Span(found.start(), found.end())
    return script_url(data) or code(data)


def _runs(tag: Tag, data: bytes) -> bool:
    name = tag.name
    if (
        name in RUNNING
        or name in ENDING
        or name.startswith(("script", "!entity", "![endif", "!--[if", "?import", "!element", "!attlist", "?xml-style"))
    ):
        return True
    if name.startswith("!--"):
        return "[if" in name or b"-->" not in data[tag.start :] or "<script" in name
    for key, text in tag.attributes:
        if (
            key.startswith(b"xmlns")
            or _EVENT.match(key)
            or key in _ALWAYS
            or (key.startswith((b"on", b"xlink:")) and (b"\x0b" in key or b":href" in key))
        ):
            return True
        if key == b"style" and text and (_STYLE.search(text) or (b"/*" in text and _STYLE.search(uncommented(text)))):
            return True
        if key in _LINKS and scheme(text):
            return True
    return False


PATTERNS = (
    r"<[\s/\x00</]*[A-Za-z!?%]",
    r"(?i)\bon[a-z]{3,30}[\s\x00/+]*=|^\W*on[a-z]{4,30}\W*$",
    r"(?i)[\"'`]\s*/?>\s*[<\w]",
    r"(?i)(?:script|mocha)\s*:",
    r"(?i)j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t\s*:",
    r"(?i)data\s*:[^,]{0,40}(?:text/|image/svg|application/|,)",
    r"(?i)\b(?:alert|prompt|confirm|eval|execscript|settimeout|setinterval|setimmediate|importscripts|globaleval)\b\W*(?:[(`)\],;}/.?+'\"<]|call|apply|bind|$)",
    r"(?i)\b(?:window|self|top|parent|frames|this|globalthis|document|content|location)\b[\s)?./*]*\[",
    r"(?i)['\"+](?:al|ev|co|pro|inner|set|from|loc)\w{0,12}['\"][\s\])+]",
    r"(?i)\bdocument\b[\s)?/*]*\.",
    r"(?i)\blocation\b\s*[.=]",
    r"(?i)(?:fromcharcode|fromcodepoint|string\.raw|constructor|innerhtml|outerhtml|insertadjacent|srcdoc|atob|unescape|decodeuri|__proto__|prototype\]|\.cookie)",
    r"(?i)(?:localstorage|sessionstorage|xmlhttprequest|activexobject|wscript|_\$\$nd_func|child_process|process\.|require\s*\(|sendbeacon|\bfetch\s*\(|\breflect\.|\bimport\s*\()",
    r"(?i)\bnew\s+(?:function|image|date|websocket|worker)|\bfunction\s*\(\s*['\"`]|\bthrow\b|\bwith\s*\(",
    r"(?i)\bconsole\s*\.\s*[a-z]|\bwhile\s*\(|\.source\b",
    r"\[\]\[?\(?!\[\]|[\[\]()!+]{20}",
    r"(?i)expression\s*[(/]|exp/\*|\*/\s*pression|fscommand|seeksegmenttime|-moz-binding|&\{|<!\x5b|parentnode|\.\.tostring|\.(?:name|open)\b",
    r"(?i)charset\s*=",
)

DETECTOR = Detector(name="cross-site-scripting", find=find, patterns=PATTERNS, condition_type="XSS")
