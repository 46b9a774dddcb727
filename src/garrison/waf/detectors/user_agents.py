"""Tools that scan and exploit, by the name they give themselves."""

from __future__ import annotations

from garrison.waf.rule_group import Detector

PATTERNS = (
    r"(?i)\b(?:nessus|nikto|sqlmap|acunetix|netsparker|invicti|appscan|webinspect|w3af|arachni|wpscan|nuclei|ffuf|feroxbuster|gobuster|dirbuster|dirb\b|dirsearch|wfuzz|zgrab|masscan|openvas|qualys)",
    r"(?i)\b(?:nmap scripting|nmap nse|havij|metis|absinthe|bsqlbf|pangolin|sql power injector|sqlninja|brutus|hydra|cgichk|grendel-scan|jaascois|morfeus|zmeu|paros|webshag|whatweb|whisker|fimap|jorgee|muieblackcat|toata|zollard)",
    r"(?i)\b(?:commix|xsser|xsstrike|dalfox|tplmap|joomscan|cmseek|vega/|skipfish|uniscan|golismero|burp ?collaborator|burpsuite|owasp[ _-]?zap|zaproxy|detectify|probely|rapid7|nexpose|httpx - open-source|projectdiscovery|hello, world|hakai|mozilla/5\.0 zgrab|jbrofuzz|domino ?hunter|datacha0s|webtrends security|internet ninja|n-stealth|springenwerk|prowebwalker|black widow|bilbo|webvulnscan|sysscan|s\.t\.a\.l\.k\.e\.r)",
)

DETECTOR = Detector(name="scanner-user-agents", patterns=PATTERNS)
