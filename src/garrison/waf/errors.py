"""What AWS WAF says of rules that will not do.

Message form and the texts marked so are recorded from answers of AWS (reports in public issue trackers); the others say
the same in its manner.
"""

from __future__ import annotations

from garrison.aws.errors import AwsError

EXACTLY_ONE = "You have used none or multiple values for a field that requires exactly one value."  # recorded
TOO_LITTLE = (  # recorded
    "You haven't met a minimum requirement for a threshold setting. Examples include a rule group capacity setting "
    "that's too low and an OR statement with only one nested statement."
)
BAD_FORMAT = "The parameter contains formatting that is not valid."  # recorded
BAD_REFERENCE = "A reference in your rule statement is not valid."  # recorded
BAD_SCOPE = "The scope is not valid."  # recorded
BAD_ARN = (  # recorded
    "The ARN isn't valid. A valid ARN begins with arn: and includes other information separated by colons or slashes."
)
DUPLICATE = "Your request contains a value that must be unique and isn't."
NOT_NESTABLE = "The statement can't be nested in another statement."
TOO_MANY = "You have exceeded the maximum number of values for the setting."


def invalid(field: str, parameter: str, reason: str) -> AwsError:
    """WAFInvalidParameterException: `field` is of the API's ParameterExceptionField, `parameter` what was given."""
    parameter = parameter or "-"  # the model wants a character at least
    return AwsError(
        "WAFInvalidParameterException",
        f"Error reason: {reason}, field: {field}, parameter: {parameter}",
        fields={"Field": field, "Parameter": parameter, "Reason": reason},
    )


def limits_exceeded(message: str, source: str = "") -> AwsError:
    """WAFLimitsExceededException."""
    return AwsError("WAFLimitsExceededException", message, fields={"SourceType": source} if source else None)


def nonexistent(
    message: str = "AWS WAF couldn’t perform the operation because your resource doesn’t exist.",
) -> AwsError:
    """WAFNonexistentItemException."""
    return AwsError("WAFNonexistentItemException", message)


def no_payments() -> AwsError:
    """For the Monetize action, which Garrison does not run."""
    return AwsError(
        "WAFFeatureNotIncludedInPricingPlanException",
        "Garrison does not run the Monetize action: it takes no payments.",
        fields={"DisallowedFeatures": [{"Feature": "Monetize"}]},
    )


class MissingExtra(RuntimeError):
    """A package of the `waf` extra is needed and not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(f"This needs the package {package}: pip install 'garrison[waf]'.")
