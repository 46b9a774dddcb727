"""`JsonBody`: keys and values of the body read as JSON."""

from __future__ import annotations

from garrison.waf import json_text
from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.fields.oversize import body_exceeds, handled
from garrison.waf.parts import Parts

NAME = "JsonBody"


def compile_field(params: Params) -> Field:
    """All of it or the subtrees of IncludedPaths; where it does not parse, InvalidFallbackBehavior decides.

    Source: developer guide, "JSON body". A body cut at the inspection limit is one that does not parse.
    """
    pointers = [json_text.pointer(path) for path in params["MatchPattern"].get("IncludedPaths") or ("/",)]
    scope = params["MatchScope"]
    fallback = params.get("InvalidFallbackBehavior")

    def extract(parts: Parts) -> Values:
        if not parts.body:
            return False
        root, complete = parts.json
        if not complete and fallback:
            return [parts.body] if fallback == "EVALUATE_AS_STRING" else fallback == "MATCH"
        texts: list[bytes] = []
        for path in pointers:
            keys, values = json_text.keys_and_values(json_text.find(root, path))
            if scope != "VALUE":
                texts += keys
            if scope != "KEY":
                texts += values
        return texts or False

    return Field(
        extract=handled(params, body_exceeds, extract),
        location="UNKNOWN",
        oversize="REQUEST_JSON_BODY",
        exceeds=body_exceeds,
    )
