"""Virtual MFA devices: made, enabled with real codes, proved with, and taken away again."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import pytest

from garrison.access.mfa import verify_mfa
from garrison.policy.principal import Principal, RoleSession, Root, User
from garrison.services.iam import totp
from garrison.services.iam.mfa_devices import draw
from garrison.services.iam.resources import MFA_DEVICE
from tests.services.iam.conftest import ACCOUNT, NOW, OTHER_ACCOUNT, Iam

WRONG = ("InvalidAuthenticationCode", "Authentication code for device is not valid.")


class Device:
    """An authenticator app in somebody's hand."""

    def __init__(self, iam: Iam, name: str = "phone") -> None:
        made = iam.run("CreateVirtualMFADevice", VirtualMFADeviceName=name)["VirtualMFADevice"]
        self.iam = iam
        self.serial: str = made["SerialNumber"]
        self.seed = base64.b32decode(made["Base32StringSeed"])

    def code(self, off: int = 0) -> str:
        return totp.code(self.seed, totp.step_at(self.iam.clock.now()) + off)

    def pair(self, off: int = 0) -> dict[str, Any]:
        return {"AuthenticationCode1": self.code(off - 1), "AuthenticationCode2": self.code(off)}

    def enable(self, user: str) -> None:
        self.iam.run("EnableMFADevice", UserName=user, SerialNumber=self.serial, **self.pair())

    def proves(self, principal: Principal, code: str) -> bool:
        now = self.iam.clock.now()
        return self.iam.runtime.store.writing(
            lambda tx: verify_mfa(self.iam.runtime, tx, principal, self.serial, code, now)
        )


@pytest.fixture
def ana(iam: Iam) -> User:
    return iam.user("ana")


def test_a_new_device_shows_its_seed_and_a_png_once(iam: Iam) -> None:
    made = iam.run("CreateVirtualMFADevice", VirtualMFADeviceName="phone", Path="/x/")["VirtualMFADevice"]
    assert made["SerialNumber"] == f"arn:aws:iam::{ACCOUNT}:mfa/x/phone"
    assert len(made["Base32StringSeed"]) == 64
    png = made["QRCodePNG"]
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    length, kind = struct.unpack(">I4s", png[8:16])
    assert struct.unpack(">I", png[16 + length : 20 + length])[0] == zlib.crc32(png[12 : 16 + length])
    assert kind == b"IHDR"
    with iam.runtime.store.reading() as reader:
        row = reader.by_id(MFA_DEVICE, made["SerialNumber"])
    assert row is not None
    assert base64.b32decode(made["Base32StringSeed"]) not in row.body.sealed_seed
    shown = iam.run("ListVirtualMFADevices")["VirtualMFADevices"]
    assert shown == [{"SerialNumber": made["SerialNumber"]}]


def test_the_qr_code_names_device_and_account_or_its_alias(iam: Iam) -> None:
    with iam.runtime.store.reading() as reader:
        new = draw(reader, ACCOUNT, "phone")
    secret = new.base32.decode()
    assert new.uri == (
        f"otpauth://totp/Amazon%20Web%20Services:phone@{ACCOUNT}?secret={secret}&issuer=Amazon%20Web%20Services"
    )
    iam.run("CreateAccountAlias", AccountAlias="acme")
    with iam.runtime.store.reading() as reader:
        assert ":phone@acme?" in draw(reader, ACCOUNT, "phone").uri


def test_a_name_is_taken_at_its_path_only(iam: Iam) -> None:
    iam.run("CreateVirtualMFADevice", VirtualMFADeviceName="phone")
    assert iam.refused("CreateVirtualMFADevice", VirtualMFADeviceName="Phone") == (
        "EntityAlreadyExists",
        "MFADevice entity at the same path and name already exists.",
    )
    iam.run("CreateVirtualMFADevice", VirtualMFADeviceName="phone", Path="/x/")
    first = iam.run("ListVirtualMFADevices", MaxItems=1)
    rest = iam.run("ListVirtualMFADevices", Marker=first["Marker"])
    serials = [d["SerialNumber"] for d in first["VirtualMFADevices"] + rest["VirtualMFADevices"]]
    assert serials == [f"arn:aws:iam::{ACCOUNT}:mfa/phone", f"arn:aws:iam::{ACCOUNT}:mfa/x/phone"]


