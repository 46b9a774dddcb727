"""Values computed from all of a call's parameters, for rules to name as `%leadingkeys`.

A function is given the parameters (with those of the element, under `each`) and returns text, a list, or None for
"not known from the parameters".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from garrison.aws.reference import dynamodb_keys, ec2_ids, partiql, s3_copy, waf_rules

DERIVED: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "impliedvolume": ec2_ids.implied_volume,
    "attributes": dynamodb_keys.attributes,
    "leadingkeys": dynamodb_keys.leading_keys,
    "select": dynamodb_keys.select,
    "partiql": partiql.statements,
    "copysource": s3_copy.source,
    "copyversion": s3_copy.version,
    "wafreferences": waf_rules.references,
}
