"""Requests as curl command lines, one after the other, with `# expect: block by RULE` before any of them.

What curl adds by itself is added: Host, User-Agent, Accept, Content-Type of data. Options that say how to connect or
what to do with the answer are passed over.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

from garrison.waf.request import Request, Resource
from garrison.waf.trial.case import Case, NotUnderstood, Read, expectation
from garrison.waf.trial.shell import commands
from garrison.waf.trial.url import split_url, without_dots

USER_AGENT = "curl/8.14.1"
_BOUNDARY = "------------------------garrisonwaftestform"

_SHORT = {
    "X": "request", "H": "header", "d": "data", "F": "form", "A": "user-agent", "e": "referer", "b": "cookie",
    "u": "user", "G": "get", "I": "head", "T": "upload-file", "o": "output", "m": "max-time", "x": "proxy",
    "c": "cookie-jar", "w": "write-out", "r": "range", "E": "cert", "K": "config", "D": "dump-header",
    "0": "http1.0",
}  # fmt: skip
_TAKE_VALUE = frozenset(
    {
        "request", "header", "data", "data-raw", "data-ascii", "data-binary", "data-urlencode", "json", "form",
        "form-string", "user-agent", "referer", "cookie", "user", "url", "range", "request-target", "oauth2-bearer",
        "url-query",
    }
)  # fmt: skip
_PASSED_OVER_WITH_VALUE = frozenset(
    {
        "output", "max-time", "proxy", "cookie-jar", "write-out", "cert", "key", "cacert", "capath", "connect-timeout",
        "retry", "retry-delay", "resolve", "connect-to", "interface", "dump-header", "limit-rate", "max-redirs",
        "ciphers", "tls-max", "stderr", "trace", "trace-ascii", "dns-servers", "noproxy", "proxy-user", "proto",
        "retry-max-time", "unix-socket", "local-port",
    }
)  # fmt: skip
_SWITCHES = frozenset({"get", "head", "path-as-is", "http1.0", "http1.1", "http2", "http3", "globoff"})
_PASSED_OVER = re.compile(
    r"(no-)?(compressed|insecure|silent|show-error|verbose|location|location-trusted|include|fail|fail-with-body|"
    r"remote-name|remote-time|no-buffer|http2-prior-knowledge|tlsv1\.\d|tlsv1|ipv4|ipv6|progress-bar|keepalive|"
    r"parallel|anyauth|basic|tcp-nodelay|next|create-dirs|disable|styled-output|progress-meter|ssl-reqd|post30[123]|"
    r"remote-header-name|raw|tr-encoding)$"
)
_PASSED_OVER_SHORT = frozenset("ksSvLifOJNq46#gZ")


def cases(text: str, where: str, resource: Resource, read: Read) -> Iterator[Case]:
    """A case for each command. Raises `NotUnderstood` with the line's number."""
    try:
        found = commands(text)
    except NotUnderstood as e:
        raise NotUnderstood(f"{where}, {e}") from e
    for line, words, comment in found:
        try:
            request = parse(words, resource, read)
            expected = expectation(comment.removeprefix("expect:")) if comment.startswith("expect:") else None
        except NotUnderstood as e:
            raise NotUnderstood(f"{where}, line {line}: {e}") from e
        yield Case(f"{where}:{line}", request, expected)


