"""Address ranges in rules of security groups and in routes: whom a permission lets in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.kinds import PREFIX_LIST, PrefixList
from auditor.shapes.ec2 import IpPermission, SecurityGroup

from ._edges import target

_INTERNET = IPv6Network("2000::/3")  # all that is assigned of IPv6: RFC 4291, 2.4
EVERY_PORT = (0, 65535)


def network(cidr: str | None) -> IPv4Network | IPv6Network:
    """Return a range as a network; raises :class:`Unseen` where it cannot be read."""
    try:
        return ip_network(cidr or "", strict=False)
    except ValueError:
        raise Unseen(f"EC2 names a range that is none: {cidr!r}") from None


def everywhere(ranges: Iterable[IPv4Network | IPv6Network]) -> str:
    """Return the ranges, in words, that together make most of the internet; "" if none do.

    The two halves of it, or whatever else adds up to half of all addresses, are the whole in
    pieces.
    """
    every = list(ranges)
    four = list(collapse_addresses([n for n in every if isinstance(n, IPv4Network)]))
    six = list(collapse_addresses([n for n in every if isinstance(n, IPv6Network)]))
    if sum(n.num_addresses for n in four) >= 1 << 31:
        return _words([n for n in every if isinstance(n, IPv4Network)])
    if sum(_assigned(n) for n in six) >= 1 << 124:
        return _words([n for n in every if isinstance(n, IPv6Network)])
    return ""


def _assigned(one: IPv6Network) -> int:
    if one.supernet_of(_INTERNET):
        return _INTERNET.num_addresses
    return one.num_addresses if one.subnet_of(_INTERNET) else 0


def _words(ranges: list[IPv4Network] | list[IPv6Network]) -> str:
    widest = sorted({str(n): n for n in ranges}.values(), key=lambda n: n.prefixlen)
    if widest[0].prefixlen == 0:
        return str(widest[0])
    more = f" and {len(widest) - 4} more" if len(widest) > 4 else ""
    return ", ".join(str(n) for n in widest[:4]) + more


def entries(held: Resource[PrefixList]) -> list[IPv4Network | IPv6Network]:
    """Return the ranges in a prefix list."""
    return [network(entry.Cidr) for entry in held.data.Entries or ()]


def ports(permission: IpPermission) -> tuple[int, int] | None:
    """Return the TCP or UDP ports of a permission, first and last; None where it has none.

    EC2 writes -1 for every protocol, and names or numbers for the rest: IpPermission, EC2 API
    Reference. Of ICMP the same members are types and codes.
    """
    if permission.IpProtocol == "-1":
        return EVERY_PORT
    if permission.IpProtocol not in ("tcp", "6", "udp", "17"):
        return None
    first, last = permission.FromPort, permission.ToPort
    if first is None or last is None or first == -1:
        return EVERY_PORT
    return first, last


def covers(permission: IpPermission, first: int, last: int) -> bool:
    """Tell whether a permission's ports include all of these."""
    found = ports(permission)
    return found is not None and found[0] <= first and last <= found[1]


def covers_tcp(permission: IpPermission, port: int) -> bool:
    """Tell whether a permission includes a port of TCP."""
    return permission.IpProtocol in ("-1", "tcp", "6") and covers(permission, port, port)


def whole(permission: IpPermission) -> bool:
    """Tell whether a permission is for every protocol, or every port of one."""
    return covers(permission, 1, EVERY_PORT[1])


def opened(
    group: Resource[SecurityGroup], wanted: Callable[[IpPermission], bool], *, egress: bool = False
) -> str:
    """Return from (or to) where the permissions that are wanted admit the internet, "" if not.

    IPv4, IPv6 and what is in prefix lists count together. Groups that a permission names are
    somebody's own machines and never the internet. Raises :class:`Unseen` where a prefix list
    was not seen and the rest is not open by itself.
    """
    path = "IpPermissionsEgress" if egress else "IpPermissions"
    permissions = group.data.IpPermissionsEgress if egress else group.data.IpPermissions
    if permissions is None:
        raise Unseen(f"EC2 names no {path} of {group.name}")
    found: list[IPv4Network | IPv6Network] = []
    refused: Unseen | None = None
    lists: set[str] = set()
    for permission in permissions:
        if not wanted(permission):
            continue
        lists.update(one.PrefixListId or "" for one in permission.PrefixListIds or ())
        cidrs = [one.CidrIp for one in permission.IpRanges or ()]
        cidrs += [one.CidrIpv6 for one in permission.Ipv6Ranges or ()]
        for cidr in cidrs:
            try:
                found.append(network(cidr))
            except Unseen as unseen:
                refused = refused or unseen
    named = {edge.value: edge for edge in group.edges(
        PREFIX_LIST, f"{path}[].PrefixListIds[].PrefixListId")} if lists else {}
    for one in sorted(lists):
        try:
            if one not in named:
                raise Unseen(f"EC2 names no prefix list in a rule of {group.name}")
            found += entries(target(named[one], "prefix list"))
        except Unseen as unseen:
            refused = refused or unseen
    wide = everywhere(found)
    if not wide and refused:
        raise refused
    return wide


def words(permission: tuple[int, int]) -> str:
    """Put ports into words."""
    first, last = permission
    if permission == EVERY_PORT:
        return "every port"
    return f"port {first}" if first == last else f"ports {first} to {last}"
