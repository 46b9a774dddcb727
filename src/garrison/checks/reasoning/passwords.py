"""What the password policy must demand, where anybody has a password."""

from __future__ import annotations

from garrison.checks.check import Fix, Outcome, aws, failed, not_applicable, passed
from garrison.checks.snapshot import Snapshot

_KEPT = {
    "MinimumPasswordLength": "minimum_password_length",
    "RequireSymbols": "require_symbols",
    "RequireNumbers": "require_numbers",
    "RequireUppercaseCharacters": "require_uppercase_characters",
    "RequireLowercaseCharacters": "require_lowercase_characters",
    "AllowUsersToChangePassword": "allow_users_to_change_password",
    "MaxPasswordAge": "max_password_age",
    "PasswordReusePrevention": "password_reuse_prevention",
    "HardExpiry": "hard_expiry",
}
GOOD = {"MinimumPasswordLength": 14, "PasswordReusePrevention": 24}


def demanded(account: Snapshot, member: str, least: int) -> Outcome:
    """Whether a number of the account's password policy is large enough."""
    policy = account.fact("password-policy")
    if not any(user["password"] for user in account.fact("credentials")["users"]):
        return not_applicable(account.root, "no user has a password")
    has = int((policy or {}).get(member) or 0)
    if has >= least:
        return passed(account.root, f"{member} is {has}", {member: has})
    # The command replaces the whole policy, so it says again all that was said.
    wanted = {k: v for k, v in (policy or {}).items() if k in _KEPT and v not in (None, False, 0)}
    for name, good in GOOD.items():
        wanted[name] = max(int(wanted.get(name) or 0), good)
    command = aws("iam", "update-account-password-policy", **{_KEPT[name]: v for name, v in sorted(wanted.items())})
    return failed(
        account.root,
        f"{member} is {has}, less than {least}" if policy is not None else "the account has no password policy",
        {member: has},
        fix=Fix((command,), account.account),
    )
