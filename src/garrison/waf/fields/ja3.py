"""`JA3Fingerprint`: the fingerprint of the client's TLS hello."""

from __future__ import annotations

from garrison.waf.fields.field import Field, Params, Values
from garrison.waf.parts import Parts

NAME = "JA3Fingerprint"


def compile_field(params: Params) -> Field:
    """Where there is none (plain HTTP, for instance), FallbackBehavior decides."""
    settled = params["FallbackBehavior"] == "MATCH"

    def extract(parts: Parts) -> Values:
        fingerprint = parts.request.ja3
        return [fingerprint.encode()] if fingerprint else settled

    return Field(extract=extract, location="JA3_FINGERPRINT")
