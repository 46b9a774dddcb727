"""An answer, with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from garrison.assess.answers.topics import Topic, find
from garrison.assess.answers.words import has, listed, stems
from garrison.responsibility.results import FRESH, CheckResult


class Verdict(StrEnum):
    """How an answer begins."""

    YES = "Yes"
    PARTLY = "Partly"
    NO = "No"
    FACTS = "Evidence shows"
    """What is known, of a question that asks for more, or the other way round."""
    UNKNOWN = "Not answerable from evidence"


class Citation(msgspec.Struct, frozen=True):
    """One piece of evidence."""

    evidence: str
    """Beginning of its hash; "" where there is none."""
    check: str
    text: str


class Answer(msgspec.Struct, frozen=True):
    """What is said to a question."""

    verdict: Verdict
    text: str
    citations: tuple[Citation, ...] = ()
    topic: str = ""


def answer(question: str, results: Mapping[str, CheckResult], now: float | None = None) -> Answer:
    """Answer from the last results of checks, by their ids.

    `now` (seconds since 1970) says how old they are: what is older than `FRESH` is told as the facts of its day, and is
    no yes. Without it, age is not judged.
    """
    words = stems(question)
    topic = find(words)
    if topic is None:
        return Answer(Verdict.UNKNOWN, f"{Verdict.UNKNOWN}: no check of accounts looks at this.")
    said = [results[id] for id in topic.checks if id in results and results[id].status != "NOT_RUN"]
    if not said:
        return Answer(Verdict.UNKNOWN, f"{Verdict.UNKNOWN}: its checks have not been run.", topic=topic.id)
    unread = [one for one in said if one.status == "NOT_AVAILABLE"]
    known = [one for one in said if one.status in ("PASS", "FAIL", "EXCEPTED")]
    citations = tuple(Citation(one.evidence, one.check, _fact(one)) for one in (*known, *unread))
    if unread or not known:
        why = "what it takes could not be read" if unread else "there is nothing in the account it could be about"
        return Answer(Verdict.UNKNOWN, f"{Verdict.UNKNOWN}: {why}.", citations, topic.id)
    facts = "; ".join(one.text for one in citations)
    oldest = min(one.when for one in known)
    if now is not None and now - oldest > FRESH:
        day = datetime.fromtimestamp(oldest, UTC).strftime("%Y-%m-%d")
        return Answer(Verdict.FACTS, f"{Verdict.FACTS}, as of {day}: {facts}.", citations, topic.id)
    beyond = _beyond(topic, words)
    if beyond or _turned(topic, words) or len(known) < len([id for id in topic.checks if id in results]):
        more = f" The evidence does not speak of: {', '.join(beyond)}." if beyond else ""
        return Answer(Verdict.FACTS, f"{Verdict.FACTS}: {facts}.{more}", citations, topic.id)
    good = sum(one.status == "PASS" for one in known)
    verdict = Verdict.YES if good == len(known) else Verdict.NO if not good and _all_fail(known) else Verdict.PARTLY
    return Answer(verdict, f"{verdict}: {facts}.", citations, topic.id)


def _all_fail(known: list[CheckResult]) -> bool:
    return all(one.status == "FAIL" for one in known)


def _fact(one: CheckResult) -> str:
    title = one.title or one.check
    if one.status == "PASS":
        return f"{title}: so it is ({one.subjects} looked at)"
    if one.status == "EXCEPTED":
        return f"{title}: not so for {max(1, one.fails)}, for which somebody answers until a date"
    if one.status == "NOT_AVAILABLE":
        return f"{title}: could not be read"
    return f"{title}: not so for {max(1, one.fails)} of {max(one.subjects, one.fails, 1)} looked at"


def _turned(topic: Topic, words: list[str]) -> bool:
    """Whether a question asks the other way round: by its own words, or because the topic's good state is that
    something is absent and the question does not say that it should be."""
    if topic.absence:
        return not any(has(words, term) for term in (*listed("good_absence"), *topic.absent))
    return any(has(words, term) and not set(term) <= topic.vocabulary for term in listed("negative"))


def _beyond(topic: Topic, words: list[str]) -> list[str]:
    """Words that may ask for more than the topic's checks look at."""
    plain = {word for term in listed("plain") for word in term}
    found = []
    for word in dict.fromkeys(words):
        if word.isdigit():
            if word not in topic.numbers:
                found.append(word)
        elif word not in topic.vocabulary and word not in plain and len(word) > 1:
            found.append(word)
    return found
