"""Conditions of rules: checked, kept in the API's form, and translated for the edge.

Source: Application Load Balancers guide, "Condition types for listener rules"; ELB API reference, `RuleCondition`.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from garrison.access.call import Call
from garrison.access.sites import Condition
from garrison.services.elbv2 import quotas
from garrison.services.elbv2.errors import validation
from garrison.services.elbv2.patterns import check_expression, expression, wildcards

_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "query-string": "QueryStringConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}
_OLD = ("host-header", "path-pattern")
"""Conditions whose values may stand beside `Field`."""
_ONCE = ("host-header", "path-pattern", "http-request-method", "source-ip")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def checked(call: Call, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conditions in the form answers have them. Raises `ValidationError`."""
    if not given:
        raise validation("A condition must be specified")
    found = [_one(condition) for condition in given]
    fields = [condition["Field"] for condition in found]
    for field in _ONCE:
        if fields.count(field) > 1:
            raise validation(f"Rule cannot contain more than one '{field}' condition")
    count = sum([len(_values(condition)) for condition in found])
    if count > quotas.limit(call, "condition-values-per-alb-rule"):
        raise validation("A rule can only have '5' condition values")
    wild = sum([_wildcards(condition) for condition in found])
    if wild > quotas.limit(call, "condition-wildcards-per-alb-rule"):
        raise validation("A rule can only have '5' condition wildcards")
    return found


def _one(given: dict[str, Any]) -> dict[str, Any]:
    field = given.get("Field")
    if field is None:
        configs = [name for name, member in _CONFIGS.items() if member in given]
        if len(configs) != 1:
            raise validation("A condition field must be specified")
        field = configs[0]
    if field not in _CONFIGS:
        raise validation(f"Condition field '{field}' must be one of '[{', '.join(_CONFIGS)}]'")
    member = _CONFIGS[field]
    if any(other in given for other in _CONFIGS.values() if other != member):
        raise validation(f"Condition field '{field}' cannot be used with the configuration of another")
    config = dict(given.get(member) or {})
    if given.get("Values") or given.get("RegexValues"):
        if field not in _OLD and not (field == "http-header" and given.get("RegexValues")):
            raise validation(f"Condition values of field '{field}' must be specified in {member}")
        if config:
            raise validation("You cannot specify both Values and " + member)
        config = {name: given[name] for name in ("Values", "RegexValues") if given.get(name)}
    if bool(config.get("Values")) == bool(config.get("RegexValues")):
        raise validation("A condition value must be specified")
    _CHECKS[field](config)
    shown = {"Field": field, member: config}
    if field in _OLD and config.get("Values"):
        shown["Values"] = config["Values"]
    return shown


def _check_regexes(config: dict[str, Any]) -> None:
    for value in config.get("RegexValues") or ():
        if not 1 <= len(value) <= 128 or not check_expression(value):
            raise validation(f"The regular expression '{value}' is not valid")


def _check_host(config: dict[str, Any]) -> None:
    _check_regexes(config)
    for value in config.get("Values") or ():
        if not 1 <= len(value) <= 128:
            raise validation(f"The condition value '{value}' must be between 1 and 128 characters")
        if not re.fullmatch(r"[A-Za-z0-9.*?\-_]+", value):
            raise validation(f"The condition value '{value}' contains invalid characters")
        if "." not in value:
            raise validation(f"The condition value '{value}' must contain at least one '.' character")


def _check_path(config: dict[str, Any]) -> None:
    _check_regexes(config)
    for value in config.get("Values") or ():
        if not 1 <= len(value) <= 128:
            raise validation(f"The condition value '{value}' must be between 1 and 128 characters")
        if not re.fullmatch(r"[A-Za-z0-9_\-.$/~\"'@:+&*?\\]+", value):
            raise validation(f"The condition value '{value}' contains invalid characters")


def _check_header(config: dict[str, Any]) -> None:
    _check_regexes(config)
    name = config.get("HttpHeaderName", "")
    if not 1 <= len(name) <= 40 or _TOKEN.fullmatch(name) is None:
        raise validation(f"The header name '{name}' is not valid")
    if name.lower() == "host":
        raise validation("The host header must be specified with a host-header condition")
    for value in config.get("Values") or ():
        if not 1 <= len(value) <= 128:
            raise validation(f"The condition value '{value}' must be between 1 and 128 characters")


def _check_query(config: dict[str, Any]) -> None:
    for pair in config["Values"]:
        if not pair.get("Value"):
            raise validation("A query string condition must have a value")
        if any(len(text) > 128 for text in pair.values()):
            raise validation("A query string condition's key and value cannot be longer than 128 characters")


def _check_method(config: dict[str, Any]) -> None:
    for value in config["Values"]:
        if not re.fullmatch(r"[A-Z\-_]{1,40}", value):
            raise validation(f"The HTTP request method '{value}' is not valid")


def _check_source(config: dict[str, Any]) -> None:
    for value in config["Values"]:
        try:
            ipaddress.ip_network(value)
        except ValueError:
            raise validation(f"The CIDR block '{value}' is not valid") from None
        if "/" not in value or value == "255.255.255.255/32":
            raise validation(f"The CIDR block '{value}' is not valid")


_CHECKS = {
    "host-header": _check_host,
    "path-pattern": _check_path,
    "http-header": _check_header,
    "query-string": _check_query,
    "http-request-method": _check_method,
    "source-ip": _check_source,
}


def _config(condition: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = condition[_CONFIGS[condition["Field"]]]
    return found


def _values(condition: dict[str, Any]) -> list[Any]:
    config = _config(condition)
    found: list[Any] = config.get("Values") or config.get("RegexValues") or []
    return found


def _wildcards(condition: dict[str, Any]) -> int:
    if condition["Field"] in ("http-request-method", "source-ip"):
        return 0
    total = 0
    for value in _config(condition).get("Values") or ():
        texts = value.values() if isinstance(value, dict) else (value,)
        total += sum([wildcards(text) for text in texts])
    return total


def translated(condition: dict[str, Any]) -> Condition:
    """A condition as the edge has it."""
    field = condition["Field"]
    config = _config(condition)
    values: list[Any] = config.get("Values") or []
    regexes = tuple(f"(?:.*?(?:{value}).*)" for value in config.get("RegexValues") or ())
    if field == "path-pattern":
        return Condition("path", tuple([expression(v) for v in values]) + regexes)
    if field == "host-header":
        return Condition("host", tuple([expression(v) for v in values]) + regexes, ignore_case=True)
    if field == "http-header":
        name = config["HttpHeaderName"].lower()
        return Condition("header", tuple([expression(v) for v in values]) + regexes, name, ignore_case=True)
    if field == "query-string":
        return Condition("query", tuple([_pair(v) for v in values]), ignore_case=True)
    if field == "http-request-method":
        return Condition("method", tuple([re.escape(v) for v in values]))
    return Condition("source", networks=tuple(values))


def _pair(pair: dict[str, str]) -> str:
    key = pair.get("Key")
    name = "[^&=]*" if not key else expression(key, any_character="[^&=]")
    value = expression(pair["Value"], any_character="[^&]")
    return f"{name}={value}" if key else f"(?:{name}=)?{value}"
