"""`LabelMatchStatement`: labels that rules before this one have added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.errors import BAD_FORMAT, invalid
from garrison.waf.statements.node import Located, Node
from garrison.waf.statements.on_field import Params

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

NAME = "LabelMatchStatement"


def compile_statement(params: Params, context: Context) -> Node:
    """A key that does not start with `awswaf:` is of the container the rule is in.

    LABEL: the name, and as many of the namespaces right before it as the key has. NAMESPACE: namespaces in a row,
    anywhere before the name. Source: developer guide, "Label match rule statement".
    """
    key: str = params["Key"]
    prefix = "" if key.startswith("awswaf:") else context.label_prefix
    if params["Scope"] == "LABEL":

        def matches(label: str) -> bool:
            rest = label[len(prefix) :]
            return label.startswith(prefix) and (rest == key or (prefix != "" and rest.endswith(":" + key)))

    else:

        def matches(label: str) -> bool:
            if not prefix:
                return label.startswith(key)
            return label.startswith(prefix) and ":" + key in ":" + label[len(prefix) :]

    whole = prefix == "" and params["Scope"] == "LABEL"

    def test(walk: Walk) -> bool:
        return key in walk.label_set if whole else any(map(matches, walk.labels))

    def locate(walk: Walk) -> list[Located]:
        return [Located("LABEL", "LABEL", "", tuple(label.encode() for label in walk.labels if matches(label)))]

    return Node(test=test, locate=locate)


def weigh(params: Params, context: Context) -> int:
    """1."""
    return 1


def check(params: Params) -> None:
    """A namespace ends with a colon, a label does not."""
    if params["Key"].endswith(":") != (params["Scope"] == "NAMESPACE"):
        raise invalid("LABEL_MATCH_STATEMENT", params["Key"], BAD_FORMAT)
