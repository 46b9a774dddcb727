"""AWSManagedRulesATPRuleSet: listed and described; none of its rules runs yet.

Source of names, labels and actions: AWS WAF developer guide, "Account takeover prevention (ATP) rule group".
"""

from __future__ import annotations

from garrison.waf.managed.declare import not_yet
from garrison.waf.rule_group import ManagedRuleGroup

GROUP = ManagedRuleGroup(
    name="AWSManagedRulesATPRuleSet",
    capacity=50,
    label_namespace="awswaf:managed:aws:atp:",
    description=(
        "Provides protection for your login page against stolen credentials, credential stuffing attacks, brute force "
        "login attempts, and other anomalous login activities. Its rules do not run in Garrison yet."
    ),
    rules=(
        not_yet("UnsupportedCognitoIDP", "unsupported:cognito_idp"),
        not_yet("VolumetricIpHigh", "aggregate:volumetric:ip:high"),
        not_yet("VolumetricSession", "aggregate:volumetric:session"),
        not_yet("AttributeCompromisedCredentials", "aggregate:attribute:compromised_credentials"),
        not_yet("AttributeUsernameTraversal", "aggregate:attribute:username_traversal"),
        not_yet("AttributePasswordTraversal", "aggregate:attribute:password_traversal"),
        not_yet("AttributeLongSession", "aggregate:attribute:long_session"),
        not_yet("TokenRejected", ""),
        not_yet("SignalMissingCredential", "signal:missing_credential"),
        not_yet("VolumetricIpFailedLoginResponseHigh", "aggregate:volumetric:ip:failed_login_response:high"),
        not_yet("VolumetricSessionFailedLoginResponseHigh", "aggregate:volumetric:session:failed_login_response:high"),
    ),
    available_labels=("signal:credential_compromised", "aggregate:attribute:suspicious_tls_fingerprint"),
)
