"""AWSManagedRulesBotControlRuleSet, common level: bots that say that they are bots.

A bot is known by its User-Agent header (`garrison.waf.detectors.bots`). It is verified if the client's address is in
the operator's list `bot-NAME` or, for its whole organization, `bots-ORGANIZATION`: the ranges most of them publish. As
with AWS, a category's rule matches bots that are not verified; AI bots are refused either way. The rules of the
targeted level are listed, and do not run yet. Source of names, labels and actions: AWS WAF developer guide, "Bot
Control rule group".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from garrison.waf.detectors.bots import automated, is_browser, named
from garrison.waf.errors import TOO_LITTLE, invalid
from garrison.waf.managed.declare import not_yet
from garrison.waf.rule_group import Inspection, ManagedRule, ManagedRuleGroup, Version

_CATEGORIES = {
    "Advertising": "advertising",
    "Archiver": "archiver",
    "ContentFetcher": "content_fetcher",
    "EmailClient": "email_client",
    "HttpLibrary": "http_library",
    "LinkChecker": "link_checker",
    "Miscellaneous": "miscellaneous",
    "Monitoring": "monitoring",
    "PagePreview": "page_preview",
    "ScrapingFramework": "scraping_framework",
    "SearchEngine": "search_engine",
    "Security": "security",
    "Seo": "seo",
    "SocialMedia": "social_media",
    "Webhooks": "webhooks",
    "AI": "ai",
}
_LATER = frozenset({"CategoryPagePreview", "CategoryWebhooks"})


def _user_agent(inspection: Inspection) -> str:
    return (inspection.request.header(b"user-agent") or b"").decode("latin-1")


def _verified(inspection: Inspection, name: str, organization: str) -> bool:
    address = inspection.request.source_ip
    return bool(
        (name and inspection.in_list(f"bot-{name}", address))
        or (organization and inspection.in_list(f"bots-{organization}", address))
    )


def _labels(inspection: Inspection) -> Sequence[str] | None:
    bot = named(_user_agent(inspection))
    if bot is None:
        return None
    labels = [f"bot:category:{bot.category}"]
    if bot.name:
        labels.append(f"bot:name:{bot.name}")
    if bot.organization:
        labels.append(f"bot:organization:{bot.organization}")
    labels.append("bot:verified" if _verified(inspection, bot.name, bot.organization) else "bot:unverified")
    return labels


def _category(category: str) -> Callable[[Inspection], Sequence[str] | None]:
    def find(inspection: Inspection) -> Sequence[str] | None:
        bot = named(_user_agent(inspection))
        if bot is None or bot.category != category:
            return None
        if category != "ai" and _verified(inspection, bot.name, bot.organization):
            return None
        return ()

    return find


def _automated(inspection: Inspection) -> Sequence[str] | None:
    return () if automated(_user_agent(inspection)) else None


def _data_center(inspection: Inspection) -> Sequence[str] | None:
    return () if inspection.in_list("bot-data-centers", inspection.request.source_ip) else None


def _not_a_browser(inspection: Inspection) -> Sequence[str] | None:
    agent = _user_agent(inspection)
    bot = named(agent)
    if bot is not None and _verified(inspection, bot.name, bot.organization):
        return None
    return None if is_browser(agent) else ()


def _rule(
    name: str, label: str, find: Callable[[Inspection], Sequence[str] | None], action: str = "Block"
) -> ManagedRule:
    return ManagedRule(
        name=name, labels=(label,) if label else (), statement={"RequestStatement": {"Find": find}}, action=action
    )


_COMMON = (
    ManagedRule(name="BotLabels", statement={"RequestStatement": {"Find": _labels}}, action="Count", listed=False),
    *(_rule(f"Category{name}", f"bot:category:{label}", _category(label)) for name, label in _CATEGORIES.items()),
    _rule("SignalAutomatedBrowser", "signal:automated_browser", _automated),
    _rule("SignalKnownBotDataCenter", "signal:known_bot_data_center", _data_center),
    _rule("SignalNonBrowserUserAgent", "signal:non_browser_user_agent", _not_a_browser),
)

_TARGETED = (
    not_yet("TGT_TokenAbsent", "targeted:token_absent", "Count"),
    not_yet("TGT_VolumetricIpTokenAbsent", "targeted:aggregate:volumetric:ip:token_absent", "Challenge"),
    not_yet("TGT_VolumetricSession", "targeted:aggregate:volumetric:session:high", "Captcha"),
    not_yet("TGT_VolumetricSessionMaximum", "targeted:aggregate:volumetric:session:maximum"),
    not_yet("TGT_SignalAutomatedBrowser", "targeted:signal:automated_browser", "Captcha"),
    not_yet("TGT_SignalBrowserAutomationExtension", "targeted:signal:browser_automation_extension", "Captcha"),
    not_yet("TGT_SignalBrowserInconsistency", "targeted:signal:browser_inconsistency", "Captcha"),
    not_yet("TGT_ML_CoordinatedActivityLow", "targeted:aggregate:coordinated_activity:low", "Challenge"),
    not_yet("TGT_ML_CoordinatedActivityMedium", "targeted:aggregate:coordinated_activity:medium", "Captcha"),
    not_yet("TGT_ML_CoordinatedActivityHigh", "targeted:aggregate:coordinated_activity:high", "Captcha"),
    *(
        not_yet(
            f"TGT_TokenReuse{what}{level}",
            f"targeted:aggregate:volumetric:session:token_reuse:{what.lower()}:{level.lower()}",
            action,
        )
        for what in ("Ip", "Country", "Asn")
        for level, action in (("Low", "Count"), ("Medium", "Captcha"), ("High", "Block"))
    ),
)


def _configure(configs: Sequence[Mapping[str, Any]]) -> tuple[ManagedRule, ...]:
    """The inspection level must be given. Source: developer guide, "Bot Control": COMMON or TARGETED."""
    for config in configs:
        chosen = config.get("AWSManagedRulesBotControlRuleSet")
        if chosen:
            return _COMMON if chosen.get("InspectionLevel") == "COMMON" else _COMMON + _TARGETED
    raise invalid("MANAGED_RULE_GROUP_CONFIG", "AWSManagedRulesBotControlRuleSet", TOO_LITTLE)


GROUP = ManagedRuleGroup(
    name="AWSManagedRulesBotControlRuleSet",
    capacity=50,
    label_namespace="awswaf:managed:aws:bot-control:",
    description=(
        "Provides protection against automated bots that can consume excess resources, skew business metrics, cause "
        "downtime, or perform malicious activities. Bot Control provides additional visibility through Amazon "
        "CloudWatch and generates labels that you can use to control bot traffic to your applications. The rules of "
        "the targeted inspection level do not run yet."
    ),
    versions=(Version("Version_4.0", _LATER), Version("Version_5.0")),
    rules=_COMMON + _TARGETED,
    available_labels=("bot:verified", "bot:unverified"),
    configure=_configure,
)
