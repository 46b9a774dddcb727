"""Accounts as authorization sees them: an account itself, or one in an organization."""

from __future__ import annotations

from garrison.access.call import Call
from garrison.access.organization import delegation, membership
from garrison.access.resources import Facts, provide_resources
from garrison.aws.reference import Check
from garrison.store import Reader


def account_facts(reader: Reader, call: Call, check: Check) -> Facts:
    """An account that is named is `account/ORGANIZATION/ID` of the management account (service authorization
    reference, `accountInOrganization`); else it is the caller's own."""
    named, organizations = call.params.get("AccountId"), delegation()
    mine = membership(call.runtime, reader, call.account)
    manager = None if organizations is None else organizations.management(reader, call.account)
    if named is None or mine is None or manager is None:
        return Facts(arn=check.resource, account=call.account, exists=True)
    arn = f"arn:{call.partition}:account::{manager}:account/{mine.id}/{named}"
    return Facts(arn=arn, account=call.account, exists=True)


provide_resources("account", account_facts)
