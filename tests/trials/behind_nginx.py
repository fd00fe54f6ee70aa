"""A site as it is served behind nginx with `deploy/nginx.conf`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.nginx import Nginx
from tests.trials.served import ServedSite, served

UPSTREAMS = {"admin": "office", "teacher": "classroom"}


@contextmanager
def served_by_nginx(
    site: str, folder: Path, database_url: str, *, certificate: Path, **variables: str
) -> Iterator[ServedSite]:
    """Serve a site to nginx alone, and give it by the address at which nginx serves it."""
    with served(site, folder, database_url, proxy="127.0.0.1", **variables) as behind:
        name = UPSTREAMS[site]
        nginx = Nginx(
            folder / "nginx",
            certificate=certificate,
            upstreams={name: behind.port},
            names={name: "localhost"},
        )
        nginx.start()
        behind.port, behind.base = nginx.port, f"https://localhost:{nginx.port}"
        behind.verify = str(certificate.parent / "authority.crt")
        try:
            yield behind
        finally:
            nginx.stop()
