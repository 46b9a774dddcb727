"""Accounts and groups: who is there, and with what."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable

from garrison.scan.host_checks.check import Verdict, failed, host_check, passed, settled, skipped
from garrison.scan.host_checks.configuration.accounts import Account, accounts, groups, shadows
from garrison.scan.host_checks.configuration.assignments import settings
from garrison.scan.host_checks.files import HostFiles

_FIRST_PERSON = 1000
_NOBODY = (65533, 65534)
_UMASK = re.compile(r"^\s*umask\s+(\S+)", re.MULTILINE)
_PROFILES = ("etc/profile", "etc/bash.bashrc", "etc/bashrc")


def _first_person(host: HostFiles) -> int:
    value = settings(host, "etc/login.defs").get("UID_MIN", "")
    return int(value) if value.isdigit() else _FIRST_PERSON


def _people(host: HostFiles) -> list[Account]:
    """Accounts of people who log in, root not among them."""
    first = _first_person(host)
    return [a for a in accounts(host) if a.uid >= first and a.uid not in _NOBODY and a.logs_in]


def _twice(pairs: Iterable[tuple[Hashable, str]]) -> list[str]:
    found: dict[Hashable, list[str]] = defaultdict(list)
    for key, name in pairs:
        found[key].append(name)
    return [f"{key}: {', '.join(names)}" for key, names in found.items() if len(names) > 1]


@host_check("accounts.empty-passwords", "No account has an empty password", level=1, fix="passwd -l USER")
def empty_passwords(host: HostFiles) -> Verdict:
    """Reads the second field of passwd and shadow. An empty one lets everybody in who knows the name."""
    wrong = [f"etc/passwd: {a.name}" for a in accounts(host) if not a.password]
    wrong += [f"etc/shadow: {s.name}" for s in shadows(host) or () if not s.password]
    return settled(wrong, good="None is empty.", bad="Accounts without a password.")


@host_check("accounts.shadowed", "Hashes of passwords stand in shadow alone", level=1, fix="pwconv")
def shadowed(host: HostFiles) -> Verdict:
    """Reads the second field of passwd, which everybody can read: a hash there is anybody's to try."""
    wrong = [a.name for a in accounts(host) if len(a.password) > 1 and a.password[0] not in "!*"]
    return settled(wrong, good="passwd holds no hash.", bad="Hashes that everybody can read.")


@host_check("accounts.one-root", "Only root has uid 0", level=1, fix="usermod -u NEW USER, or userdel USER")
def one_root(host: HostFiles) -> Verdict:
    """Reads the uids of passwd. Uid 0 is root whatever it is called; a second name for it is a way in unseen."""
    names = [a.name for a in accounts(host) if a.uid == 0]
    return settled([n for n in names if n != "root"], good="Only root.", bad="Others than root have uid 0.")


@host_check(
    "accounts.root-group", "Only root's own group is gid 0", level=1, fix="usermod -g GROUP USER; groupmod -g NEW GROUP"
)
def root_group(host: HostFiles) -> Verdict:
    """Reads gid 0 of passwd and group. Files of root are open to root's group; sync, shutdown, halt and operator may
    have it, as distributions ship them."""
    usual = ("root", "sync", "shutdown", "halt", "operator")
    wrong = [a.name for a in accounts(host) if a.gid == 0 and a.name not in usual]
    wrong += [f"group {g.name}" for g in groups(host) if g.gid == 0 and g.name != "root"]
    root = next((a for a in accounts(host) if a.name == "root"), None)
    if root is not None and root.gid != 0:
        wrong.append(f"root has gid {root.gid}")
    return settled(wrong, good="gid 0 is root's.", bad="gid 0 is not root's alone.")


@host_check("accounts.unique-uids", "No two accounts share a uid", level=1, fix="usermod -u NEW USER")
def unique_uids(host: HostFiles) -> Verdict:
    """Reads the uids of passwd. Two names with one uid are one account: what one did the other may have done."""
    return settled(_twice((a.uid, a.name) for a in accounts(host)), good="All differ.", bad="Shared uids.")


