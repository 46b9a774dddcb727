"""Bots by the name they give themselves: which they are, whose, and what they come for."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class Bot(NamedTuple):
    """One bot."""

    name: str
    category: str
    organization: str = ""


def _bots(category: str, text: str) -> list[tuple[str, Bot]]:
    found = []
    for entry in text.split():
        token, _, owner = entry.partition("=")
        name, _, organization = owner.partition("/")
        found.append((token.replace("_", " "), Bot(name or token.lower().replace("-", "_"), category, organization)))
    return found


_BY_TOKEN: dict[str, Bot] = {
    token.lower(): bot
    for token, bot in (
        *_bots(
            "search_engine",
            "googlebot=googlebot/google googleother=googleother/google google-inspectiontool=google_inspection_tool/google "
            "bingbot=bingbot/microsoft adidxbot=adidxbot/microsoft bingpreview=bingpreview/microsoft msnbot=msnbot/microsoft "
            "slurp=yahoo_slurp/yahoo duckduckbot=duckduckbot/duckduckgo baiduspider=baiduspider/baidu yandexbot=yandexbot/yandex "
            "yandexmobilebot=yandexmobilebot/yandex yandeximages=yandeximages/yandex sogou=sogou/sogou exabot=exabot/exalead "
            "applebot=applebot/apple petalbot=petalbot/huawei seznambot=seznambot/seznam qwantify=qwantify/qwant naverbot=naverbot/naver "
            "yeti=yeti/naver coccocbot=coccoc/coccoc mojeekbot=mojeek/mojeek bravebot=bravebot/brave neevabot=neevabot/neeva "
            "daumoa=daum/kakao haosouspider=haosou/qihoo 360spider=360spider/qihoo",
        ),
        *_bots(
            "ai",
            "gptbot=gptbot/openai chatgpt-user=chatgpt_user/openai oai-searchbot=oai_searchbot/openai claudebot=claudebot/anthropic "
            "claude-web=claude_web/anthropic claude-user=claude_user/anthropic claude-searchbot=claude_searchbot/anthropic "
            "anthropic-ai=anthropic_ai/anthropic perplexitybot=perplexitybot/perplexity perplexity-user=perplexity_user/perplexity "
            "ccbot=ccbot/common_crawl google-extended=google_extended/google bytespider=bytespider/bytedance amazonbot=amazonbot/amazon "
            "cohere-ai=cohere_ai/cohere diffbot=diffbot/diffbot meta-externalagent=meta_externalagent/meta facebookbot=facebookbot/meta "
            "meta-externalfetcher=meta_externalfetcher/meta youbot=youbot/you mistralai-user=mistralai_user/mistral ai2bot=ai2bot/ai2 "
            "timpibot=timpibot/timpi imagesiftbot=imagesiftbot/imagesift omgilibot=omgilibot/webz duckassistbot=duckassistbot/duckduckgo",
        ),
        *_bots(
            "page_preview",
            "facebookexternalhit=facebook/meta twitterbot=twitterbot/x linkedinbot=linkedinbot/linkedin slackbot=slackbot/slack "
            "slack-imgproxy=slack_imgproxy/slack discordbot=discordbot/discord telegrambot=telegrambot/telegram whatsapp=whatsapp/meta "
            "skypeuripreview=skype/microsoft pinterestbot=pinterestbot/pinterest redditbot=redditbot/reddit "
            "embedly=embedly/embedly vkshare=vkshare/vk line-poker=line_poker/line iframely=iframely/iframely bitlybot=bitlybot/bitly "
            "mastodon=mastodon/mastodon bluesky=bluesky/bluesky",
        ),
        *_bots(
            "advertising",
            "adsbot-google=adsbot_google/google mediapartners-google=mediapartners_google/google ias_crawler=ias_crawler/ias "
            "criteobot=criteobot/criteo proximic=proximic/comscore grapeshotcrawler=grapeshot/oracle adbeat=adbeat/adbeat "
            "doubleverify=doubleverify/doubleverify amazonadbot=amazonadbot/amazon ttd-content=ttd/the_trade_desk",
        ),
        *_bots("archiver", "ia_archiver=ia_archiver/internet_archive archive.org_bot=archive_org_bot/internet_archive heritrix=heritrix archivebot=archivebot nicecrawler=nicecrawler/nicecrawler arquivo-web-crawler=arquivo/arquivo"),
        *_bots("content_fetcher", "feedfetcher-google=feedfetcher_google/google apis-google=apis_google/google feedly=feedly/feedly feedbin=feedbin/feedbin newsblur=newsblur/newsblur inoreader=inoreader/inoreader flipboardproxy=flipboard/flipboard tiny_tiny_rss=tiny_tiny_rss theoldreader=the_old_reader netvibes=netvibes/netvibes google-read-aloud=google_read_aloud/google pocketparser=pocket/mozilla"),
        *_bots("email_client", "thunderbird=thunderbird/mozilla yahoomailproxy=yahoo_mail_proxy/yahoo googleimageproxy=google_image_proxy/google outlook-ios=outlook/microsoft"),
        *_bots(
            "http_library",
            "curl/=curl wget/=wget python-requests=python_requests python-urllib=python_urllib aiohttp=aiohttp httpx=httpx "
            "go-http-client=go_http java/=java okhttp=okhttp apache-httpclient=apache_httpclient libwww-perl=libwww_perl lwp::=lwp "
            "axios/=axios node-fetch=node_fetch got_(=got superagent=superagent guzzlehttp=guzzle symfony=symfony ruby=ruby faraday=faraday "
            "httparty=httparty rest-client=rest_client typhoeus=typhoeus mechanize=mechanize postmanruntime=postman insomnia/=insomnia "
            "httpie/=httpie restsharp=restsharp dart/=dart reqwest=reqwest undici=undici winhttp=winhttp unirest=unirest jakarta=jakarta "
            "perl=perl php/=php zend=zend pycurl=pycurl urlgrabber=urlgrabber hackney=hackney dispatch=dispatch cpp-httplib=cpp_httplib libcurl=libcurl botocore=botocore/amazon aws-sdk=aws_sdk/amazon aws-cli=aws_cli/amazon",
        ),
        *_bots("link_checker", "linkchecker=linkchecker w3c-checklink=w3c_checklink/w3c w3c_validator=w3c_validator/w3c xenu=xenu siteimprove=siteimprove/siteimprove brokenlinkcheck=brokenlinkcheck dead_link=dead_link"),
        *_bots("miscellaneous", "ia-crawler=ia_crawler dnsresearchbot=dnsresearchbot mail.ru_bot=mail_ru_bot/mail_ru domainsbot=domainsbot blexbot=blexbot/webmeup magpie-crawler=magpie/brandwatch turnitinbot=turnitin/turnitin trendictionbot=trendiction istellabot=istella zoominfobot=zoominfo/zoominfo"),
        *_bots(
            "monitoring",
            "uptimerobot=uptimerobot/uptimerobot pingdom=pingdom/solarwinds statuscake=statuscake/statuscake site24x7=site24x7/zoho "
            "datadog=datadog/datadog newrelicpinger=new_relic/new_relic amazon-route53-health-check=route53_health_check/amazon "
            "amazon_cloudfront=cloudfront/amazon elb-healthchecker=elb_healthchecker/amazon googlestackdriver=stackdriver/google kube-probe=kube_probe "
            "checkly=checkly/checkly betteruptime=better_uptime/better_stack freshping=freshping/freshworks nagios=check_http prometheus=prometheus zabbix=zabbix "
            "gtmetrix=gtmetrix/gtmetrix chrome-lighthouse=lighthouse/google catchpoint=catchpoint/catchpoint dynatrace=dynatrace/dynatrace appinsights=appinsights/microsoft",
        ),
        *_bots("scraping_framework", "scrapy=scrapy colly=colly nutch=nutch crawler4j=crawler4j htmlunit=htmlunit simple_html_dom=simple_html_dom webharvy=webharvy octoparse=octoparse heritrix/=heritrix httrack=httrack webcopier=webcopier teleport=teleport grab/=grab apify=apify"),
        *_bots(
            "security",
            "censysinspect=censys/censys shodan=shodan/shodan internet-measurement=internet_measurement/driftnet netcraft=netcraft/netcraft nessus=nessus/tenable "
            "nikto=nikto sqlmap=sqlmap nmap=nmap masscan=masscan zgrab=zgrab wpscan=wpscan nuclei=nuclei acunetix=acunetix/invicti qualys=qualys/qualys "
            "burp=burp/portswigger openvas=openvas/greenbone detectify=detectify/detectify expanse=expanse/palo_alto leakix=leakix/leakix "
            "securitytrails=securitytrails onyphe=onyphe/onyphe binaryedge=binaryedge zmap=zmap gobuster=gobuster ffuf=ffuf dirbuster=dirbuster",
        ),
        *_bots(
            "seo",
            "ahrefsbot=ahrefsbot/ahrefs ahrefssiteaudit=ahrefs_site_audit/ahrefs semrushbot=semrushbot/semrush siteauditbot=siteauditbot/semrush mj12bot=mj12bot/majestic "
            "dotbot=dotbot/moz rogerbot=rogerbot/moz screaming_frog=screaming_frog/screaming_frog serpstatbot=serpstatbot/serpstat dataforseobot=dataforseobot/dataforseo "
            "seokicks=seokicks/seokicks sistrix=sistrix/sistrix linkdexbot=linkdex seoscanners=seoscanners barkrowler=barkrowler/babbar spyfu=spyfu/spyfu ryte=ryte/ryte",
        ),
        *_bots("social_media", "facebookcatalog=facebook_catalog/meta tiktokspider=tiktokspider/bytedance instagram_bot=instagram_bot/meta tumblr/=tumblr/tumblr"),
        *_bots("webhooks", "stripe/=stripe/stripe github-hookshot=github_hookshot/github gitlab/=gitlab/gitlab twilioproxy=twilio/twilio paypal_ipn=paypal/paypal shopify-captain-hook=shopify/shopify bitbucket-webhooks=bitbucket/atlassian slackhq=slack_webhooks/slack zapier=zapier/zapier"),
    )
}  # fmt: skip

_ANY = re.compile("|".join(re.escape(token) for token in sorted(_BY_TOKEN, key=len, reverse=True)), re.IGNORECASE)

_GENERIC = re.compile(r"(?i)\b(?:bot|crawler|spider|crawl|scraper|fetcher)\b|\w(?:bot|crawler|spider)\b")

_AUTOMATED = re.compile(
    r"(?i)headlesschrome|phantomjs|slimerjs|selenium|webdriver|puppeteer|playwright|cypress|nightmare|casperjs|splash|electron/\S+ .*headless|zombie\.js|jsdom|trifle|htmlunit"
)

_BROWSER = re.compile(r"Mozilla/\d|Opera/\d|Opera Mini|UCWEB|Dalvik|NetFront|Lynx|Links|w3m|ELinks")


@lru_cache(maxsize=4096)
def named(user_agent: str) -> Bot | None:
    """The bot a User-Agent header tells of."""
    found = _ANY.search(user_agent)
    if found is not None:
        return _BY_TOKEN[found[0].lower()]
    if _GENERIC.search(user_agent) is not None:
        return Bot("", "miscellaneous")
    return None


def automated(user_agent: str) -> bool:
    """Whether a browser says that a program drives it."""
    return _AUTOMATED.search(user_agent) is not None


def is_browser(user_agent: str) -> bool:
    """Whether a User-Agent header begins as those of browsers do."""
    return _BROWSER.match(user_agent) is not None
