"""`doctor` about the school's provider: well, off, and each thing that keeps people from signing in."""

from datetime import timedelta

import pytest

from admin_site import create_app
from shared.domain.school_account import ProviderKind
from shared.persistence.tables import Integration
from shared.services.integrations.choices import set_on
from shared.web.school_sign_in import client
from tests.conftest import settings_for
from tests.support.servers import find_free_port


def examine(toolbox) -> tuple[str, str]:
    """What `doctor` says of school sign-in: well or RED, and the sentence."""
    done = create_app(toolbox=toolbox).test_cli_runner().invoke(args=["doctor"])
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    found = [(state, sentence) for state, name, sentence in lines if name == "sign-in"]
    return found[0] if found else ("", done.stdout)


@pytest.mark.parametrize("kind", ProviderKind)
def test_a_provider_that_signs_people_in(open_sites, provider, kind):
    provider.look_like(kind)
    state, said = examine(open_sites(kind).toolbox)
    assert (state, said) == ("well", f"{provider.root.removeprefix('https://')} signs people in")


def test_where_it_is_off_nobody_is_asked(sites, provider):
    set_on(sites.toolbox, sites.actor, Integration.SCHOOL_SIGN_IN, on=False)
    assert examine(sites.toolbox)[1] == "a provider is set up; the office has not turned school sign-in on"
    assert provider.asked == []


def test_without_a_provider_there_is_no_line(sites, tmp_path):
    plain = sites.toolbox.with_(settings=settings_for(tmp_path, sites.toolbox.settings.database_url))
    assert examine(plain)[0] == ""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"description": {"issuer": "https://login.other.example"}},
            "It says that it is https://login.other",
        ),
        ({"description": {"jwks_uri": "http://localhost/keys"}}, "It names an address without https."),
        ({"is_broken_at": "/.well-known/openid-configuration"}, "It answers 502."),
        ({"is_broken_at": "/keys"}, "It answers 502."),
        ({"path": "/elsewhere"}, "It answers 404."),
        ({"hangs_at": "/.well-known/openid-configuration"}, "It does not answer."),
        ({"description": {"id_token_signing_alg_values_supported": ["none"]}}, "It signs by nothing"),
    ],
)
def test_a_provider_of_no_use(sites, provider, monkeypatch, wrong, said):
    monkeypatch.setattr(client, "ANSWER_WITHIN_S", 2.0)
    for name, value in wrong.items():
        setattr(provider, name, value)
    host = provider.root.removeprefix("https://")
    state, told = examine(sites.toolbox)
    assert state == "RED"
    assert told.startswith(f"Nobody can sign in by {host}: {said}")
    assert told.endswith("Look at SCHOOL_SIGN_IN_ISSUER; passwords do meanwhile.")


@pytest.mark.parametrize(
    ("authority", "said"), [("", "Its certificate is not trusted: "), ("/nowhere.crt", "/nowhere.crt")]
)
def test_a_certificate_that_is_not_trusted(sites, monkeypatch, authority, said):
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    assert said in examine(sites.toolbox)[1]


def test_nobody_is_there(open_sites, provider, monkeypatch):
    monkeypatch.setattr(provider, "issuer", f"https://localhost:{find_free_port()}")
    assert "It cannot be reached." in examine(open_sites().toolbox)[1]


def test_clocks_that_differ_by_more_than_a_minute(sites):
    now = sites.toolbox.now
    ahead = sites.toolbox.with_(now=lambda: now() + timedelta(minutes=5))
    state, told = examine(ahead)
    assert state == "RED"
    assert "seconds, so what it signs is refused." in told