@host_check("accounts.unique-gids", "No two groups share a gid", level=1, fix="groupmod -g NEW GROUP")
def unique_gids(host: HostFiles) -> Verdict:
    """Reads the gids of group: members of one would have the other's files."""
    return settled(_twice((g.gid, g.name) for g in groups(host)), good="All differ.", bad="Shared gids.")


@host_check(
    "accounts.unique-names",
    "No name of an account or group stands twice",
    level=1,
    fix="Remove the second line (vipw, vigr)",
)
def unique_names(host: HostFiles) -> Verdict:
    """Reads the names of passwd and group. Programs take the first or the last line, and people see the other."""
    wrong = _twice((f"account {a.name}", str(a.uid)) for a in accounts(host))
    wrong += _twice((f"group {g.name}", str(g.gid)) for g in groups(host))
    return settled(wrong, good="All differ.", bad="Names that stand twice.")


@host_check(
    "accounts.known-groups",
    "Every account's group exists",
    level=1,
    fix="groupadd -g GID NAME, or usermod -g GROUP USER",
)
def known_groups(host: HostFiles) -> Verdict:
    """Reads the gids of passwd against group. Whoever makes the missing group later has these files."""
    known = {g.gid for g in groups(host)}
    wrong = [f"{a.name}: gid {a.gid}" for a in accounts(host) if a.gid not in known]
    return settled(wrong, good="All exist.", bad="Groups that do not exist.")


@host_check("accounts.shadow-group", "Nobody is in the group shadow", level=1, fix="gpasswd -d USER shadow")
def shadow_group(host: HostFiles) -> Verdict:
    """Reads the members of the group shadow, who can read every hash."""
    group = next((g for g in groups(host) if g.name == "shadow"), None)
    if group is None:
        return skipped("There is no group shadow.")
    wrong = [*group.members, *(a.name for a in accounts(host) if a.gid == group.gid)]
    return settled(wrong, good="It is empty.", bad="Accounts that read every hash.")


@host_check(
    "accounts.services-no-shell", "Accounts of services have no shell", level=1, fix="usermod -s /usr/sbin/nologin USER"
)
def services_no_shell(host: HostFiles) -> Verdict:
    """Reads the shells of passwd for uids below UID_MIN of login.defs, root apart. Nobody works as a service's account;
    whoever does has taken it over."""
    first = _first_person(host)
    wrong = [f"{a.name}: {a.shell or '/bin/sh'}" for a in accounts(host) if 0 < a.uid < first and a.logs_in]
    return settled(wrong, good="None has one.", bad="Accounts of services that can log in.")


@host_check(
    "accounts.legacy-lines",
    "No line of passwd, shadow or group takes in a network's accounts",
    level=1,
    fix="Remove lines that start with +",
)
def legacy_lines(host: HostFiles) -> Verdict:
    """Reads passwd, shadow and group for lines with `+`, which once took in NIS: where that is gone, the line may be an
    account named + without a password."""
    files = ("etc/passwd", "etc/shadow", "etc/group")
    wrong = [f"{f}: {line.partition(':')[0]}" for f in files for line in host.lines(f) if line.startswith("+")]
    return settled(wrong, good="There is none.", bad="Lines of NIS.")


@host_check(
    "accounts.homes", "Homes exist and belong to their people", level=1, fix="mkhomedir_helper USER; chown USER: HOME"
)
def homes(host: HostFiles) -> Verdict:
    """Looks at the home of every account that logs in: without one, people start in / ; of somebody else's, that one
    writes what runs at log-in."""
    wrong = []
    people = _people(host)
    for account in people:
        entry = host.entry(account.home.strip("/")) if account.home.strip("/") else None
        if entry is None:
            wrong.append(f"{account.name}: no {account.home or 'home'}")
        elif host.live and entry.uid != account.uid:
            wrong.append(f"{account.name}: {account.home} belongs to uid {entry.uid}")
    if not people:
        return skipped("Nobody but root logs in.")
    return settled(wrong, good="All exist.", bad="Homes that are missing or of others.")


