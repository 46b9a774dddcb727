"""Lists: read when they are activated, used until they are updated, counted against their quotas."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.services.guardduty.intel import intel
from tests.services.guardduty.guarded import Guarded, detection
from tests.services.organizations.house import OTHERS

BAD = "198.51.100.7"


def create(guarded: Guarded, name: str, location: str, **params: Any) -> str:
    stated = {"Name": location[-60:], "Format": "TXT", "Location": location, "Activate": True, **params}
    made: str = next(iter(guarded.mine(f"Create{name}", **stated).values()))
    return made


def matches(guarded: Guarded, address: str = "", name: str = "") -> list[str]:
    with guarded.house.store.reading() as reader:
        lists = intel(reader, guarded.account, "us-east-1", everywhere=True)
    return [match.list_name for match in (lists.address(address) if address else lists.name(name))]


@pytest.mark.parametrize("name", ["ThreatIntelSet", "ThreatEntitySet"])
def test_a_list_counts_while_it_is_active(guarded: Guarded, name: str) -> None:
    location = guarded.put("bad.txt", f"{BAD}\n203.0.113.0/24\n")
    id = create(guarded, name, location, Name="bad")
    key = {f"{name}Id": id}
    assert guarded.mine(f"Get{name}", **key)["Status"] == "ACTIVE"
    assert (matches(guarded, BAD), matches(guarded, "203.0.113.9")) == (["bad"], ["bad"])
    guarded.put("bad.txt", "192.0.2.1\n")
    assert (matches(guarded, BAD), matches(guarded, "192.0.2.1")) == (["bad"], [])
    guarded.mine(f"Update{name}", **key, Activate=True)
    assert (matches(guarded, BAD), matches(guarded, "192.0.2.1")) == ([], ["bad"])
    guarded.mine(f"Update{name}", **key, Activate=False)
    assert guarded.mine(f"Get{name}", **key)["Status"] == "INACTIVE"
    assert matches(guarded, "192.0.2.1") == []
    guarded.mine(f"Delete{name}", **key)
    assert guarded.mine(f"List{name}s") == {f"{name}Ids": []}
    assert guarded.house.error(f"Get{name}", None, "guardduty", DetectorId=guarded.detector, **key).code == (
        "BadRequestException"
    )


def test_entity_sets_know_names(guarded: Guarded) -> None:
    create(guarded, "ThreatEntitySet", guarded.put("names.txt", "evil.example\n"), Name="names")
    assert matches(guarded, name="www.evil.example") == ["names"]


def test_what_cannot_be_read_is_in_error(guarded: Guarded) -> None:
    id = create(guarded, "ThreatEntitySet", "https://feeds.s3.us-east-1.amazonaws.com/nothing.txt")
    told = guarded.mine("GetThreatEntitySet", ThreatEntitySetId=id)
    assert told["Status"] == "ERROR"
    assert "nothing.txt" in told["ErrorDetails"]
    other = create(guarded, "ThreatIntelSet", "https://example.com/list.txt")
    assert guarded.mine("GetThreatIntelSet", ThreatIntelSetId=other)["Status"] == "ERROR"
    for location in ("ftp://x/y", "s3://bucket", "nonsense"):
        params = {"Name": "n", "Format": "TXT", "Location": location, "Activate": True}
        with pytest.raises(Exception, match="location"):
            guarded.mine("CreateThreatIntelSet", **params)


@pytest.mark.parametrize("name", ["IPSet", "TrustedEntitySet"])
def test_nothing_is_found_of_who_is_trusted(guarded: Guarded, name: str) -> None:
    create(guarded, "ThreatIntelSet", guarded.put("bad.txt", BAD), Name="bad")
    create(guarded, name, guarded.put("ours.txt", "198.51.100.0/24\n"), Name="ours")
    assert guarded.record(detection(1)) == []
    assert matches(guarded, BAD) == []
    with pytest.raises(Exception, match="cannot have more than 1 active"):
        create(guarded, name, guarded.put("more.txt", BAD), Name="more")
    with pytest.raises(Exception, match="already exists"):
        create(guarded, name, guarded.put("more.txt", BAD), Name="ours", Activate=False)


def test_an_administrators_lists_are_its_members_too(guarded: Guarded) -> None:
    member = OTHERS[0]
    guarded.house.organization()
    guarded.house.join(member)
    guarded.house.join(OTHERS[1])
    guarded.run("EnableOrganizationAdminAccount", AdminAccountId=member)
    (theirs,) = guarded.run("ListDetectors", member)["DetectorIds"]
    email = f"{guarded.account}@example.com"
    guarded.run(
        "CreateMembers", member, DetectorId=theirs, AccountDetails=[{"AccountId": guarded.account, "Email": email}]
    )
    location = guarded.put("bad.txt", BAD)
    guarded.run(
        "CreateThreatIntelSet", member, DetectorId=theirs, Name="b", Format="TXT", Location=location, Activate=True
    )
    assert matches(guarded, BAD) == ["b"]
    with pytest.raises(Exception, match="member account"):
        create(guarded, "ThreatIntelSet", location)