class _Options:
    """What the options of one command say."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        self.switches: set[str] = set()
        self.urls: list[str] = []
        self.data: list[tuple[str, str]] = []
        self.forms: list[tuple[str, str]] = []

    def take(self, name: str, value: str) -> None:
        if name == "url":
            self.urls.append(value)
        elif name.startswith("data") or name == "json":
            self.data.append((name, value))
        elif name.startswith("form"):
            self.forms.append((name, value))
        else:
            self.values.setdefault(name, []).append(value)

    def last(self, name: str) -> str | None:
        return self.values[name][-1] if name in self.values else None


def parse(words: list[str], resource: Resource, read: Read) -> Request:
    """The request a curl command would send. Raises `NotUnderstood`."""
    if not words or words[0].rpartition("/")[2] != "curl":
        raise NotUnderstood(f"{' '.join(words[:3])!r} is no curl command")
    options = _options(words[1:])
    if len(options.urls) != 1:
        raise NotUnderstood(f"a command has one URL, this one has {len(options.urls)}")
    scheme, authority, target = split_url(options.urls[0])
    if "path-as-is" not in options.switches:
        target = without_dots(target)
    body, content_type = _body(options, read)
    if "get" in options.switches or options.values.get("url-query"):
        more = [body] if "get" in options.switches and body else []
        more += [_encoded(value, read) for value in options.values.get("url-query", ())]
        target += (b"&" if b"?" in target else b"?") + b"&".join(more) if more else b""
        if "get" in options.switches:
            body, content_type = b"", ""
    if (chosen := options.last("request-target")) is not None:
        target = _bytes(chosen)
    method = options.last("request") or ("HEAD" if "head" in options.switches else "POST" if content_type else "GET")
    return Request(
        method=method,
        target=target,
        version=_version(options),
        headers=_headers(options, authority, content_type, len(body)),
        body=body,
        scheme=scheme,
        resource=resource,
    )


def _options(words: list[str]) -> _Options:
    options = _Options()
    rest = iter(words)

    def value_of(name: str) -> str:
        try:
            return next(rest)
        except StopIteration:
            raise NotUnderstood(f"{name} takes a value") from None

    for word in rest:
        if word.startswith("--"):
            name, equals, given = word[2:].partition("=")
            if name in _TAKE_VALUE:
                options.take(name, given if equals else value_of(word))
            elif name in _PASSED_OVER_WITH_VALUE:
                if not equals:
                    value_of(word)
            elif name in _SWITCHES:
                options.switches.add(name)
            elif not _PASSED_OVER.fullmatch(name):
                raise NotUnderstood(f"{word} is not understood")
        elif word.startswith("-") and len(word) > 1:
            _short(word[1:], options, value_of)
        else:
            options.urls.append(word)
    return options


def _short(letters: str, options: _Options, value_of: Callable[[str], str]) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        name = _SHORT.get(letter, "")
        if name in _SWITCHES:
            options.switches.add(name)
        elif name in _TAKE_VALUE or name in _PASSED_OVER_WITH_VALUE:
            value = letters or value_of("-" + letter)
            if name in _TAKE_VALUE:
                options.take(name, value)
            return
        elif letter not in _PASSED_OVER_SHORT:
            raise NotUnderstood(f"-{letter} is not understood")


def _version(options: _Options) -> str:
    for switch, version in (("http1.0", "HTTP/1.0"), ("http2", "HTTP/2.0"), ("http3", "HTTP/3.0")):
        if switch in options.switches:
            return version
    return "HTTP/1.1"


def _headers(options: _Options, authority: bytes, content_type: str, length: int) -> tuple[tuple[bytes, bytes], ...]:
    given: list[tuple[bytes, bytes]] = []
    removed: set[bytes] = set()
    for text in options.values.get("header", ()):
        name, colon, value = text.partition(":")
        if colon and value.strip():
            given.append((_bytes(name.strip()), _bytes(value.strip())))
        elif not colon and name.endswith(";"):
            given.append((_bytes(name[:-1]), b""))
        else:
            removed.add(_bytes(name.strip()).lower())
    names = {name.lower() for name, _ in given} | removed
    own = [(b"Host", authority)]
    if (credentials := options.last("user")) is not None:
        own.append((b"Authorization", b"Basic " + base64.b64encode(_bytes(credentials))))
    if (bearer := options.last("oauth2-bearer")) is not None:
        own.append((b"Authorization", b"Bearer " + _bytes(bearer)))
    own.append((b"User-Agent", _bytes(options.last("user-agent") or USER_AGENT)))
    if options.last("user-agent") == "":
        own.pop()
    json = any(name == "json" for name, _ in options.data)
    own.append((b"Accept", b"application/json" if json else b"*/*"))
    if (referer := options.last("referer")) is not None:
        own.append((b"Referer", _bytes(referer)))
    if cookies := [c for c in options.values.get("cookie", ()) if "=" in c]:
        own.append((b"Cookie", _bytes("; ".join(cookies))))
    if (span := options.last("range")) is not None:
        own.append((b"Range", b"bytes=" + _bytes(span)))
    if content_type:
        own += [(b"Content-Length", str(length).encode()), (b"Content-Type", content_type.encode())]
    return tuple([pair for pair in own if pair[0].lower() not in names] + given)


def _body(options: _Options, read: Read) -> tuple[bytes, str]:
    """(body, content type); no content type where there is no body."""
    if options.forms:
        return _multipart(options.forms, read), f"multipart/form-data; boundary={_BOUNDARY}"
    if not options.data:
        return b"", ""
    json = any(name == "json" for name, _ in options.data)
    parts = []
    for name, value in options.data:
        if name == "data-urlencode":
            parts.append(_encoded(value, read))
        elif value.startswith("@") and name != "data-raw":
            content = read(value[1:])
            parts.append(content if name in ("data-binary", "json") else content.translate(None, b"\r\n\0"))
        else:
            parts.append(_bytes(value))
    body = b"".join(parts) if json else b"&".join(parts)
    return body, "application/json" if json else "application/x-www-form-urlencoded"


def _encoded(value: str, read: Read) -> bytes:
    """A value of --data-urlencode: `content`, `=content`, `name=content`, `@file`, `name@file`."""
    at = min((n for n in (value.find("="), value.find("@")) if n >= 0), default=-1)
    if at < 0:
        return _percent(_bytes(value))
    name, content = value[:at], value[at + 1 :]
    encoded = _percent(read(content) if value[at] == "@" else _bytes(content))
    return _bytes(name) + b"=" + encoded if name else encoded


def _percent(data: bytes) -> bytes:
    kept = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    return b"".join(bytes((byte,)) if byte in kept else b"%%%02X" % byte for byte in data)


def _multipart(forms: list[tuple[str, str]], read: Read) -> bytes:
    parts = []
    for kind, text in forms:
        name, _, value = text.partition("=")
        head = f'Content-Disposition: form-data; name="{name}"'
        content = _bytes(value)
        if kind == "form" and value[:1] in ("@", "<"):
            path, _, attributes = value[1:].partition(";")
            content = read(path)
            if value[0] == "@":
                filename = path.rpartition("/")[2]
                media = "application/octet-stream"
                for attribute in attributes.split(";"):
                    key, _, setting = attribute.strip().partition("=")
                    filename = setting if key == "filename" else filename
                    media = setting if key == "type" else media
                head += f'; filename="{filename}"\r\nContent-Type: {media}'
        parts.append(b"--" + _BOUNDARY.encode() + b"\r\n" + _bytes(head) + b"\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + b"--" + _BOUNDARY.encode() + b"--\r\n"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
