"""How Organizations words broken constraints: one sentence, and a reason among the members of its error.

The texts for patterns and enumerations are the service's own, known from public reports; the others are made of what
the API reference says of each reason of `InvalidInputException`.
"""

from __future__ import annotations

from garrison.aws.errors import AwsError

_WORDED = (
    ("Member must not be null", "INPUT_REQUIRED", "You must include a value for all required parameters."),
    (
        "Member must satisfy regular expression pattern",
        "INVALID_PATTERN",
        "You provided a value that does not match the required pattern.",
    ),
    ("Member must satisfy enum value set", "INVALID_ENUM", "You specified an invalid value."),
    (
        "Member must have length less",
        "MAX_LENGTH_EXCEEDED",
        "You provided a string parameter that is longer than allowed.",
    ),
    (
        "Member must have length greater",
        "MIN_LENGTH_EXCEEDED",
        "You provided a string parameter that is shorter than allowed.",
    ),
    (
        "Member must have value less",
        "MAX_VALUE_EXCEEDED",
        "You provided a numeric parameter that has a larger value than allowed.",
    ),
    (
        "Member must have value greater",
        "MIN_VALUE_EXCEEDED",
        "You provided a numeric parameter that has a smaller value than allowed.",
    ),
)


def invalid_input(code: str, constraint: str) -> AwsError:
    """The error for the first constraint that is broken."""
    for start, reason, text in _WORDED:
        if constraint.startswith(start):
            if reason == "INVALID_ENUM" and "SERVICE_CONTROL_POLICY" in constraint:
                reason = "INVALID_ENUM_POLICY_TYPE"
            return AwsError(code, text, status=400, fields={"Reason": reason})
    return AwsError(code, "You specified an invalid value.", status=400, fields={"Reason": "INVALID_LIST_MEMBER"})
