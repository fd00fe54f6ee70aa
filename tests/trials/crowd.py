"""Connections that are opened and then keep silent: any phone on the network can, without signing in."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ONE_ADDRESS = ["127.0.0.1"]
MANY_ADDRESSES = [f"127.0.1.{number}" for number in range(1, 201)]

_HEAD = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
_FORM, _PARTS = b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x"


@dataclass
class Crowd:
    """Opens connections to a port of 127.0.0.1 and keeps them."""

    port: int
    trust: ssl.SSLContext
    cookie: str = ""
    kept: list[socket.socket] = field(default_factory=list)

    def kinds(self) -> dict[str, Callable[[str], socket.socket]]:
        """How each kind of silent connection begins, given the address it comes from."""
        half_a_form = _HEAD % (b"/sign-in", _FORM, 20_000) + b"\r\nemail=asha"
        half_a_photo = (
            _HEAD % (b"/kiosk/check-in", _PARTS, 200_000)
            + f"Cookie: {self.cookie}\r\nX-Kiosk-Signature: {'A' * 86}==\r\n\r\n--x\r\n".encode()
        )
        no_pass = _HEAD % (b"/kiosk/check-in", _PARTS, 200_000) + b"\r\n--x\r\n"
        return {
            "idle": self._plain,
            "one byte of a handshake": lambda address: self._plain(address, b"\x16"),
            "idle after the handshake": self._encrypted,
            "half a head": lambda address: self._encrypted(address, b"GET / HTTP/1.1\r\nHost: loc"),
            "half a form": lambda address: self._encrypted(address, half_a_form),
            "half a photo": lambda address: self._encrypted(address, half_a_photo),
            "half a photo without a pass": lambda address: self._encrypted(address, no_pass),
        }

    def open(self, kind: str, count: int, addresses: list[str]) -> None:
        """Open `count` connections of a kind from these addresses in turn."""
        begin = self.kinds()[kind]
        self.kept += [begin(addresses[number % len(addresses)]) for number in range(count)]

    def close(self) -> None:
        for connection in self.kept:
            connection.close()
        self.kept.clear()

    def _plain(self, address: str, said: bytes = b"") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), 10, source_address=(address, 0))
        connection.sendall(said)
        return connection

    def _encrypted(self, address: str, said: bytes = b"") -> socket.socket:
        connection = self.trust.wrap_socket(self._plain(address), server_hostname="localhost")
        connection.sendall(said)
        return connection


def trust_of(folder: Path) -> ssl.SSLContext:
    """What believes the authority of `ensure_certificate` in a folder."""
    return ssl.create_default_context(cafile=folder / "authority.crt")
