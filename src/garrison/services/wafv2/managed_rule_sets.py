"""Rule sets that vendors publish in AWS Marketplace: no account here is a vendor, so nobody has any.

AWS answers an account that is no vendor the same (API reference, ListManagedRuleSets: "This is intended for use only by
vendors of managed rule sets").
"""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.wafv2.scope import scope_of
from garrison.store import Reader, Transaction
from garrison.waf.errors import nonexistent


@operation("wafv2", "ListManagedRuleSets", access="read")
def list_managed_rule_sets(call: Call, reader: Reader) -> dict[str, Any]:
    scope_of(call)
    return {"ManagedRuleSets": []}


@operation("wafv2", "GetManagedRuleSet", access="read")
def get_managed_rule_set(call: Call, reader: Reader) -> dict[str, Any]:
    scope_of(call)
    raise nonexistent()


@operation("wafv2", "PutManagedRuleSetVersions", access="write")
def put_managed_rule_set_versions(call: Call, tx: Transaction) -> dict[str, Any]:
    scope_of(call)
    raise nonexistent()


@operation("wafv2", "UpdateManagedRuleSetVersionExpiryDate", access="write")
def update_managed_rule_set_version_expiry_date(call: Call, tx: Transaction) -> dict[str, Any]:
    scope_of(call)
    raise nonexistent()
