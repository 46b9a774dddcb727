"""How well questions are answered: questions with what is true of them, against a stated state of an account.

    python -m scripts.score_answers --describe          # the state, in plain words
    python -m scripts.score_answers questions.jsonl     # {"question": ..., "truth": "yes|no|fact|unanswerable"}

`yes` and `no`: the state shows it. `fact`: the state tells something that bears on it, and neither yes nor no is shown
(another figure, a further demand, a question that begins with how, what or who). `unanswerable`: the state tells
nothing of it. A yes to anything but `yes` is a wrong yes, and makes the exit status 1; a no to anything but `no` is a
wrong no, and counted.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from garrison.assess.answers import Verdict, answer
from garrison.checks import load
from garrison.responsibility.results import CheckResult, CheckStatus

FAILING = {
    "iam.user-mfa": (2, 9),
    "iam.user-policies": (3, 9),
    "iam.role-unused": (4, 31),
    "cloudtrail.encrypted": (1, 1),
    "wafv2.logging": (1, 2),
    "cloudfront.https": (1, 1),
}
"""Check -> how many of how many it does not hold for. Every other check passes, but for those of `UNREAD`."""
UNREAD = {"artifact.business-associate-agreement", "guardduty.enabled"}
"""What could not be read."""


def state() -> dict[str, CheckResult]:
    """What every check said."""
    found = {}
    for check in load().values():
        status: CheckStatus = "FAIL" if check.id in FAILING else "NOT_AVAILABLE" if check.id in UNREAD else "PASS"
        fails, subjects = FAILING.get(check.id, (0, 9))
        found[check.id] = CheckResult(
            check.id, status, 0.0, check.cells, "0123456789ab", check.title, check.severity, fails, subjects
        )
    return found


def describe() -> None:
    """The state, in plain words."""
    told = {
        "PASS": "So it is, for everything that was looked at",
        "FAIL": "So it is NOT",
        "NOT_AVAILABLE": "NOT KNOWN, could not be read",
    }
    results = state()
    for status, heading in told.items():
        print(f"\n## {heading}\n")
        for one in sorted(results.values(), key=lambda one: one.check):
            if one.status == status:
                print(f"- {one.title}" + (f" ({one.fails} of {one.subjects} not)" if one.fails else ""))


def score(path: Path) -> int:
    """Print how each question was answered; the number of wrong yeses."""
    results = state()
    table: Counter[tuple[str, str]] = Counter()
    wrong = 0
    for line in path.read_text().splitlines():
        if not line.strip():
            continue
        asked = json.loads(line)
        truth = asked["truth"]
        found = answer(asked["question"], results)
        table[truth, found.verdict.value] += 1
        wrong_yes = found.verdict is Verdict.YES and truth != "yes"
        wrong_no = found.verdict in (Verdict.NO, Verdict.PARTLY) and truth != "no"
        wrong += wrong_yes
        mark = "WRONG YES" if wrong_yes else "WRONG NO" if wrong_no else ""
        print(f"{mark:10}{truth:13}{found.verdict.value:30}{found.topic:22}{asked['question']}")
    print()
    verdicts = [verdict.value for verdict in Verdict]
    print(f"{'truth':14}" + "".join(f"{verdict:>30}" for verdict in verdicts))
    for truth in ("yes", "no", "fact", "unanswerable"):
        print(f"{truth:14}" + "".join(f"{table[truth, verdict]:30}" for verdict in verdicts))
    print(f"\nwrong yes: {wrong}")
    return wrong


def main() -> None:
    """Describe the state, or score a file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("questions", nargs="?", type=Path)
    parser.add_argument("--describe", action="store_true")
    options = parser.parse_args()
    if options.describe or options.questions is None:
        describe()
    else:
        raise SystemExit(bool(score(options.questions)))


if __name__ == "__main__":
    main()
