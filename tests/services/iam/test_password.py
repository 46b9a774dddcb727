"""What a password must look like, and when it expires."""

from __future__ import annotations

import pytest

from garrison.services.iam import password
from garrison.services.iam.password import DAY, Standing
from garrison.services.iam.resources import LoginProfile, PasswordPolicy

PROFILE = LoginProfile(password_hash="h", changed=1000.0)


@pytest.mark.parametrize("good", ["Abcdefg1", "abcdefg1!", "ABCDEFG1!", "Ab1" + "x" * 125])
def test_the_default_policy_wants_eight_characters_of_three_classes(good: str) -> None:
    assert password.conforms(good, None)


@pytest.mark.parametrize("bad", ["Abcdef1", "abcdefg1", "ABCDEFGH!", "12345678!", "Ab1" + "x" * 126, "abcdefg1é"])
def test_and_takes_nothing_less(bad: str) -> None:
    assert not password.conforms(bad, None)


def test_the_accounts_name_or_address_is_no_password() -> None:
    assert not password.conforms("Ana@Acme.org1", None, forbidden=("Acme", "ana@acme.org1"))
    assert password.conforms("Ana@Acme.org1", None, forbidden=("", "Acme"))


@pytest.mark.parametrize(
    ("policy", "good", "bad"),
    [
        (PasswordPolicy(), "aaaaaa", "aaaaa"),
        (PasswordPolicy(minimum_length=12), "a" * 12, "a" * 11),
        (PasswordPolicy(require_symbols=True), "aaaaaa|", "aaaaaa~"),
        (PasswordPolicy(require_numbers=True), "aaaaa0", "aaaaa٣"),
        (PasswordPolicy(require_uppercase=True), "aaaaaA", "aaaaaÄ"),
        (PasswordPolicy(require_lowercase=True), "AAAAAa", "AAAAAA"),
    ],
)
def test_a_policy_of_ones_own_wants_what_it_says(policy: PasswordPolicy, good: str, bad: str) -> None:
    assert password.conforms(good, policy)
    assert not password.conforms(bad, policy)


def test_a_password_expires_after_the_policys_days() -> None:
    policy = PasswordPolicy(max_age=2)
    end = 1000.0 + 2 * DAY
    assert password.expires_at(PROFILE, policy) == end
    assert password.standing(PROFILE, policy, end - 1) is Standing.GOOD
    assert password.standing(PROFILE, policy, end) is Standing.MUST_CHANGE
    assert password.standing(PROFILE, PasswordPolicy(max_age=2, hard_expiry=True), end) is Standing.BLOCKED
    assert password.standing(PROFILE, PasswordPolicy(hard_expiry=True), end) is Standing.GOOD
    assert password.standing(PROFILE, None, end * 100) is Standing.GOOD


def test_a_password_set_for_somebody_must_be_changed_when_asked() -> None:
    assert password.standing(LoginProfile("h", reset_required=True), None, 0) is Standing.MUST_CHANGE


def test_history_is_as_long_as_any_policy_can_ask_for() -> None:
    profile = LoginProfile("h0")
    for n in range(1, 40):
        profile = password.replaced(profile, f"h{n}", float(n), reset_required=False)
    remembered = password.remembered(profile, PasswordPolicy(reuse_prevention=24))
    assert remembered == tuple(f"h{n}" for n in range(39, 15, -1))
    assert password.remembered(profile, PasswordPolicy(reuse_prevention=1)) == ("h39",)
    assert password.remembered(profile, PasswordPolicy()) == ()
    assert len(profile.history) == 23


def test_a_hash_is_argon2id_and_matches_its_password_only() -> None:
    hash = password.hashed("secret")
    assert hash.startswith("$argon2id$")
    assert password.matches(hash, "secret")
    assert not password.matches(hash, "Secret")
    assert not password.matches("", "")
    assert not password.matches("garbage", "secret")
