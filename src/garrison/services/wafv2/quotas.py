"""Quotas per account, Region and scope. Source: developer guide, "AWS WAF quotas"."""

from __future__ import annotations

WEB_ACLS = 100
RULE_GROUPS = 100
IP_SETS = 100
REGEX_PATTERN_SETS = 10
RESOURCES_PER_WEB_ACL = 100
"""Load balancers one web ACL may protect."""
LOG_DESTINATIONS = 1
API_KEYS = 5_000
"""A guess: no documentation of a quota was found."""
