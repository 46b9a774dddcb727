"""What stands at the edge of an account and what watches it, as it should be or not."""

from __future__ import annotations

import json
from typing import Any

import boto3

from garrison.aws import own
from tests.checks.worlds import Organization, client
from tests.edge.clients import SUBNETS
from tests.edge.waf import rule, visibility
from tests.scan.sources import CRITICAL, osv, since

FEATURES = (
    *("S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "EKS_AUDIT_LOGS", "LAMBDA_NETWORK_LOGS", "EBS_MALWARE_PROTECTION"),
    "RUNTIME_MONITORING",
)
HEALTH = "arn:aws:route53:::healthcheck/0123abcd-0123-4567-89ab-0123456789ab"
HOST = "i-0123456789abcdef0"


def guarded(here: Organization, *, good: bool) -> None:
    """Load balancers, a distribution, web ACLs, Shield, a key, GuardDuty and Inspector."""
    acls = _acls(here, good=good)
    balancer = _balancer(here, good=good)
    distribution = _distribution(here, acls["CLOUDFRONT"] if good else "", good=good)
    client(here.server.url, "wafv2", here.root).associate_web_acl(WebACLArn=acls["REGIONAL"], ResourceArn=balancer)
    if not good:
        elb = client(here.server.url, "elbv2", here.root)
        elb.create_load_balancer(Name="bare", Subnets=SUBNETS)
    _shield(here, balancer, distribution, good=good)
    kms = client(here.server.url, "kms", here.root)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180 if good else 1000)
    _guardduty(here, good=good)
    _inspector(here, good=good)


def _acls(here: Organization, *, good: bool) -> dict[str, str]:
    waf = client(here.server.url, "wafv2", here.root)
    query: dict[str, Any] = {
        "FieldToMatch": {"QueryString": {}}, "TextTransformations": [{"Priority": 0, "Type": "URL_DECODE"}],
    }  # fmt: skip
    blocking = [rule("injection", 1, {"SqliMatchStatement": query}), rule("script", 2, {"XssMatchStatement": query})]
    made = {}
    for scope in ("REGIONAL", "CLOUDFRONT"):
        made[scope] = waf.create_web_acl(
            Name="web", Scope=scope, DefaultAction={"Allow": {}}, VisibilityConfig=visibility("m"),
            Rules=blocking if good else [],
        )["Summary"]["ARN"]  # fmt: skip
        if good:
            logs = {"ResourceArn": made[scope], "LogDestinationConfigs": ["arn:aws:s3:::aws-waf-logs-here"]}
            waf.put_logging_configuration(LoggingConfiguration=logs)
    return made


def _certificate(here: Organization) -> str:
    return f"arn:aws:acm:us-east-1:{here.management}:certificate/12345678-1234-1234-1234-123456789012"


def _balancer(here: Organization, *, good: bool) -> str:
    elb = client(here.server.url, "elbv2", here.root)
    balancer: str = elb.create_load_balancer(Name="web", Subnets=SUBNETS)["LoadBalancers"][0]["LoadBalancerArn"]
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    to = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    action = {"Type": "redirect", "RedirectConfig": to} if good else fixed
    elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[action])
    policy = {"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"} if good else {}
    elb.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTPS", Port=443, DefaultActions=[fixed],
        Certificates=[{"CertificateArn": _certificate(here)}], **policy,
    )  # fmt: skip
    return balancer


def _distribution(here: Organization, acl: str, *, good: bool) -> str:
    origin = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
    origins = [{"Id": "app", "DomainName": "app.example.com", "CustomOriginConfig": origin}]
    behaviour: dict[str, Any] = {
        "TargetOriginId": "app", "ViewerProtocolPolicy": "redirect-to-https" if good else "allow-all", "MinTTL": 0,
        "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "none"}},
    }  # fmt: skip
    shown = {"ACMCertificateArn": _certificate(here), "SSLSupportMethod": "sni-only"}
    newest = {"ViewerCertificate": {**shown, "MinimumProtocolVersion": "TLSv1.2_2021"}} if good else {}
    made = client(here.server.url, "cloudfront", here.root).create_distribution(
        DistributionConfig={
            "CallerReference": "one", "Comment": "", "Enabled": True, "DefaultCacheBehavior": behaviour,
            "Origins": {"Quantity": 1, "Items": origins}, "WebACLId": acl, **newest,
        }
    )  # fmt: skip
    arn: str = made["Distribution"]["ARN"]
    return arn


def _shield(here: Organization, balancer: str, distribution: str, *, good: bool) -> None:
    shield = client(here.server.url, "shield", here.root)
    shield.create_subscription()
    address = f"arn:aws:ec2:us-east-1:{here.management}:eip-allocation/eipalloc-0123456789abcdef0"
    for n, arn in enumerate((balancer, distribution) if good else (address,)):
        id = shield.create_protection(Name=f"p{n}", ResourceArn=arn)["ProtectionId"]
        if good:
            shield.associate_health_check(ProtectionId=id, HealthCheckArn=HEALTH)


def _guardduty(here: Organization, *, good: bool) -> None:
    guardduty = client(here.server.url, "guardduty", here.root)
    features = [{"Name": name, "Status": "ENABLED" if good else "DISABLED"} for name in FEATURES]
    id = guardduty.create_detector(Enable=True, Features=features)["DetectorId"]
    bucket = here.server.data / "buckets" / "lists"
    bucket.mkdir(parents=True, exist_ok=True)
    (bucket / "bad.txt").write_text("198.51.100.7\n")
    guardduty.create_threat_intel_set(
        DetectorId=id, Name="bad", Format="TXT", Location="s3://lists/bad.txt", Activate=good
    )
    if not good:
        guardduty.create_sample_findings(DetectorId=id, FindingTypes=["Backdoor:EC2/C&CActivity.B"])


def _inspector(here: Organization, *, good: bool) -> None:
    if good:
        client(here.server.url, "inspector2", here.root).enable(resourceTypes=["EC2", "ECR", "LAMBDA"])
        return
    client(here.server.url, "inspector2", here.root).enable(resourceTypes=["EC2"])
    grave = osv("GHSA-1", "PyPI", "thing", since("0", "1.5"), aliases=["CVE-2024-1001"],
                severity=[{"type": "CVSS_V3", "score": CRITICAL}], summary="Thing does too much")  # fmt: skip
    source = here.server.data / "advisories"
    source.mkdir()
    (source / "GHSA-1.json").write_text(json.dumps(grave))
    here.server.command("inspector", "db", "import", str(source))
    session = boto3.Session(
        aws_access_key_id=here.root.access_key_id, aws_secret_access_key=here.root.secret_access_key,
        region_name="us-east-1",
    )  # fmt: skip
    session._session.get_component("data_loader").search_paths.insert(0, str(own.directory()))
    sbom = {
        "bomFormat": "CycloneDX", "specVersion": "1.5",
        "components": [{"type": "library", "name": "thing", "version": "1.4", "purl": "pkg:pypi/thing@1.4"}],
    }  # fmt: skip
    session.client("garrison", endpoint_url=here.server.url).put_resource_inventory(
        resourceId=HOST, resourceType="AWS_EC2_INSTANCE", sbom=sbom
    )
