"""Services and programs a server does without."""

from __future__ import annotations

import re

from garrison.scan.host_checks.check import Verdict, host_check, passed, settled, skipped
from garrison.scan.host_checks.configuration.assignments import settings
from garrison.scan.host_checks.files import HostFiles

_FIX = "apt purge PACKAGE (dnf remove PACKAGE); or except the check, if serving this is what the host is for"


def _absent(host: HostFiles, *names: str) -> Verdict:
    """Passed if no package of `names` is installed."""
    installed = host.packages
    if installed is None:
        return skipped("There is no package database.")
    return settled([n for n in names if n in installed], good="None is installed.", bad="Packages nobody needs here.")


@host_check("services.remote-shells", "No service gives shells over unencrypted connections", level=1, fix=_FIX)
def remote_shells(host: HostFiles) -> Verdict:
    """Reads the package database for servers of telnet and rsh: passwords in clear text, or none at all."""
    return _absent(
        host, "telnetd", "telnetd-ssl", "inetutils-telnetd", "telnet-server", "rsh-server", "rsh-redone-server"
    )


@host_check("services.clear-text-clients", "No program sends passwords in the clear", level=1, fix=_FIX)
def clear_text_clients(host: HostFiles) -> Verdict:
    """Reads the package database for clients of telnet, rsh, talk, NIS, FTP and TFTP: there is an encrypted one for
    each."""
    names = (
        "telnet",
        "inetutils-telnet",
        "rsh",
        "rsh-client",
        "rsh-redone-client",
        "talk",
        "nis",
        "ypbind",
        "ftp",
        "tnftp",
        "lftp",
        "tftp",
    )
    return _absent(host, *names)


@host_check("services.file-transfer", "No FTP or TFTP server runs", level=1, fix=_FIX)
def file_transfer(host: HostFiles) -> Verdict:
    """Reads the package database for FTP and TFTP servers: passwords in clear text, or none at all."""
    return _absent(
        host,
        "vsftpd",
        "proftpd-basic",
        "proftpd-core",
        "pure-ftpd",
        "ftpd",
        "tftpd",
        "tftpd-hpa",
        "atftpd",
        "tftp-server",
    )


@host_check("services.file-sharing", "The host shares no folders", level=1, fix=_FIX)
def file_sharing(host: HostFiles) -> Verdict:
    """Reads the package database for servers of NFS, SMB and their port mapper."""
    return _absent(host, "nfs-kernel-server", "nfs-utils", "samba", "rpcbind")


@host_check("services.announcements", "The host announces nothing and prints nothing", level=1, fix=_FIX)
def announcements(host: HostFiles) -> Verdict:
    """Reads the package database for Avahi and CUPS: both listen on every network a laptop joins, for what a server
    does not do."""
    return _absent(host, "avahi-daemon", "avahi", "cups", "cups-daemon", "cups-browsed")


@host_check("services.directories", "The host is no server of names, addresses or accounts", level=1, fix=_FIX)
def directories(host: HostFiles) -> Verdict:
    """Reads the package database for servers of DNS, DHCP, LDAP and NIS."""
    return _absent(
        host,
        "bind9",
        "bind",
        "dnsmasq",
        "isc-dhcp-server",
        "kea-dhcp4-server",
        "dhcp-server",
        "slapd",
        "openldap-servers",
        "ypserv",
    )


@host_check("services.monitoring", "No SNMP server runs", level=1, fix=_FIX)
def monitoring(host: HostFiles) -> Verdict:
    """Reads the package database for snmpd, whose first two versions send their password in clear text."""
    return _absent(host, "snmpd", "net-snmp")


@host_check("services.super-servers", "No super-server starts services for whoever connects", level=1, fix=_FIX)
def super_servers(host: HostFiles) -> Verdict:
    """Reads the package database for xinetd and inetd, which start whatever stands in
    their files, for whoever connects."""
    return _absent(host, "xinetd", "openbsd-inetd", "inetutils-inetd")


@host_check("services.remote-copies", "No rsync server runs", level=1, fix="systemctl mask rsync; or remove rsync")
def remote_copies(host: HostFiles) -> Verdict:
    """Looks for rsyncd.conf, without which rsync's server serves nothing: what it serves goes unencrypted."""
    shared = [line for line in host.lines("etc/rsyncd.conf") if re.match(r"\[(?!global\b)", line)]
    return settled(shared, good="It serves nothing.", bad="Folders served unencrypted.")


@host_check("services.desktop", "There is no desktop", level=2, fix=_FIX)
def desktop(host: HostFiles) -> Verdict:
    """Reads the package database for X servers and desktops' log-ins: much code, running as root, for a screen nobody
    looks at."""
    return _absent(host, "xserver-xorg", "xserver-xorg-core", "xorg-x11-server-Xorg", "gdm3", "gdm", "lightdm", "sddm")


@host_check("services.compilers", "There is no compiler", level=2, fix=_FIX)
def compilers(host: HostFiles) -> Verdict:
    """Reads the package database for gcc, g++ and clang. Intruders build their tools where they are; what is built for
    this host is better built elsewhere."""
    return _absent(host, "gcc", "g++", "gcc-c++", "clang")


@host_check(
    "services.local-mail",
    "The mail server takes mail of this host alone",
    level=1,
    fix="inet_interfaces = loopback-only in /etc/postfix/main.cf; dc_local_interfaces='127.0.0.1 ; ::1' for Exim",
)
def local_mail(host: HostFiles) -> Verdict:
    """Reads inet_interfaces of Postfix (all unless set) and dc_local_interfaces of Debian's Exim (empty: all). Mail of
    others is the business of mail servers."""
    local = {"loopback-only", "localhost", "127.0.0.1", "::1", "[::1]"}
    wrong = []
    there = False
    if host.text("etc/postfix/main.cf") is not None:
        there = True
        value = settings(host, "etc/postfix/main.cf").get("inet_interfaces", "all")
        if not set(re.split(r"[\s,]+", value)) <= local:
            wrong.append(f"etc/postfix/main.cf: inet_interfaces = {value}")
    if host.text("etc/exim4/update-exim4.conf.conf") is not None:
        there = True
        value = settings(host, "etc/exim4/update-exim4.conf.conf").get("dc_local_interfaces", "")
        if not value or not set(re.split(r"[\s;]+", value)) <= local:
            wrong.append(f"etc/exim4/update-exim4.conf.conf: dc_local_interfaces={value}")
    return settled(wrong, good="It does.", bad="Mail comes in from the network.") if there else passed("There is none.")