@host_check("accounts.home-rights", "Nobody else looks into a home", level=1, fix="chmod 750 HOME")
def home_rights(host: HostFiles) -> Verdict:
    """Looks at the modes of homes: 750 or less. Keys, histories and drafts are their owner's."""
    entries = [e for e in (host.entry(a.home.strip("/")) for a in _people(host) if a.home.strip("/")) if e is not None]
    if not entries:
        return skipped("There are no homes.")
    wrong = [str(e) for e in entries if e.rights & 0o027]
    return settled(wrong, good="750 or less.", bad="Homes that others can look or write into.")


@host_check(
    "accounts.dot-files",
    "No home holds passwords in the open or trust in hosts",
    level=1,
    fix="Remove .rhosts, .shosts, .netrc and .forward",
)
def dot_files(host: HostFiles) -> Verdict:
    """Looks for .rhosts, .shosts, .netrc and .forward in homes, root's too: log-in without a password, passwords in
    clear text, mail that leaves unseen."""
    homes_of = [(a.name, a.home.strip("/")) for a in accounts(host) if a.logs_in and a.home.strip("/")]
    names = (".rhosts", ".shosts", ".netrc", ".forward")
    wrong = [f"{home}/{n}" for _, home in homes_of for n in names if host.listed(f"{home}/{n}")]
    return settled(dict.fromkeys(wrong), good="There is none.", bad="Files that give access away.")


@host_check(
    "accounts.umask",
    "New files are not open to everybody",
    level=1,
    fix="UMASK 027 in /etc/login.defs; umask 027 in /etc/profile",
)
def umask(host: HostFiles) -> Verdict:
    """Reads UMASK of login.defs and umask in profile, bash.bashrc and profile.d: 027 or stricter."""
    found = {}
    if value := settings(host, "etc/login.defs").get("UMASK"):
        found["etc/login.defs"] = value
    for path in (*_PROFILES, *host.glob("etc/profile.d", "*.sh")):
        if values := _UMASK.findall(host.text(path) or ""):
            found[path] = values[-1]
    if not found:
        return failed("No umask is set.")
    wrong = [f"{path}: {value}" for path, value in found.items() if not _strict(value)]
    return settled(wrong, good="027 or stricter.", bad="New files are open to others.")


def _strict(value: str) -> bool:
    if re.fullmatch(r"[0-7]{1,4}", value):
        return int(value, 8) & 0o027 == 0o027
    # Symbolic: what is kept for others, u=rwx,g=rx,o=
    parts = dict(p.partition("=")[::2] for p in value.split(","))
    return parts.get("o") == "" and "w" not in parts.get("g", "w")


@host_check(
    "accounts.shell-timeout",
    "Shells left alone end",
    level=1,
    fix="readonly TMOUT=900; export TMOUT in /etc/profile.d/timeout.sh",
)
def shell_timeout(host: HostFiles) -> Verdict:
    """Reads TMOUT in profile, bash.bashrc and profile.d: at most 900 seconds, and read-only, so that nobody takes it
    off."""
    text = "\n".join(host.text(p) or "" for p in (*_PROFILES, *host.glob("etc/profile.d", "*.sh")))
    text = re.sub(r"(?m)^\s*#.*$", "", text)
    values = [int(v) for v in re.findall(r"\bTMOUT=(\d+)", text)]
    if not values or not 0 < values[-1] <= 900:
        return failed(f"TMOUT is {values[-1] if values else 'not set'}.")
    if not re.search(r"(readonly|typeset -\w*r\w*|declare -\w*r\w*)\s+(\w+\s+)*TMOUT\b", text):
        return failed("TMOUT is not read-only.")
    return passed(f"TMOUT is {values[-1]}.")
