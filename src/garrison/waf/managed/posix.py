"""AWSManagedRulesUnixRuleSet: commands, variables and files of POSIX systems.

Source of names and labels: AWS WAF developer guide, "Use-case specific rule groups"; versions before the header rule
looked at the values of query arguments under another name.
"""

from __future__ import annotations

from garrison.waf.detectors import local_files, unix_commands
from garrison.waf.managed.declare import rule
from garrison.waf.rule_group import ManagedRuleGroup, Version

_SHELL = (unix_commands.COMMAND, unix_commands.FORM)

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesUnixRuleSet",
    capacity=100,
    label_namespace="awswaf:managed:aws:posix-os:",
    description=(
        "Contains rules that block request patterns associated with exploiting vulnerabilities specific to POSIX/POSIX-"
        "like OS, including LFI attacks. This can help prevent attacks that expose file contents or execute code for "
        "which access should not been allowed."
    ),
    versions=(
        Version(
            "Version_2.1",
            frozenset({"UNIXShellCommandsVariables_QUERYSTRING", "UNIXShellCommandsVariables_HEADER"}),
        ),
        Version("Version_3.0", frozenset({"UNIXShellCommandsVariables_QUERYARGUMENTS"})),
    ),
    rules=(
        rule("UNIXShellCommandsVariables_QUERYARGUMENTS", *_SHELL),
        rule("UNIXShellCommandsVariables_QUERYSTRING", *_SHELL),
        rule("UNIXShellCommandsVariables_BODY", *_SHELL, local_files.IN_TEXT),
        rule("UNIXShellCommandsVariables_HEADER", *_SHELL),
    ),
)
