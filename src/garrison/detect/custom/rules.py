"""The custom detection rules there are: what each finds, and by which SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import msgspec

from garrison.detect.catalogue import RULES, TYPES

SCHEMA, LANGUAGE, SOURCE = "CloudTrail", "SQL", "CloudTrailManagementEvent"
LONGEST = 4096
"""Characters of an expression."""
_HEAD = re.compile(r"^-- rule: (\w+)\n", re.MULTILINE)
_NAMES = re.compile(r"EC2|S3|AMI|DNS|EBS|IAM|RDS|SES|SSH|VPC|MFA|SageMaker|[A-Z][a-z]+|[A-Z]+(?=[A-Z][a-z]|$)")


class CustomRule(msgspec.Struct, frozen=True):
    """One rule."""

    id: str
    """`ec2-user-data-modified`"""
    name: str
    """`EC2UserDataModified`"""
    type: str
    """The finding type it raises."""
    severity: float
    expression: str
    description: str
    title: str = ""
    """Of the findings of a rule of the operator's own."""

    @property
    def level(self) -> str:
        """`CRITICAL`, `HIGH`, `MEDIUM` or `LOW`."""
        return next(word for word, least in _LEVELS if self.severity >= least)

    @property
    def tactic(self) -> str:
        """The ATT&CK tactic: what the type's name begins with."""
        return self.type.partition(":")[0]

    @property
    def service(self) -> str:
        return self.type.partition(":")[2].partition("/")[0]

    @property
    def technique(self) -> str:
        return self.type.partition("/")[2]


def name_of(id: str) -> str:
    """The name of a rule; one of the operator's own goes by its id."""
    found = rules().get(id)
    return id if found is None else found.name


_LEVELS = (("CRITICAL", 9.0), ("HIGH", 7.0), ("MEDIUM", 4.0), ("LOW", 0.0))


@lru_cache(maxsize=1)
def rules() -> Mapping[str, CustomRule]:
    """Every rule, by its id."""
    text = (files("garrison.detect") / "data" / "custom_rules.sql").read_text(encoding="utf-8")
    parts = _HEAD.split(text)
    found = {}
    for name, expression in zip(parts[1::2], parts[2::2], strict=True):
        rule = RULES[name]
        id = "-".join(word.lower() for word in _NAMES.findall(name))
        about = f"{TYPES[rule.type].titled()}. {TYPES[rule.type].why}"
        found[id] = CustomRule(id, name, rule.type, rule.severity, expression.strip(), about)
    return found
