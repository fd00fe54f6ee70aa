"""nginx before sites of the tests, from `deploy/nginx.conf` with other ports and folders."""

import os
import re
import socket
from pathlib import Path

from shared.settings import PROJECT_DIR
from tests.support.servers import _Server, find_free_port, find_program

CONFIGURATION = PROJECT_DIR / "deploy" / "nginx.conf"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx(_Server):
    """Serves the office and the classroom under names of the school's over TLS on `port`."""

    def __init__(
        self, home: Path, *, certificate: Path, upstreams: dict[str, int], names: dict[str, str] | None = None
    ) -> None:
        super().__init__(home)
        self.plain_port = find_free_port()
        text = CONFIGURATION.read_text()
        changes = {
            r"listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            r"listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            r"/etc/ssl/attendance\.(pem|key)": str(certificate),
            "http {": "http {" + "".join(f"\n{each}_temp_path {home}/{each};" for each in TEMPORARY),
            **{
                rf"upstream {site} \{{\s+server \S+;": f"upstream {site} {{ server 127.0.0.1:{port};"
                for site, port in upstreams.items()
            },
            **{rf"server_name {site}\S*;": f"server_name {name};" for site, name in (names or {}).items()},
        }
        for pattern, replacement in changes.items():
            text, count = re.subn(pattern, replacement, text)
            assert count, pattern
        (home / "nginx.conf").write_text(text)

    def command(self, *more: str) -> list[str]:
        """nginx with this file, in the foreground; as root it stays root, which reads the tests' folders."""
        user = "user root; " if os.geteuid() == 0 else ""
        directives = f"{user}daemon off; pid {self.home}/pid; error_log {self.home}/error.log warn;"
        program = find_program("nginx", package="nginx-light")
        return [
            program,
            "-e",
            f"{self.home}/error.log",
            "-c",
            f"{self.home}/nginx.conf",
            "-g",
            directives,
            *more,
        ]

    def _command(self) -> list[str]:
        return self.command()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True
