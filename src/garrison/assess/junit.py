"""Results as JUnit XML: a suite for each account, a case for each check and subject."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from garrison.checks.check import Result, Status

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Iterable[Result]) -> str:
    """A document: failures are failures, what could not be read is an error, what has nothing to look at is skipped."""
    by_account: dict[str, list[Result]] = {}
    for result in results:
        by_account.setdefault(result.account, []).append(result)
    suites = ET.Element("testsuites", name="garrison assess")
    for account, several in by_account.items():
        suite = ET.SubElement(suites, "testsuite", name=f"account {account}", tests=str(len(several)))
        counts = {"failures": 0, "errors": 0, "skipped": 0}
        for r in several:
            case = ET.SubElement(suite, "testcase", classname=r.check, name=f"{r.title} [{r.outcome.subject}]")
            text = _NOT_XML.sub("\ufffd", r.outcome.reason)
            if r.status is Status.FAIL:
                counts["failures"] += 1
                fix = () if r.outcome.fix is None else r.outcome.fix.commands
                made = ET.SubElement(case, "failure", type=r.severity, message=text)
                made.text = _NOT_XML.sub("\ufffd", "\n".join(fix))
            elif r.status is Status.NOT_AVAILABLE:
                counts["errors"] += 1
                ET.SubElement(case, "error", type="NOT_AVAILABLE", message=text)
            elif r.status is not Status.PASS:
                counts["skipped"] += 1
                ET.SubElement(case, "skipped", message=f"{r.status.value}: {text}")
        suite.attrib |= {name: str(n) for name, n in counts.items()}
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True)
