"""JavaScript that does something to whoever runs it: calls of what attackers call, reached by whatever detour.

Comments, string concatenation and white space around punctuation are undone first (`folded`), so that
`top["al"+"ert"]`, `alert/**/(1)` and `(document)["cookie"]` read alike. Words in a sentence are no calls: `alert me
(when back)` has a space and no argument list.
"""

from __future__ import annotations

import re

from garrison.waf.rule_group import Span

LIMIT = 8192

_JOIN = re.compile(rb"(?:\"[\s)]*\+[\s(]*\"|'[\s)]*\+[\s(]*'|`[\s)]*\+[\s(]*`|['\"`]\.concat\(['\"`])")
_SPACE = re.compile(rb"\s{0,8}([()\[\]{}=,;`+])\s{0,8}+")
_PROSE = re.compile(
    rb"(?<!\w)(?:[A-Za-z]{2,40}+\s{1,8}){3}|(?<!\w)\w{2,40}+\s{0,8}[(\[][A-Za-z]{1,40}+ [A-Za-z]|\w \[\w{1,40}\](?: |\Z)"
)


def uncommented(value: bytes) -> bytes:
    """The value without `/* ... */`."""
    kept, position = [], 0
    while (start := value.find(b"/*", position)) >= 0 and (end := value.find(b"*/", start + 2)) >= 0:
        kept.append(value[position:start])
        position = end + 2
    return b"".join((*kept, value[position:])) if position else value


def folded(value: bytes) -> bytes:
    """The value without comments, joints of strings and, unless it reads like a sentence, space around punctuation."""
    if b"/*" in value:
        value = uncommented(value)
    if b"+" in value or b".concat" in value:
        value = _JOIN.sub(b"", value)
    return value if _PROSE.search(value) else _SPACE.sub(rb"\1", value)


_SINK = rb"(?:alert|prompt|confirm|eval|execscript|settimeout|setinterval|setimmediate|importscripts|globaleval)"

_CALL = re.compile(
    rb"""(?ix)
      (?:^|[^\w$]) """ + _SINK + rb""" \)* (?: \?\.)? (?: \((?!s?\)) | ` | \((?=\)) (?<!alert\() | \.?\[? ['"]? (?:call|apply|bind)\b )
    | (?:^|[^\w$]) """ + _SINK + rb""" \(\) (?!\w)
    | [(\[,{?:!~] """ + _SINK + rb""" [)\],}]
    | [=?] (?:alert|prompt|confirm|eval) (?:[;)}<'"`/]|\Z)
    | (?:^|[^\w.-]) (?:window|self|top|parent|frames|this|globalthis|document|content|location) (?:\?\.)? \)* \[ (?:["'`/(+!~]|\w+\])
    | ["'] (?:alert|eval|cookie|constructor|innerhtml|fromcharcode|location|prompt|confirm|settimeout) ["'] \] (?:[([=.`]|\Z)
    | (?:^|[^\w-]) document (?:\)|\?)* \. (?:cookie|domain|write(?:ln)?\b|location|body(?=[.\[=;)]|\Z)|url\b|documenturi|referrer|createelement|getelement|queryselector|forms\b|execcommand|documentelement|defaultview|implementation|head\b|title\s*=)
    | (?:^|[^\w.-]) (?:window|self|top|parent|document|this)? \.? location (?: \. (?:href|hash|search|replace|assign|pathname|protocol|reload)\b | = (?:['"`/]|name\b|document|javascript|url\b|atob|unescape|decodeuri) )
    | (?:^|[^\w]) (?: string \. (?:fromcharcode|raw) | fromcharcode \( | \.fromcodepoint | unescape \( ['"] | decodeuri(?:component)? \( ['"%] | atob (?:\(|`) )
    | constructor (?: ['"\]]* \)* (?:\(|\[|`|\.constructor|\.prototype) | \[ | \.fromcharcode)
    | \. (?:innerhtml|outerhtml|insertadjacenthtml|srcdoc|fromcharcode|cookie) (?:=|\(|\+|;|\)|\Z)
    | (?:local|session)storage (?:\.|\[) | new (?:\s+|/) (?:function|image|xmlhttprequest|activexobject|websocket|worker)\b | activexobject\( | xmlhttprequest\b | wscript\.shell
    | (?:^|[^\w]) function\( ['"`] | \(\)\s*=>\s*\{?[^}]{0,80}""" + _SINK + rb"""
    | (?:window|self|this|top)? \.? onerror= (?:alert|eval|prompt|confirm|\w+;throw) | throw (?:\s|/)* onerror | (?:\{|;) throw\b [^;]{0,60} [='"]
    | __proto__ (?:\]|\[|\.|['"]) | \bprototype \] \[ | constructor \.? \[? prototype
    | _\$\$nd_func\$\$_ | require\( ['"`] (?:child_process|fs|http|https|net|os|vm|path|dgram)\b | process\.(?:binding|mainmodule|exit|env\b|stdout) | child_process | global\.process
    | \breflect\.\w+\( | \bimport\( ['"`] (?:data|https?|//)
    | \bconsole\.(?:log|info|error|dir|warn)\(
    | \bwhile\( (?:1\)|true\)|!|-?infinity|[a-z]+\);|[^)]{0,60}date)
    | (?:^|;|\}) \s* var \s+ \w+ = new \s+ date\(
    | \bdo\{ [^}]{0,80} \} while\(
    | \[\]\[?\(?!\[\] | (?:[\[\]()!+]\s*){30}
    | \b(?:window|self|top|parent)\.(?:name|open|onerror|eval|alert)\b (?!\s+\w) | \[\(?\d+\.\.tostring\( | \.parentnode\b | (?<!\w)\w{1,40}+\.(?:source|name)\s*\+ /\w+/ | \[ /\w+/\.source
    | \b(?:find|filter|some|every|map|foreach|sort|replace|from|reduce|flatmap|findindex)(?:\.call)? [(`] [^)`]{0,40} """ + _SINK + rb"""\b
    | \bfetch\( ['"`] (?:https?:|//|data:) | navigator\.sendbeacon\(
    | \(?_?=? (?:alert|prompt|confirm|eval) \)? , \w+ \(
    | \bset\.constructor | \bwith\( (?:document|window|top|self|location|this)\) | \bexport\s+default | \bsuper\.
    | <script\b
    """
)  # fmt: skip

