"""What a rate-based rule counts by: the custom keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.plan import chain_of
from garrison.waf.statements.forwarded import Forwarded
from garrison.waf.statements.on_field import Params

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

Take = Callable[["Walk"], bytes | None]
"""The key's value in a request; None: it has none, and the request is outside of the rule."""


class Key:
    """One custom key."""

    __slots__ = ("kind", "name", "take")

    def __init__(self, kind: str, name: str, take: Take) -> None:
        self.kind = kind
        """As the log's customValues have it."""
        self.name = name
        self.take = take


LOG_NAMES = {
    "Header": "HEADER",
    "Cookie": "COOKIE",
    "QueryArgument": "QUERY_ARGUMENT",
    "QueryString": "QUERY_STRING",
    "HTTPMethod": "HTTP_METHOD",
    "ForwardedIP": "FORWARDED_IP",
    "IP": "IP",
    "LabelNamespace": "LABEL_NAMESPACE",
    "UriPath": "URI_PATH",
    "JA3Fingerprint": "JA3_FINGERPRINT",
    "JA4Fingerprint": "JA4_FINGERPRINT",
    "ASN": "ASN",
}


def key_of(custom: Params, forwarded: Params | None, context: Context) -> Key:
    """A RateBasedStatementCustomKey with exactly one member."""
    ((kind, params),) = custom.items()
    name = params.get("Name") or params.get("Namespace") or ""
    return Key(LOG_NAMES[kind], name, _MAKERS[kind](params, forwarded or {}, context))


def client(walk: Walk) -> bytes | None:
    """The client's address."""
    address = walk.address()
    return None if address is None else str(address).encode()


def _header(params: Params, forwarded: Params, context: Context) -> Take:
    name, chain = params["Name"].lower().encode(), chain_of(params["TextTransformations"])

    def take(walk: Walk) -> bytes | None:
        values = walk.parts.headers.get(name)
        return _through(chain, values[0]) if values else None

    return take


def _cookie(params: Params, forwarded: Params, context: Context) -> Take:
    name, chain = params["Name"].encode(), chain_of(params["TextTransformations"])

    def take(walk: Walk) -> bytes | None:
        value = next((value for cookie, value in walk.parts.cookies if cookie == name), None)
        return None if value is None else _through(chain, value)

    return take


def _query_argument(params: Params, forwarded: Params, context: Context) -> Take:
    name, chain = params["Name"].encode().lower(), chain_of(params["TextTransformations"])

    def take(walk: Walk) -> bytes | None:
        value = next((value for argument, value in walk.parts.arguments if argument.lower() == name), None)
        return None if value is None else _through(chain, value)

    return take


def _query_string(params: Params, forwarded: Params, context: Context) -> Take:
    chain = chain_of(params["TextTransformations"])
    return lambda walk: None if walk.parts.query is None else _through(chain, walk.parts.query)


def _uri_path(params: Params, forwarded: Params, context: Context) -> Take:
    chain = chain_of(params["TextTransformations"])
    return lambda walk: _through(chain, walk.parts.path)


def _method(params: Params, forwarded: Params, context: Context) -> Take:
    return lambda walk: walk.request.method.encode("utf-8", "replace")


def _client(params: Params, forwarded: Params, context: Context) -> Take:
    return client


def _forwarded(params: Params, forwarded: Params, context: Context) -> Take:
    source = Forwarded(forwarded)

    def take(walk: Walk) -> bytes | None:
        addresses = source.addresses(walk)
        return str(addresses[0]).encode() if addresses else None

    return take


def _labels(params: Params, forwarded: Params, context: Context) -> Take:
    """All labels of the namespace together. Source: API reference: each distinct label name contributes to the key."""
    namespace = params["Namespace"]
    prefix = namespace if namespace.startswith("awswaf:") else context.label_prefix + namespace

    def take(walk: Walk) -> bytes | None:
        names = sorted(label for label in walk.label_set if label.startswith(prefix))
        return ",".join(names).encode() or None

    return take


def _ja3(params: Params, forwarded: Params, context: Context) -> Take:
    fallback = b"-" if params["FallbackBehavior"] == "MATCH" else None
    return lambda walk: walk.request.ja3.encode() or fallback


def _ja4(params: Params, forwarded: Params, context: Context) -> Take:
    fallback = b"-" if params["FallbackBehavior"] == "MATCH" else None
    return lambda walk: walk.request.ja4.encode() or fallback


def _asn(params: Params, forwarded: Params, context: Context) -> Take:
    """Of the forwarded address where the rule has a ForwardedIPConfig (a guess)."""
    source = Forwarded(forwarded) if forwarded else None

    def take(walk: Walk) -> bytes | None:
        if source is None:
            walk.client_asn = asn = walk.location().asn
        else:
            addresses = source.addresses(walk)
            if not addresses:
                return None
            walk.forwarded_asn = asn = walk.locate(str(addresses[0])).asn
        return str(asn).encode() if asn else None

    return take


_MAKERS: dict[str, Callable[[Params, Params, Context], Take]] = {
    "Header": _header,
    "Cookie": _cookie,
    "QueryArgument": _query_argument,
    "QueryString": _query_string,
    "HTTPMethod": _method,
    "ForwardedIP": _forwarded,
    "IP": _client,
    "LabelNamespace": _labels,
    "UriPath": _uri_path,
    "JA3Fingerprint": _ja3,
    "JA4Fingerprint": _ja4,
    "ASN": _asn,
}


def _through(chain: tuple[Callable[[bytes], bytes], ...], value: bytes) -> bytes:
    for step in chain:
        value = step(value)
    return value
