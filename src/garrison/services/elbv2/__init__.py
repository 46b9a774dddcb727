"""Elastic Load Balancing: every module with operations, imported so that they are registered."""

from garrison.services.elbv2 import (
    attributes,
    listeners,
    load_balancers,
    located,
    quotas,
    rules,
    site,
    ssl_policies,
    tagged,
    tags,
    target_groups,
    targets,
)
from garrison.services.operation import unsupported

unsupported(
    "elbv2",
    (
        "AddTrustStoreRevocations",
        "CreateTrustStore",
        "DeleteSharedTrustStoreAssociation",
        "DeleteTrustStore",
        "DescribeTrustStoreAssociations",
        "DescribeTrustStoreRevocations",
        "DescribeTrustStores",
        "GetResourcePolicy",
        "GetTrustStoreCaCertificatesBundle",
        "GetTrustStoreRevocationContent",
        "ModifyTrustStore",
        "RemoveTrustStoreRevocations",
    ),
    "listeners take no client certificates",
)
unsupported(
    "elbv2",
    ("DescribeCapacityReservation", "ModifyCapacityReservation"),
    "one machine has the capacity it has",
)
unsupported("elbv2", ("ModifyIpPools",), "there are no IPAM pools: listeners have an address of this machine")

__all__ = [
    "attributes",
    "listeners",
    "load_balancers",
    "located",
    "quotas",
    "rules",
    "site",
    "ssl_policies",
    "tagged",
    "tags",
    "target_groups",
    "targets",
]
