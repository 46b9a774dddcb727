"""AWSManagedRulesSQLiRuleSet: injection into SQL, and into the query languages that have no group of their own.

Source of names and labels: AWS WAF developer guide, "Use-case specific rule groups". MongoDB operators, LDAP filters
and XPath have no rule with AWS; the extended patterns take them here.
"""

from __future__ import annotations

from garrison.waf.detectors import query_languages, sqli
from garrison.waf.managed.declare import rule
from garrison.waf.rule_group import ManagedRuleGroup, Version

_EXTENDED = (sqli.EXTENDED, query_languages.DETECTOR)

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesSQLiRuleSet",
    capacity=200,
    label_namespace="awswaf:managed:aws:sql-database:",
    description=(
        "Contains rules that allow you to block request patterns associated with exploitation of SQL databases, like "
        "SQL injection attacks. This can help prevent remote injection of unauthorized queries."
    ),
    versions=(
        Version("Version_1.3", frozenset({"SQLiExtendedPatterns_HEADER", "SQLiExtendedPatterns_URIPATH"})),
        Version("Version_2.3"),
    ),
    rules=(
        rule("SQLi_QUERYARGUMENTS", sqli.DETECTOR_LOW),
        rule("SQLiExtendedPatterns_QUERYARGUMENTS", *_EXTENDED),
        rule("SQLi_BODY", sqli.DETECTOR_LOW),
        rule("SQLiExtendedPatterns_BODY", *_EXTENDED),
        rule("SQLiExtendedPatterns_HEADER", sqli.DETECTOR_LOW, *_EXTENDED, part="HEADER_ONLY"),
        rule("SQLiExtendedPatterns_URIPATH", *_EXTENDED, label="SQLiExtendedPatterns_UriPath"),
        rule("SQLi_COOKIE", sqli.DETECTOR_LOW, *_EXTENDED),
        rule("SQLi_URIPATH", sqli.DETECTOR_LOW),
    ),
)
