"""Ports people know by name, and how bad it is when anybody reaches them.

The ports are those Inspector lists for network reachability; the severities are not published in full, and this table
is our reading of them: what sends passwords in clear text is high, web servers low, everything else medium."""

from __future__ import annotations

from garrison.scan.match.finding import Severity

_NAMES: dict[str, dict[str, str]] = {
    "TCP": {
        "FTP": "21",
        "SSH": "22",
        "Telnet": "23",
        "WINS": "42 1512",
        "HTTP": "80",
        "Kerberos": "88 464 543 544 749 751",
        "RPC": "111 135 530",
        "NetBIOS": "137 139",
        "LDAP": "389 636 3268 3269",
        "HTTPS": "443",
        "SMB": "445",
        "printing": "515 631",
        "syslog": "601",
        "NFS": "1110 2049 4045",
        "SQL Server": "1433",
        "Oracle": "1521 1630",
        "Docker": "2375 2376",
        "MySQL": "3306",
        "RDP": "3389",
        "PostgreSQL": "5432",
        "VNC": "5900",
        "Redis": "6379",
        "Elasticsearch": "9200 9300",
        "memcached": "11211",
        "MongoDB": "27017 27018 27019 28017",
    },
    "UDP": {
        "DNS": "53",
        "DHCP": "67 68 546 547",
        "TFTP": "69",
        "RPC": "111",
        "NTP": "123",
        "NetBIOS": "137 138",
        "SNMP": "161",
        "syslog": "514",
        "Kerberos": "750 752",
        "SQL Server": "1434",
        "NFS": "2049",
        "memcached": "11211",
    },
}
_PORTS = {
    (protocol, int(port)): name
    for protocol, names in _NAMES.items()
    for name, ports in names.items()
    for port in ports.split()
}
_HIGH = frozenset({"FTP", "Telnet", "TFTP", "printing"})
_LOW = frozenset({"HTTP", "HTTPS"})
_FROM_INSIDE = {Severity.HIGH: Severity.MEDIUM, Severity.MEDIUM: Severity.LOW, Severity.LOW: Severity.INFORMATIONAL}


def name(protocol: str, port: int) -> str:
    """What usually listens there; empty: nothing in particular."""
    return _PORTS.get((protocol, port), "")


def severity(protocol: str, first: int, last: int, *, from_internet: bool) -> Severity:
    """Of a range that can be reached; that of the worst port known in it, one step less from the host's own network."""
    names = {service for (of, port), service in _PORTS.items() if of == protocol and first <= port <= last}
    found = Severity.HIGH if names & _HIGH else Severity.LOW if names and names <= _LOW else Severity.MEDIUM
    return found if from_internet else _FROM_INSIDE[found]
