"""Questions are answered from what checks said, and a yes is never more than they showed."""

from __future__ import annotations

import pytest

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
        ("credential", "credentials"),
        ("encrypt", "encrypted", "encryption", "encrypts"),
        ("key", "keys"),
        ("policy", "policies"),
    ):
        assert len({stem(word) for word in several}) == 1, several
