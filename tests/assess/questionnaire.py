"""Forty questions as customers ask them, each with what may be said to it where every check has passed."""

from __future__ import annotations

YES = "Yes"
NO = "No"
FACTS = "Evidence shows"
UNKNOWN = "Not answerable from evidence"

QUESTIONS: tuple[tuple[str, str], ...] = (
    ("Is multi-factor authentication enforced for the root account?", YES),
    ("Do all users with console access use MFA?", YES),
    ("Has the root user no access keys?", YES),
    ("Does the root user have any access keys?", NO),
    ("Do passwords have a minimum length of 14 characters?", YES),
    ("Do passwords have a minimum length of 20 characters?", FACTS),
    ("Is reuse of the last 24 passwords prevented?", YES),
    ("Are credentials that are unused for 45 days disabled?", YES),
    ("Are access keys rotated every 90 days?", YES),
    ("Are access keys rotated every 30 days?", FACTS),
    ("Is the principle of least privilege applied to IAM policies?", YES),
    ("Are permissions granted through groups?", YES),
    ("Is cross-account access by vendors restricted by an external ID?", YES),
    ("Are encryption keys rotated automatically?", YES),
    ("Are encryption keys rotated without exception every quarter?", FACTS),
    ("Are encryption keys protected from being publicly accessible?", YES),
    ("Are duties separated between key administrators and those who decrypt data?", FACTS),
    ("Are API actions recorded in an audit log?", YES),
    ("Is logging enabled in all regions?", YES),
    ("Is the integrity of log files validated?", YES),
    ("Are audit logs encrypted at rest?", YES),
    ("Are audit logs encrypted at rest with keys held in an HSM?", FACTS),
    ("Do you prevent accounts from disabling CloudTrail logging?", YES),
    ("Are denied access attempts recorded?", YES),
    ("Are secrets kept out of the audit trail?", FACTS),
    ("Is there one central audit trail for all accounts in the organization?", YES),
    ("Are deployments restricted to approved regions?", YES),
    ("Are service control policies used as preventive guardrails?", YES),
    ("Is access denied by default to new users?", YES),
    ("Are unauthenticated API requests rejected?", YES),
    ("Which users do not have MFA?", FACTS),
    ("Do you perform annual penetration tests?", UNKNOWN),
    ("Are backups tested every quarter?", UNKNOWN),
    ("Do employees receive security awareness training?", UNKNOWN),
    ("Is MFA required for VPN access to the office?", UNKNOWN),
    ("Is customer data encrypted in the database?", UNKNOWN),
    ("Are visitors to the building logged?", UNKNOWN),
    ("Do you have a disaster recovery plan?", UNKNOWN),
    ("How long are audit logs retained?", UNKNOWN),
    ("Are vulnerabilities patched within 30 days?", UNKNOWN),
)
