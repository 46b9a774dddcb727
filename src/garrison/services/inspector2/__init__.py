"""Inspector: every module with operations, imported so that they are registered."""

from garrison.services.inspector2 import (
    accounts,
    aggregations,
    code,
    configuration,
    coverage,
    encryption_keys,
    filters,
    findings,
    inventories,
    located,
    members,
    reports,
    tags,
    upkeep,
    usage,
    vulnerabilities,
)
from garrison.services.inspector2.cis import configurations, report, results, scans, sessions
from garrison.services.operation import unsupported

unsupported(
    "inspector2",
    (
        "CreateConnector",
        "DeleteConnector",
        "ListConnectorScanConfigurations",
        "ListConnectors",
        "UpdateConnector",
        "UpdateConnectorScanConfiguration",
    ),
    "connectors lead to Azure and GCP, which are not here; tell of their machines with garrison:PutResourceInventory",
)
unsupported(
    "inspector2",
    ("GetOnDemandScanStatus", "ListOnDemandScans", "StartOnDemandScan"),
    "there are no machine images here; tell of an unpacked one with garrison inspector put --host",
)
unsupported(
    "inspector2",
    (
        "BatchAssociateCodeSecurityScanConfiguration",
        "BatchDisassociateCodeSecurityScanConfiguration",
        "CreateCodeSecurityIntegration",
        "CreateCodeSecurityScanConfiguration",
        "DeleteCodeSecurityIntegration",
        "DeleteCodeSecurityScanConfiguration",
        "GetCodeSecurityIntegration",
        "GetCodeSecurityScan",
        "GetCodeSecurityScanConfiguration",
        "ListCodeSecurityIntegrations",
        "ListCodeSecurityScanConfigurationAssociations",
        "ListCodeSecurityScanConfigurations",
        "StartCodeSecurityScan",
        "UpdateCodeSecurityIntegration",
        "UpdateCodeSecurityScanConfiguration",
    ),
    "they lead to GitHub and GitLab; scan code in its pipeline with garrison inspector put --code",
)
unsupported("inspector2", ("GetClustersForImage",), "there are no ECS or EKS clusters here that could run an image")

__all__ = [
    "accounts",
    "aggregations",
    "code",
    "configuration",
    "configurations",
    "coverage",
    "encryption_keys",
    "filters",
    "findings",
    "inventories",
    "located",
    "members",
    "report",
    "reports",
    "results",
    "scans",
    "sessions",
    "tags",
    "upkeep",
    "usage",
    "vulnerabilities",
]
