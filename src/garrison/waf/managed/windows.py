"""AWSManagedRulesWindowsRuleSet: commands of the Windows shells.

Source of names and labels: AWS WAF developer guide, "Use-case specific rule groups".
"""

from __future__ import annotations

from garrison.waf.detectors import windows_commands
from garrison.waf.managed.declare import rule
from garrison.waf.rule_group import ManagedRuleGroup, Version

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesWindowsRuleSet",
    capacity=200,
    label_namespace="awswaf:managed:aws:windows-os:",
    description=(
        "Contains rules that block request patterns associated with exploiting vulnerabilities specific to Windows, "
        "(e.g., PowerShell commands). This can help prevent exploits that allow attacker to run unauthorized commands "
        "or execute malicious code."
    ),
    versions=(Version("Version_2.2"), Version("Version_2.3")),
    rules=(
        rule("WindowsShellCommands_COOKIE", windows_commands.CMD),
        rule("WindowsShellCommands_QUERYARGUMENTS", windows_commands.CMD),
        rule("WindowsShellCommands_BODY", windows_commands.CMD),
        rule("PowerShellCommands_COOKIE", windows_commands.POWERSHELL),
        rule("PowerShellCommands_QUERYARGUMENTS", windows_commands.POWERSHELL),
        rule("PowerShellCommands_BODY", windows_commands.POWERSHELL),
    ),
)
