"""WAF: every module with operations, imported so that they are registered."""

from garrison.services.operation import unsupported
from garrison.services.wafv2 import (
    api_keys,
    associations,
    ip_sets,
    located,
    logging,
    managed_groups,
    managed_rule_sets,
    mitigation,
    permission_policies,
    regex_pattern_sets,
    rule_groups,
    seen,
    tags,
    web_acls,
)

unsupported(
    "wafv2",
    (
        "GetRevenueStatistics",
        "GetRevenueStatisticsSummary",
        "GetRevenueStatisticsTimeSeries",
        "ListSettlementRecords",
    ),
    "nobody pays for requests here, so there is no revenue to tell",
)
unsupported(
    "wafv2",
    ("GenerateMobileSdkReleaseUrl", "GetMobileSdkRelease", "ListMobileSdkReleases"),
    "the mobile SDK is AWS's own software and is not part of this",
)
__all__ = [
    "api_keys",
    "associations",
    "ip_sets",
    "located",
    "logging",
    "managed_groups",
    "managed_rule_sets",
    "mitigation",
    "permission_policies",
    "regex_pattern_sets",
    "rule_groups",
    "seen",
    "tags",
    "web_acls",
]
