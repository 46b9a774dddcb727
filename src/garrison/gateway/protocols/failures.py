"""Errors of the wire itself: a body that cannot be read, a value of the wrong type, too much nesting."""

from __future__ import annotations

from garrison.aws.errors import AwsError

MAX_DEPTH = 100
"""Deepest nesting taken in any body. A choice of ours; models nest a tenth of it."""


def serialization_error(message: str = "") -> AwsError:
    """What the JSON and CBOR protocols answer."""
    return AwsError("SerializationException", message, status=400)


def malformed_input(message: str = "") -> AwsError:
    """What the query protocol answers."""
    return AwsError("MalformedInput", message, status=400)


def malformed_xml() -> AwsError:
    """What REST-XML services answer."""
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
        status=400,
    )
