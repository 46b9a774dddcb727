"""Addresses of instance metadata services, in every way of writing them."""

from __future__ import annotations

from garrison.waf.rule_group import Detector

PATTERNS = (
    r"169\.254\.(?:169\.25[34]|170\.2|170\.23)\b",
    r"(?i)\b0*xa9\.?0*x?fe\.?0*x?a9\.?0*x?fe\b",
    r"(?i)\b0*251\.0*376\.0*251\.0*376\b",
    r"//(?:[^/@\s]{0,40}@)?(?:2852039166|7147006462|425\.510\.425\.510|169\.16689662|169\.254\.43518|0{0,8}25177524776)\b",
    r"(?i)\[?::ffff:(?:169\.254\.169\.254|a9fe:a9fe)\]?",
    r"(?i)fd00:ec2::(?:254|23)|fd20:ce::254",
    r"(?i)\blatest/(?:meta-data|user-data|dynamic|api/token)\b",
    r"(?i)metadata\.(?:google\.internal|goog|tencentyun\.com|azure\.internal|platformequinix\.com|packet\.net|oraclecloud\.com|nicetry)",
    r"(?i)\bcomputeMetadata/v\d|/metadata/(?:instance|identity|v1|attested)\b|/opc/v[12]/",
    r"//(?:100\.100\.100\.200|192\.0\.0\.192|168\.63\.129\.16|rancher-metadata|instance-data)\b",
    r"(?i)169\.254\.169\.254\.|\.169\.254\.169\.254",
    r"(?i)/v2/credentials/[0-9a-f-]{36}|\biam/security-credentials\b",
)

DETECTOR = Detector(name="instance-metadata", patterns=PATTERNS)
