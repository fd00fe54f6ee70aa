"""The names and addresses under which this machine's sites can be reached."""

import errno
import fcntl
import socket
import struct
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from shared.errors import SettingsError

LOOPBACK = IPv4Address("127.0.0.1")
SIOCGIFADDR = 0x8915  # netdevice(7): an interface's IPv4 address
SIOCGIFNETMASK = 0x891B  # and its network's mask


def find_names() -> list[str]:
    """Return the DNS names: localhost, this machine's name, and that name on the local network."""
    host_name = socket.gethostname().lower()
    return list(dict.fromkeys(["localhost", host_name, f"{host_name.partition('.')[0]}.local"]))


def find_addresses() -> list[IPv4Address]:
    """Return one IPv4 address for every network interface, loopback first."""
    return list(dict.fromkeys([LOOPBACK, *(each.ip for each in _find_interfaces())]))


def find_networks() -> list[IPv4Network]:
    """Return the networks this machine is on, loopback left out."""
    networks = (each.network for each in _find_interfaces())
    return list(dict.fromkeys(network for network in networks if not network.is_loopback))


def _find_interfaces() -> list[IPv4Interface]:
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, interface in socket.if_nameindex():
            named = struct.pack("256s", interface.encode()[:15])
            try:
                address, mask = (
                    IPv4Address(fcntl.ioctl(probe, what, named)[20:24])
                    for what in (SIOCGIFADDR, SIOCGIFNETMASK)
                )
            except OSError:  # an interface without an IPv4 address
                continue
            found.append(IPv4Interface(f"{address}/{mask}"))
    return found


def find_phone_address() -> IPv4Address:
    """Return the address a phone on the same network most likely reaches; loopback without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket sends nothing: it only asks which way the network is.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return next((address for address in find_addresses() if not address.is_loopback), LOOPBACK)
        return IPv4Address(probe.getsockname()[0])


def require_free_port(address: str, port: int, setting: str) -> None:
    """Raise SettingsError if another program already listens on the port that `setting` chose."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as cause:
            if cause.errno != errno.EADDRINUSE:
                raise SettingsError(f"Cannot listen on {address} port {port}: {cause.strerror}.") from cause
            raise SettingsError(
                f"Port {port} is taken, perhaps by another `make run`. End that program, "
                f"or choose another port: make run {setting}={port + 1}"
            ) from cause