def test_a_name_no_operation_could_give_is_refused_and_the_longest_others_are_paged(iam: Iam) -> None:
    path = "/" + "p" * 100 + "/"
    room = 256 - len(f"arn:aws:iam::{ACCOUNT}:mfa{path}")
    assert iam.refused("CreateVirtualMFADevice", VirtualMFADeviceName="n" * (room + 1), Path=path)[0] == (
        "ValidationError"
    )
    for first in "ab":
        iam.run("CreateVirtualMFADevice", VirtualMFADeviceName=first + "n" * (room - 1), Path=path)
    page = iam.run("ListVirtualMFADevices", MaxItems=1)
    assert len(page["Marker"]) <= 320
    assert len(iam.run("ListVirtualMFADevices", Marker=page["Marker"])["VirtualMFADevices"]) == 1


def test_two_consecutive_codes_enable_a_device(iam: Iam, ana: User) -> None:
    device = Device(iam)
    same: dict[str, Any] = {"AuthenticationCode1": device.code(), "AuthenticationCode2": device.code()}
    assert iam.refused("EnableMFADevice", UserName="ana", SerialNumber=device.serial, **same) == WRONG
    device.enable("ana")
    enabled = {"UserName": "ana", "SerialNumber": device.serial, "EnableDate": NOW}
    assert iam.run("ListMFADevices", by=ana) == {"MFADevices": [enabled], "IsTruncated": False}
    assert iam.run("GetMFADevice", SerialNumber=device.serial, UserName="ana") == enabled
    assigned = iam.run("ListVirtualMFADevices", AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert assigned[0]["User"]["UserId"] == ana.id
    assert iam.run("ListVirtualMFADevices", AssignmentStatus="Unassigned")["VirtualMFADevices"] == []
    iam.user("bob")
    code, _ = iam.refused("EnableMFADevice", UserName="bob", SerialNumber=device.serial, **device.pair())
    assert code == "EntityAlreadyExists"


def test_codes_read_minutes_ago_still_enable_but_codes_of_yesterday_do_not(iam: Iam, ana: User) -> None:
    device = Device(iam)
    old = device.pair()
    iam.clock.advance(86_400)
    assert iam.refused("EnableMFADevice", UserName="ana", SerialNumber=device.serial, **old) == WRONG
    recent = device.pair()
    iam.clock.advance(120)
    iam.run("EnableMFADevice", UserName="ana", SerialNumber=device.serial, **recent)
    assert device.proves(ana, device.code())


def test_a_code_is_accepted_once(iam: Iam, ana: User) -> None:
    device = Device(iam)
    device.enable("ana")
    assert not device.proves(ana, device.code()), "the second code of enabling is burned"
    iam.clock.advance(30)
    code = device.code()
    assert device.proves(ana, code)
    assert not device.proves(ana, code)
    assert not device.proves(ana, "000000" if code != "000000" else "111111")


def test_who_guesses_is_stopped_for_a_while(iam: Iam, ana: User) -> None:
    device = Device(iam)
    device.enable("ana")
    iam.clock.advance(30)
    wrong = "000000" if device.code() != "000000" else "111111"
    assert not any(device.proves(ana, wrong) for _ in range(10))
    assert not device.proves(ana, device.code())
    iam.clock.advance(299)
    assert not device.proves(ana, device.code())
    iam.clock.advance(1)
    assert device.proves(ana, device.code())


def test_a_device_proves_its_owner_and_nobody_else(iam: Iam, ana: User) -> None:
    device = Device(iam)
    assert not device.proves(ana, device.code())
    device.enable("ana")
    iam.clock.advance(30)
    bob = iam.user("bob")
    session = RoleSession(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/r", "AROAX", "s")
    for other in (bob, Root(ACCOUNT), Root(OTHER_ACCOUNT), session):
        assert not device.proves(other, device.code())
    assert device.proves(ana, device.code())


def test_a_device_whose_clock_is_off_is_resynchronized(iam: Iam, ana: User) -> None:
    device = Device(iam)
    device.enable("ana")
    iam.clock.advance(60)
    assert not device.proves(ana, device.code(40))
    iam.run("ResyncMFADevice", UserName="ana", SerialNumber=device.serial, **device.pair(40))
    assert not device.proves(ana, device.code(40))
    assert device.proves(ana, device.code(41))
    replay = device.pair(41)
    assert iam.refused("ResyncMFADevice", UserName="ana", SerialNumber=device.serial, **replay) == WRONG


def test_a_device_in_use_goes_only_after_it_is_deactivated(iam: Iam, ana: User) -> None:
    device = Device(iam)
    device.enable("ana")
    assert iam.refused("DeleteVirtualMFADevice", SerialNumber=device.serial) == (
        "DeleteConflict",
        "MFA VirtualDevice in use. Must deactivate first.",
    )
    assert iam.refused("DeleteUser", UserName="ana") == (
        "DeleteConflict",
        "Cannot delete entity, must delete MFA device first.",
    )
    iam.user("bob")
    assert iam.refused("DeactivateMFADevice", UserName="bob", SerialNumber=device.serial)[0] == "NoSuchEntity"
    iam.run("DeactivateMFADevice", UserName="ana", SerialNumber=device.serial)
    iam.clock.advance(30)
    assert not device.proves(ana, device.code())
    assert iam.run("ListMFADevices", UserName="ana")["MFADevices"] == []
    iam.run("DeleteVirtualMFADevice", SerialNumber=device.serial)
    assert iam.refused("DeleteVirtualMFADevice", SerialNumber=device.serial) == (
        "NoSuchEntity",
        f"VirtualMFADevice with serial number {device.serial} doesn't exist.",
    )
    iam.run("DeleteUser", UserName="ana")


def test_a_device_enabled_again_does_not_take_its_burned_codes(iam: Iam, ana: User) -> None:
    device = Device(iam)
    pair = device.pair()
    device.enable("ana")
    iam.run("DeactivateMFADevice", UserName="ana", SerialNumber=device.serial)
    assert iam.refused("EnableMFADevice", UserName="ana", SerialNumber=device.serial, **pair) == WRONG


def test_eight_devices_and_no_ninth(iam: Iam, ana: User) -> None:
    for n in range(8):
        Device(iam, f"phone{n}").enable("ana")
    ninth = Device(iam, "phone8")
    assert iam.refused("EnableMFADevice", UserName="ana", SerialNumber=ninth.serial, **ninth.pair()) == (
        "LimitExceeded",
        "Cannot exceed quota for MFADevicesPerUser: 8",
    )
    assert len(iam.run("ListMFADevices", UserName="ana")["MFADevices"]) == 8


def test_another_account_does_not_see_a_device(iam: Iam) -> None:
    device = Device(iam)
    other = Root(OTHER_ACCOUNT)
    assert iam.refused("DeleteVirtualMFADevice", by=other, SerialNumber=device.serial)[0] == "NoSuchEntity"
    assert iam.refused("GetMFADevice", by=other, SerialNumber=device.serial)[0] == "NoSuchEntity"


def test_devices_carry_tags(iam: Iam) -> None:
    serial = Device(iam).serial
    iam.run("TagMFADevice", SerialNumber=serial, Tags=[{"Key": "Team", "Value": "a"}, {"Key": "x", "Value": ""}])
    iam.run("TagMFADevice", SerialNumber=serial, Tags=[{"Key": "team", "Value": "b"}])
    iam.run("UntagMFADevice", SerialNumber=serial, TagKeys=["X", "never"])
    assert iam.run("ListMFADeviceTags", SerialNumber=serial)["Tags"] == [{"Key": "team", "Value": "b"}]
