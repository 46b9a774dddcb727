"""AWSManagedRulesACFPRuleSet: listed and described; none of its rules runs yet.

Source of names and actions: AWS WAF developer guide, "Account creation fraud prevention (ACFP) rule group"; labels
beside those of `aggregate:` and `signal:` there are third-party reports.
"""

from __future__ import annotations

from garrison.waf.managed.declare import not_yet
from garrison.waf.rule_group import ManagedRuleGroup

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesACFPRuleSet",
    capacity=50,
    label_namespace="awswaf:managed:aws:acfp:",
    description=(
        "Provides protection against the creation of fraudulent accounts on your site. Its rules do not run in "
        "Garrison yet."
    ),
    rules=(
        not_yet("UnsupportedCognitoIDP", "unsupported:cognito_idp"),
        not_yet("AllRequests", "", "Challenge"),
        not_yet("RiskScoreHigh", "risk_score:high"),
        not_yet("SignalCredentialCompromised", "signal:credential_compromised"),
        not_yet(
            "SignalClientHumanInteractivityAbsentLow", "signal:client:human_interactivity:insufficient:low", "Captcha"
        ),
        not_yet("AutomatedBrowser", "signal:automated_browser"),
        not_yet("BrowserInconsistency", "signal:browser_inconsistency", "Captcha"),
        not_yet("VolumetricIpHigh", "aggregate:volumetric:ip:creation:high", "Captcha"),
        not_yet("VolumetricSessionHigh", "aggregate:volumetric:session:creation:high"),
        not_yet("AttributeUsernameTraversalHigh", "aggregate:attribute:username_traversal:creation:high"),
        not_yet("VolumetricPhoneNumberHigh", "aggregate:volumetric:phone_number:high"),
        not_yet("VolumetricAddressHigh", "aggregate:volumetric:address:high"),
        not_yet("VolumetricAddressLow", "aggregate:volumetric:address:low", "Captcha"),
        not_yet("VolumetricIPSuccessfulResponse", "aggregate:volumetric:ip:successful_creation_response:high"),
        not_yet(
            "VolumetricSessionSuccessfulResponse", "aggregate:volumetric:session:successful_creation_response:high"
        ),
        not_yet("VolumetricSessionTokenReuseIp", "aggregate:volumetric:session:creation:token_reuse:ip"),
    ),
)
