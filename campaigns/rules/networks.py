"""Which addresses of the network a list of CIDR ranges lets in."""

import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from campaigns.errors import InvalidInput

SEPARATORS = re.compile(r"[\s,、]+")


@lru_cache(maxsize=64)
def parse_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and ranges, one a line or with commas; refuses the first that is neither."""
    found = []
    for written in filter(None, SEPARATORS.split(text)):
        try:
            found.append(ip_network(written))
        except ValueError:
            raise InvalidInput("network_invalid", written=written) from None
    return tuple(found)


def is_within(address: str, networks: str) -> bool:
    """An empty list lets everybody in. IPv4 written as IPv6, as some sockets do, is read as IPv4."""
    if not networks:
        return True
    try:
        came_from = ip_address(address)
    except ValueError:
        return False
    came_from = getattr(came_from, "ipv4_mapped", None) or came_from
    return any(came_from in network for network in parse_networks(networks))
