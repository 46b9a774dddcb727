"""Questions are answered from what checks said, and a yes is never more than they showed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from garrison.assess.answers import Answer, Verdict, answer, topics
from garrison.assess.answers.words import stem
from garrison.checks import load
from garrison.responsibility.results import CheckResult, CheckStatus
from tests.assess.questionnaire import QUESTIONS

CHECKS = load()


def told(status: CheckStatus, **others: CheckStatus) -> dict[str, CheckResult]:
    """What every check said; others by topic."""
    of = {check: other for topic, other in others.items() for check in checks(topic)}
    return {
        c.id: CheckResult(c.id, of.get(c.id, status), 1.0, c.cells, "abcdef123456", c.title, c.severity, 2, 3)
        for c in CHECKS.values()
    }


def checks(topic: str) -> tuple[str, ...]:
    return next(one.checks for one in topics() if one.id == topic.replace("_", "-"))


@pytest.mark.parametrize(("question", "verdict"), QUESTIONS, ids=lambda text: str(text)[:50])
def test_where_everything_passed_a_yes_is_said_only_to_what_was_looked_at(question: str, verdict: str) -> None:
    found = answer(question, told("PASS"))
    assert found.verdict == verdict, found
    assert found.text.startswith(verdict)
    assert bool(found.citations) == (found.verdict is not Verdict.UNKNOWN)


def test_phrasings_are_understood_and_none_that_asks_for_more_is_answered_yes() -> None:
    phrasings: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("phrasings.yaml").read_bytes())
    passed, failed = told("PASS"), told("FAIL")
    wrong = []
    for kind, questions in phrasings.items():
        for question in questions:
            found, worst = answer(question, passed), answer(question, failed)
            right = {"yes": found.verdict is Verdict.YES, "other": found.verdict is Verdict.UNKNOWN}
            if not right.get(kind, found.verdict is not Verdict.YES) or worst.verdict is Verdict.YES:
                wrong.append((kind, question, found.text))
    assert not wrong
    assert len(phrasings["yes"]) > 150


@pytest.mark.parametrize(
    ("question", "where_passed", "where_failed"),
    [
        ("Do passwords have at least 14 characters?", "Yes", "No"),
        ("Do passwords have at least 10 characters?", "Yes", "Evidence shows"),
        ("Do passwords have at least 20 characters?", "Evidence shows", "No"),
        ("Are passwords shorter than 8 characters rejected?", "Yes", "Evidence shows"),
        ("Are access keys rotated every 90 days?", "Yes", "No"),
        ("Are access keys rotated once a year?", "Yes", "Evidence shows"),
        ("Are access keys rotated every month?", "Evidence shows", "No"),
        ("Are access keys older than three months replaced?", "Yes", "No"),
        ("Are there any encryption keys that everyone outside can use?", "No", "Evidence shows"),
        ("Is every access key no more than 180 days old?", "Yes", "Evidence shows"),
        ("Are outside accounts kept from using your KMS keys?", "Yes", "No"),
        ("Are encryption keys public?", "Evidence shows", "Evidence shows"),
        ("How often are access keys rotated?", "Evidence shows", "Evidence shows"),
        ("Is MFA required for console users? If yes, please describe.", "Yes", "No"),
        ("Is MFA required for users of all AWS accounts?", "Evidence shows", "Evidence shows"),
    ],
)
def test_figures_and_the_way_round_decide(question: str, where_passed: str, where_failed: str) -> None:
    assert [answer(question, told(status)).verdict.value for status in ("PASS", "FAIL")] == [where_passed, where_failed]


def test_what_is_not_spoken_of_is_named_as_it_was_asked() -> None:
    text = answer("Are audit logs encrypted at rest with keys held in an HSM?", told("PASS")).text
    assert text.endswith("The evidence does not speak of: held, hsm.")


@pytest.mark.parametrize("status", ["FAIL", "NOT_AVAILABLE", "NOT_RUN", "NOT_APPLICABLE", "EXCEPTED"])
def test_nothing_is_answered_yes_where_nothing_passed(status: CheckStatus) -> None:
    verdicts = {answer(question, told(status)).verdict for question, _ in QUESTIONS}
    assert Verdict.YES not in verdicts
    if status == "FAIL":
        assert Verdict.NO in verdicts


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Who can log in to the console without a second factor?", "user-mfa"),
        ("Is threat detection enabled?", "threat-detection"),
        ("Does a web application firewall protect your load balancers?", "waf"),
        ("Is traffic to the CDN encrypted in transit with TLS?", "https"),
        ("Are instances scanned for vulnerabilities?", "vulnerability-scan"),
    ],
)
def test_a_question_is_of_the_topic_its_words_are_of(question: str, topic: str) -> None:
    assert answer(question, told("PASS")).topic == topic


def test_old_evidence_is_told_with_its_day_and_is_no_yes() -> None:
    question = "Are access keys rotated every 90 days?"
    assert answer(question, told("PASS"), 1.0 + 3600).verdict is Verdict.YES
    old = answer(question, told("PASS"), 1.0 + 3 * 86400)
    assert old.text.startswith("Evidence shows, as of 1970-01-01: ")


def test_some_of_a_topic_is_partly() -> None:
    question = "Is the principle of least privilege applied?"
    results = told("PASS") | {"iam.policy-pass-any-role": told("FAIL")["iam.policy-pass-any-role"]}
    found: Answer = answer(question, results)
    assert found.verdict is Verdict.PARTLY
    assert "not so for 2 of 3" in found.text


def test_topics_ask_for_checks_that_are_there() -> None:
    for topic in topics():
        assert set(topic.checks) <= set(CHECKS), topic.id


def test_words_meet_whatever_their_endings() -> None:
    for several in (
        ("rotate", "rotated", "rotation", "rotates", "rotating"),
        ("manage", "management", "managed", "managing"),
        ("credential", "credentials"),
        ("encrypt", "encrypted", "encryption", "encrypts"),
        ("key", "keys"),
        ("policy", "policies"),
    ):
        assert len({stem(word) for word in several}) == 1, several
