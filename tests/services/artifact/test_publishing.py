"""What is published is harmless, and whoever subscribed hears of it, and of changed agreements, until it was taken."""

from __future__ import annotations

import dataclasses
import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import garrison.services.artifact  # noqa: F401 - the import registers the operations
from garrison.access.telling import Outlets
from garrison.services.artifact.notifying import FILE, ArtifactUpkeep, deliver
from tests.detect.test_malware import EICAR
from tests.mailbox import Mailbox
from tests.services.organizations.house import MANAGEMENT, NOW, OTHERS, House

NAMES = {
    "name": "SOC 2", "series": "SOC 2", "category": "Attestations", "companyName": "Auditors", "productName": "All",
    "periodStart": NOW - 86_400, "periodEnd": NOW,
}  # fmt: skip


class Hook(http.server.ThreadingHTTPServer):
    """Takes events, unless it is `down`."""

    def __init__(self) -> None:
        hook = self
        self.down = False
        self.events: list[dict[str, Any]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(503 if hook.down else 200)
                self.end_headers()
                if not hook.down:
                    hook.events.append(json.loads(body))

            def log_message(self, format: str, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class Told(House):
    """A house whose Artifact tells a hook and a mailbox."""

    def __init__(self, directory: Path, hook: Hook, mailbox: Mailbox) -> None:
        super().__init__(directory)
        self.hook, self.mailbox = hook, mailbox
        outlets = Outlets(
            webhook=f"http://127.0.0.1:{hook.server_address[1]}/", smtp=f"smtp://127.0.0.1:{mailbox.server_address[1]}"
        )
        self.runtime = dataclasses.replace(self.runtime, artifacts=directory / "artifact", outlets=outlets)

    def subscribe(self, account: str, status: str = "SUBSCRIBED") -> None:
        self.run("PutAccountSettings", account, "artifact", notificationSubscriptionStatus=status)

    def publish(self, document: bytes) -> dict[str, Any]:
        made: dict[str, Any] = self.run("PublishReport", MANAGEMENT, "garrison", document=document, **NAMES)
        return made

    def file(self) -> list[dict[str, Any]]:
        file = self.runtime.artifacts / FILE  # type: ignore[operator]
        return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Told]:
    with Hook() as hook, Mailbox() as mailbox:
        made = Told(tmp_path, hook, mailbox)
        yield made
        made.close()
        hook.shutdown()
        mailbox.shutdown()


def test_subscribers_who_may_see_a_report_hear_of_each_new_version_once(house: Told) -> None:
    house.run("CreateOrganization")
    handshake = house.run("InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": OTHERS[0]})["Handshake"]
    house.run("AcceptHandshake", OTHERS[0], HandshakeId=handshake["Id"])
    for account in (MANAGEMENT, *OTHERS):
        house.subscribe(account)
    house.subscribe(OTHERS[1], "NOT_SUBSCRIBED")
    first = house.publish(b"one")
    assert house.publish(b"one") == first
    assert deliver(house.runtime) == 2
    assert deliver(house.runtime) == 0
    assert {e["account"] for e in house.hook.events} == {MANAGEMENT, OTHERS[0]}
    event = house.hook.events[0]
    assert (event["source"], event["detail-type"]) == ("aws.artifact", "AWS Artifact Report Update")
    assert event["resources"] == [first["reportArn"]]
    assert (event["detail"]["reportVersion"], event["detail"]["series"]) == (1, "SOC 2")
    assert sorted(house.mailbox.recipients) == [f"{MANAGEMENT}@example.com", f"{OTHERS[0]}@example.com"]
    assert first["reportArn"] in house.mailbox.letters[0]
    assert sorted(e["id"] for e in house.file()) == sorted(e["id"] for e in house.hook.events)
    assert house.publish(b"two")["reportVersion"] == 2
    assert deliver(house.runtime) == 2


def test_what_nobody_took_is_told_again_and_only_there(house: Told) -> None:
    house.subscribe(MANAGEMENT)
    house.hook.down = True
    house.publish(b"one")
    assert deliver(house.runtime) == 0
    assert (len(house.file()), len(house.mailbox.letters)) == (1, 1)
    house.hook.down = False
    assert deliver(house.runtime) == 0
    house.clock.advance(31)
    assert deliver(house.runtime) == 1
    assert (len(house.hook.events), len(house.file()), len(house.mailbox.letters)) == (1, 1, 1)
    house.hook.down = True
    house.publish(b"two")
    for _ in range(40):
        house.clock.advance(3600)
        deliver(house.runtime)
    house.hook.down = False
    house.clock.advance(3600)
    assert deliver(house.runtime) == 0, "after a day it is given up"


def test_a_document_with_malware_in_it_is_refused(house: Told) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as new:
        new.writestr("opinion.txt", EICAR)
    for document, more in ((EICAR, {}), (archive.getvalue(), {}), (b"fine", {"terms": EICAR})):
        error = house.error("PublishReport", MANAGEMENT, "garrison", document=document, **NAMES, **more)
        assert (error.code, "EICAR_Test_File" in error.message) == ("ValidationException", True)
    assert house.run("ListReports", MANAGEMENT, "artifact")["reports"] == []


def test_an_agreement_that_changes_is_told(house: Told) -> None:
    house.subscribe(MANAGEMENT)
    upkeep = ArtifactUpkeep(house.runtime, 3600)
    upkeep.look()
    assert house.hook.events == []
    folder = house.runtime.artifacts
    assert folder is not None
    folder.mkdir(exist_ok=True)
    from garrison.services.artifact.offers import OWN, offers

    agreement = offers(house.runtime).agreements[0]
    text = (
        f"nda: be silent\nagreements: [{{id: {agreement.id}, title: New, kind: BAA, regulations: [], description: d, "
    )
    (folder / OWN).write_text(text + "acceptance_terms: [yes we do], terminate_terms: [gone], text: changed}]\n")
    upkeep.look()
    upkeep.look()
    upkeep.close()
    assert [e["detail-type"] for e in house.hook.events] == ["AWS Artifact Agreement Update"]
    assert house.hook.events[0]["detail"]["agreementId"] == agreement.id
