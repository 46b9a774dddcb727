"""Data protection: what logs and samples show in place of what a web ACL protects."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from garrison.waf.parts import split_cookies, split_pairs
from garrison.waf.verdict import MatchDetail, RateResult

REDACTED = "REDACTED"

Hide = Callable[[str], str]


def substitute(value: str) -> str:
    """The same for every value."""
    return REDACTED


def digest(value: str) -> str:
    """The same for the same value. AWS does not say which digest it takes."""
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


_HIDE: dict[str, Hide] = {"SUBSTITUTION": substitute, "HASH": digest}


class Protection(msgspec.Struct, frozen=True, eq=False):
    """What to hide, and how."""

    headers: Mapping[str, Hide] = {}
    """By lower-case name."""
    cookies: Mapping[str, Hide] = {}
    arguments: Mapping[str, Hide] = {}
    """By lower-case name."""
    query: Hide | None = None
    path: Hide | None = None
    method: Hide | None = None
    details: Mapping[str, Hide] = {}
    """What match details show of locations and names: keys as `_places` makes them."""
    rates: Mapping[str, Hide] = {}
    """The same of rate-based rules' values."""

    def header(self, name: str, value: str) -> str:
        """A header's value as it may be shown."""
        low = name.lower()
        if (hide := self.headers.get(low)) is not None:
            return hide(value)
        if low == "cookie" and self.cookies:
            pairs = split_cookies([value.encode("latin-1", "replace")])
            shown = []
            for cookie, text in pairs:
                key, content = cookie.decode("latin-1"), text.decode("latin-1")
                hide = self.cookies.get(key)
                shown.append(f"{key}={hide(content) if hide else content}")
            return "; ".join(shown)
        return value

    def query_string(self, query: str) -> str:
        """A query string as it may be shown."""
        if self.query is not None:
            return self.query(query) if query else query
        if not self.arguments:
            return query
        shown = []
        for name, value in split_pairs(query.encode("latin-1", "replace")):
            key, content = name.decode("latin-1"), value.decode("latin-1")
            hide = self.arguments.get(key.lower())
            shown.append(f"{key}={hide(content) if hide else content}")
        return "&".join(shown)

    def detail(self, detail: MatchDetail) -> MatchDetail:
        """A match detail as it may be shown."""
        hide = self.details.get(_place(detail.location, detail.matched_field)) or self.details.get(
            _place(detail.location, "")
        )
        if hide is None:
            return detail
        return msgspec.structs.replace(detail, matched_data=tuple(hide(data) for data in detail.matched_data))

    def rate(self, rate: RateResult) -> RateResult:
        """A rate-based rule's values as they may be shown."""
        if not self.rates:
            return rate
        values = tuple(
            (key, name, hide(value) if (hide := self.rates.get(_place(key, name))) else value)
            for key, name, value in rate.custom_values
        )
        return msgspec.structs.replace(rate, custom_values=values)


NOTHING = Protection()


def protection_of(document: Mapping[str, Any]) -> Protection:
    """The DataProtectionConfig of a web ACL. Source: API reference, DataProtection: for all outputs alike."""
    protections = (document.get("DataProtectionConfig") or {}).get("DataProtections") or ()
    if not protections:
        return NOTHING
    headers: dict[str, Hide] = {}
    cookies: dict[str, Hide] = {}
    arguments: dict[str, Hide] = {}
    details: dict[str, Hide] = {}
    rates: dict[str, Hide] = {}
    query: Hide | None = None
    for protection in protections:
        hide = _HIDE[protection["Action"]]
        kind, keys = protection["Field"]["FieldType"], protection["Field"].get("FieldKeys") or ()
        places: list[tuple[str, str]] = []
        if kind == "SINGLE_HEADER":
            headers.update((key.lower(), hide) for key in keys)
            places = [("HEADER", key) for key in keys]
        elif kind == "SINGLE_COOKIE":
            cookies.update((key, hide) for key in keys)
            places = [("COOKIE", key) for key in keys]
        elif kind == "SINGLE_QUERY_ARGUMENT":
            arguments.update((key.lower(), hide) for key in keys)
            places = [(at, key) for key in keys for at in ("SINGLE_QUERY_ARG", "ALL_QUERY_ARGS", "QUERY_ARGUMENT")]
        elif kind == "QUERY_STRING":
            query = hide
            places = [(at, "") for at in ("QUERY_STRING", "SINGLE_QUERY_ARG", "ALL_QUERY_ARGS")]
        else:
            places = [("BODY", ""), ("UNKNOWN", "")]
        for place in places:
            if not protection.get("ExcludeRuleMatchDetails"):
                details[_place(*place)] = hide
            if not protection.get("ExcludeRateBasedDetails"):
                rates[_place(*place)] = hide
    return Protection(headers, cookies, arguments, query, None, None, details, rates)


def with_redacted(protection: Protection, fields: list[Mapping[str, Any]]) -> Protection:
    """The same with the RedactedFields of one LoggingConfiguration: UriPath, QueryString, SingleHeader, Method."""
    headers = dict(protection.headers)
    query, path, method = protection.query, protection.path, protection.method
    for field in fields:
        if "SingleHeader" in field:
            headers[field["SingleHeader"]["Name"].lower()] = substitute
        elif "QueryString" in field:
            query = substitute
        elif "UriPath" in field:
            path = substitute
        elif "Method" in field:
            method = substitute
    return msgspec.structs.replace(protection, headers=headers, query=query, path=path, method=method)


def _place(location: str, name: str) -> str:
    return f"{location}/{name.lower()}"
