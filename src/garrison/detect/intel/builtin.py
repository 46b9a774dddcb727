"""The names AWS keeps for trying GuardDuty out. They mean no harm, and are on a list without any feed.

Source of `guarddutyc2activityb.com`: user guide, `Backdoor:EC2/C&CActivity.B!DNS`. The others are what AWS's tester
asks for; the guide does not name them.
"""

from __future__ import annotations

from garrison.detect.intel.lists import IndicatorList

NAMES = {
    "guarddutyc2activityb.com": "c2",
    "guarddutydroppointactivity.com": "droppoint",
    "guarddutyblackholeactivity.com": "sinkhole",
    "guarddutyphishingactivity.com": "phishing",
    "guarddutydrivebyactivity.com": "driveby",
    "guarddutydgaactivity.com": "dga",
}

CANARIES = tuple(
    IndicatorList(
        name="GuardDuty test domains", category=category, trusted=False, addresses=(), names=(name,), digest="", time=0
    )
    for name, category in NAMES.items()
)

RESOLVERS = IndicatorList(
    name="Public resolvers",
    category="doh",
    trusted=False,
    addresses=(
        "1.0.0.1/32",
        "1.1.1.1/32",
        "8.8.4.4/32",
        "8.8.8.8/32",
        "9.9.9.9/32",
        "94.140.14.14/32",
        "94.140.15.15/32",
        "149.112.112.112/32",
        "185.228.168.9/32",
        "185.228.169.9/32",
        "208.67.220.220/32",
        "208.67.222.222/32",
        "2001:4860:4860::8844/128",
        "2001:4860:4860::8888/128",
        "2606:4700:4700::1001/128",
        "2606:4700:4700::1111/128",
        "2620:fe::9/128",
        "2620:fe::fe/128",
    ),
    names=(),
    digest="",
    time=0,
)
"""Resolvers that also answer over HTTPS, as their operators (Cloudflare, Google, Quad9, AdGuard, CleanBrowsing,
OpenDNS) publish them. Being on it is no threat by itself: it is what makes traffic to port 443 DNS over HTTPS."""
