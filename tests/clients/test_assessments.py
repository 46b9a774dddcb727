"""Assessments, frameworks and evidence, asked over the API by who may see them and by who may not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.agreements import session
from tests.clients.scenario import allow, policy
from tests.clients.server import Credentials, Server

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("assessments")]


class Place:
    """An organization of two accounts that was assessed, on a server of its own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.clients: dict[tuple[str, Credentials], Any] = {}
        self.account, self.root = server.new_account("assessed")
        organizations = self.client("organizations", self.root)
        organizations.create_organization(FeatureSet="ALL")
        self.member, self.member_root = server.new_account("member")
        sent = organizations.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": self.member})
        self.client("organizations", self.member_root).accept_handshake(HandshakeId=sent["Handshake"]["Id"])
        self.stranger, self.stranger_root = server.new_account("stranger")
        garrison = self.client("garrison", self.root)
        assert refused(garrison.get_assessment)[0] == "ResourceNotFoundException"
        assert garrison.start_assessment()["accounts"] == sorted([self.account, self.member])
        deadline = time.monotonic() + 120
        while garrison.list_assessments()["running"]:
            assert time.monotonic() < deadline, (server.data / "assess.log").read_text()
            time.sleep(0.1)

    def client(self, service: str, keys: Credentials) -> Any:
        made = self.clients.get((service, keys))
        if made is None:
            once = Config(retries={"total_max_attempts": 1})
            made = session(keys).client(service, endpoint_url=self.server.url, config=once)
            self.clients[service, keys] = made
        return made

    def user(self, name: str, *statements: dict[str, Any]) -> Credentials:
        iam = self.client("iam", self.root)
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with Server(tmp_path_factory.mktemp("assessments") / "data") as server:
        yield Place(server)


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_who_manages_the_organization_sees_all_of_it_a_member_itself_and_a_stranger_nothing(place: Place) -> None:
    garrison = place.client("garrison", place.root)
    listed = garrison.list_assessments()["assessments"]
    assert listed[0]["accounts"] == sorted([place.account, place.member])
    assert listed[0]["whole"]
    found = garrison.get_assessment()
    assert found["evidence"]["intact"]
    assert found["assessment"] == listed[0]
    pages = garrison.get_paginator("list_assessment_results").paginate(PaginationConfig={"PageSize": 40})
    several = [one for page in pages for one in page["results"]]
    assert len(several) == sum(listed[0]["statuses"].values())
    assert len({one["evidenceId"] for one in several}) == len(several)
    statuses = [one["status"] for one in several]
    assert statuses == sorted(statuses, key=["FAIL", "NOT_AVAILABLE", "EXCEPTED", "PASS", "NOT_APPLICABLE"].index)

    member = place.client("garrison", place.member_root)
    assert member.get_assessment()["assessment"]["accounts"] == [place.member]
    own = member.list_assessment_results(maxResults=500)["results"]
    assert {one["accountId"] for one in own} == {place.member}
    assert sum(member.get_framework_standing(framework="soc2")["statuses"].values()) == 27
    theirs = next(one for one in several if one["accountId"] == place.account)["evidenceId"]
    assert refused(member.get_evidence, evidenceId=theirs)[0] == "ResourceNotFoundException"
    assert garrison.get_evidence(evidenceId=theirs[:12])["sha256"] == theirs
    report = json.loads(member.get_framework_report(framework="soc2", form="json")["document"])
    assert report["accounts"] == [place.member]
    assert place.account not in json.dumps(report)

    assert refused(garrison.get_assessment_changes)[0] == "ResourceNotFoundException"

    stranger = place.client("garrison", place.stranger_root)
    assert stranger.list_assessments()["assessments"] == []
    assert refused(stranger.get_assessment)[0] == "ResourceNotFoundException"
    assert refused(stranger.get_evidence, evidenceId=theirs)[0] == "ResourceNotFoundException"


def test_policies_say_who_reads_which_framework(place: Place) -> None:
    framework = f"arn:aws:garrison:us-east-1:{place.account}:framework/pci-dss-4.0"
    keys = place.user("auditor", allow("garrison:GetFramework*", Resource=framework))
    auditor = place.client("garrison", keys)
    assert auditor.get_framework_standing(framework="pci-dss-4.0")["framework"]["requirements"] == 106
    assert auditor.get_framework_trend(framework="pci-dss-4.0")["points"][-1]["requirements"] == 106
    code, message = refused(auditor.get_framework_standing, framework="soc2")
    assert code == "AccessDeniedException"
    assert f"arn:aws:iam::{place.account}:user/auditor is not authorized to perform" in message
    for call in (auditor.get_assessment, auditor.start_assessment, auditor.list_assessment_results):
        assert refused(call)[0] == "AccessDeniedException"


def test_labs_are_everybodys_and_learners_the_first_accounts(place: Place) -> None:
    first = place.client("garrison", place.server.root)
    labs = first.list_labs()["labs"]
    assert [lab["number"] for lab in labs] == sorted(lab["number"] for lab in labs)
    assert all(lab["steps"] for lab in labs)
    place.server.command("lab", "start", "2", "--learner", "ana")
    found = first.list_lab_progress()["progress"]
    assert [(one["learner"], one["number"], one["done"], one["running"]) for one in found] == [("ana", 2, 0, True)]
    assert place.client("garrison", place.root).list_lab_progress()["progress"] == []
    nobody = place.client("garrison", place.user("no-learner", allow("iam:GetUser")))
    assert refused(nobody.list_lab_progress)[0] == "AccessDeniedException"


def test_stories_are_told_with_what_came_of_them_last(place: Place) -> None:
    garrison = place.client("garrison", place.root)
    assert all("told" not in story for story in garrison.list_stories()["stories"])
    place.server.command("story", "run", "open-role")
    stories = {story["storyId"]: story for story in garrison.list_stories()["stories"]}
    told = stories.pop("open-role")["told"]
    assert told["held"], told["problem"]
    assert "FAIL" in {one["status"] for one in told["before"]["checks"]}
    assert [one["outcome"] for one in told["before"]["tries"]] != [one["outcome"] for one in told["after"]["tries"]]
    assert told["steps"]
    assert all("told" not in story for story in stories.values())


def test_what_is_not_there_and_what_is_no_request_answer_as_aws_does(place: Place) -> None:
    garrison = place.client("garrison", place.root)
    assert refused(garrison.get_framework_standing, framework="nothing-such")[0] == "ResourceNotFoundException"
    assert refused(garrison.get_assessment, assessmentId="0000000000")[0] == "ResourceNotFoundException"
    assert refused(garrison.list_assessments, nextToken="nonsense")[0] == "ValidationException"
    assert refused(garrison.list_assessment_results, checkId="iam.x", status="BAD")[0] == "ValidationException"


def test_nothing_is_told_from_evidence_that_was_altered(place: Place) -> None:
    run = max((place.server.data / "evidence" / "runs").iterdir())
    written = run.read_bytes()
    run.write_bytes(written.replace(b'"status":"FAIL"', b'"status":"PASS"', 1))
    try:
        garrison = place.client("garrison", place.root)
        state = garrison.get_assessment()["evidence"]
        assert not state["intact"]
        assert state["problems"]
        assert refused(garrison.list_assessment_results)[0] == "InternalServerException"
        assert refused(garrison.get_framework_standing, framework="soc2")[0] == "InternalServerException"
    finally:
        run.write_bytes(written)
    assert garrison.get_assessment()["evidence"]["intact"]