_URL = re.compile(
    rb"""(?isx)
      (?:java|vb|live|jscript|ecma|wscript) \W{0,3} script \s* : (?! \s*(?:void\s*\(?\s*0\s*\)?;?|;|\#)? \s* \Z ) (?= .{0,300}? (?:[(=`\[<{%]|//|\\|alert|document|eval|prompt|confirm))
    | \b mocha \s* : (?= .{0,80} [(=])
    | \b data \s* : [^,]{0,60}? (?:text/(?:html|xml|javascript|vbscript|x-scriptlet)|image/svg|application/(?:x?html|xml|x?-?javascript|ecmascript|x-shockwave)) [^,]{0,60}? (?:,|base64|<|>)
    | \A \W{0,4} data \s* : \s* (?:, | text/plain [^,]{0,30}, )
    | \b data : text/html \b
    """
)

_STRIP = bytes(range(0x20)) + b"\x7f"


def scheme(value: bytes) -> bool:
    """Whether a URL runs script when it is followed: `javascript:`, `data:text/html`, in any spelling browsers take."""
    bare = value[:400].translate(None, _STRIP + b" \"'`\\").lower()
    return bare.startswith(
        (b"javascript:", b"vbscript:", b"livescript:", b"mocha:", b"jscript:", b"data:text/html", b"data:image/svg",
         b"data:text/xml", b"data:application/x", b"data:,", b"data:;base64", b"feed:javascript", b"feed:data",
         b"view-source:", b"jar:", b"data:text/javascript", b"data:text/x-scriptlet", b"firefoxurl:", b"x-javascript:")
    )  # fmt: skip


def script_url(value: bytes) -> Span | None:
    """A URL of the kind `scheme` tells, wherever it stands in a value."""
    value = value[:LIMIT]
    found = _URL.search(value)
    if found is None and (b"\t" in value or b"\n" in value or b"\x01" in value or b" " in value):
        bare = value[:400].translate(None, _STRIP + b" ")
        found = _URL.match(bare)
        if found is not None:
            return Span(0, len(value))
    return None if found is None else Span(found.start(), found.end())


def code(value: bytes) -> Span | None:
    """A call or an assignment only an attacker has a use for, in a value."""
    value = value[:LIMIT]
    found = _CALL.search(value)
    if found is None:
        shorter = folded(value)
        if shorter != value and (found := _CALL.search(shorter)) is not None:
            return Span(0, len(value), (found[0],))
    return None if found is None else Span(found.start(), found.end())
