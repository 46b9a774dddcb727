"""The host's firewall: rules of nftables and iptables in one form, and what they let in.

What a rule asks that is not understood here counts against the host: such a rule may let in, and does not keep out.
"""

from garrison.scan.reachability.firewall.reading import Firewall, read
from garrison.scan.reachability.firewall.rules import Packet, admitted, forwarded

__all__ = ["Firewall", "Packet", "admitted", "forwarded", "read"]
