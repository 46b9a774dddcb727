"""How the system starts, and who may say so."""

from __future__ import annotations

import re

from garrison.scan.host_checks.check import Verdict, failed, host_check, passed, settled, skipped
from garrison.scan.host_checks.configuration.accounts import shadows
from garrison.scan.host_checks.files import HostFiles

_GRUB = ("boot/grub/grub.cfg", "boot/grub2/grub.cfg", "boot/grub/user.cfg", "boot/grub2/user.cfg")
_OPEN_RESCUE = re.compile(r"SYSTEMD_SULOGIN_FORCE=[\"']?(?:1|y|t|on)\w*")
_NO_GRUB = "There is no GRUB here (no boot/grub/grub.cfg, no boot/grub2/grub.cfg)."


@host_check(
    "start.rights", "Only root reads how the system starts", level=1, fix="chown root:root FILE; chmod 600 FILE"
)
def boot_rights(host: HostFiles) -> Verdict:
    """Looks at owner and mode of grub.cfg and user.cfg: 600 or less. They hold the start's password, and how to get
    past it."""
    found = [e for e in (host.entry(p) for p in _GRUB) if e is not None]
    if not found:
        return skipped(_NO_GRUB)
    return settled(
        [str(e) for e in found if e.uid or e.gid or e.rights & ~0o600], good="600 or less.", bad="Others read it."
    )


@host_check(
    "start.password",
    "Changing how the system starts takes a password",
    level=1,
    fix="grub-mkpasswd-pbkdf2; set superusers and password_pbkdf2 in /etc/grub.d/40_custom; update-grub",
)
def boot_password(host: HostFiles) -> Verdict:
    """Reads grub.cfg and user.cfg for superusers and a hash. Whoever is at the console starts a shell of root instead
    of the system otherwise."""
    texts = [t for t in (host.text(p) for p in _GRUB) if t is not None]
    if not texts:
        return skipped(_NO_GRUB)
    text = "\n".join(texts)
    users = re.search(r"(?m)^\s*set superusers=", text) and re.search(r"(?m)^\s*password(_pbkdf2)?\s+\S+\s+\S+", text)
    if users or re.search(r"(?m)^GRUB2_PASSWORD=grub\.pbkdf2", text):
        return passed("It does.")
    return failed("There is no password.")


@host_check("start.rescue-password", "The rescue shell asks for root's password", level=1, fix="passwd root")
def rescue_password(host: HostFiles) -> Verdict:
    """Reads root's line of shadow: a password, or locked, so that nobody is let in without (and SYSTEMD_SULOGIN_FORCE
    is not set for rescue.service and emergency.service, which would open a locked one)."""
    lines = shadows(host)
    root = next((s for s in lines or () if s.name == "root"), None)
    if root is None:
        return skipped("There is no root in etc/shadow.")
    wrong = [] if root.password else ["root has an empty password"]
    for unit in ("rescue.service", "emergency.service"):
        for path in (f"etc/systemd/system/{unit}", *host.glob(f"etc/systemd/system/{unit}.d", "*.conf")):
            wrong += [f"{path}: {found}" for found in _OPEN_RESCUE.findall(host.text(path) or "")]
    return settled(wrong, good="It does.", bad="It lets everybody in.")
