"""The settings of the school's own sign-in: off by default, and wrong ones are named."""

import pytest

from shared.domain.school_account import ProviderKind
from shared.errors import SettingsError
from shared.settings import read_settings
from tests.conftest import variables_for

TENANT = "3f1d0a52-7f7b-4c8e-9d5e-0b7a1c2d3e4f"
CLIENT = {"SCHOOL_SIGN_IN_CLIENT_ID": "attendance", "SCHOOL_SIGN_IN_CLIENT_SECRET": "secret"}
GOOGLE = {"SCHOOL_SIGN_IN": "google", "SCHOOL_SIGN_IN_DOMAIN": "School.example", **CLIENT}
MICROSOFT = {"SCHOOL_SIGN_IN": "microsoft", "SCHOOL_SIGN_IN_TENANT": TENANT.upper(), **CLIENT}
OPENID = {"SCHOOL_SIGN_IN": "OpenID", "SCHOOL_SIGN_IN_ISSUER": "https://login.school.example/realm", **CLIENT}


def provider_of(tmp_path, variables):
    return read_settings(variables_for(tmp_path, "sqlite://", **variables)).school_provider


def test_it_is_off_by_default(tmp_path):
    assert provider_of(tmp_path, {}) is None
    assert provider_of(tmp_path, {**GOOGLE, "SCHOOL_SIGN_IN": " "}) is None


def test_each_provider_is_told_what_names_the_school_there(tmp_path):
    google, microsoft, other = (provider_of(tmp_path, each) for each in (GOOGLE, MICROSOFT, OPENID))
    assert (google.kind, google.issuer, google.school) == (
        ProviderKind.GOOGLE,
        "https://accounts.google.com",
        "school.example",
    )
    assert microsoft.issuer == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert (other.kind, other.issuer, other.school) == (
        ProviderKind.OPENID,
        OPENID["SCHOOL_SIGN_IN_ISSUER"],
        "",
    )
    assert [each.shown_name for each in (google, microsoft, other)] == [
        "Google",
        "Microsoft",
        "your school account",
    ]


def test_the_secret_may_come_in_a_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    variables = {name: value for name, value in GOOGLE.items() if name != "SCHOOL_SIGN_IN_CLIENT_SECRET"}
    variables["SCHOOL_SIGN_IN_CLIENT_SECRET_FILE"] = str(file)
    assert provider_of(tmp_path, variables).client_secret == "from a file"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({**GOOGLE, "SCHOOL_SIGN_IN": "facebook"}, "SCHOOL_SIGN_IN "),
        ({**GOOGLE, "SCHOOL_SIGN_IN_DOMAIN": ""}, "SCHOOL_SIGN_IN_DOMAIN"),
        ({**GOOGLE, "SCHOOL_SIGN_IN_DOMAIN": "school"}, "SCHOOL_SIGN_IN_DOMAIN"),
        ({**GOOGLE, "SCHOOL_SIGN_IN_CLIENT_ID": ""}, "SCHOOL_SIGN_IN_CLIENT_ID"),
        ({**GOOGLE, "SCHOOL_SIGN_IN_CLIENT_SECRET": " "}, "SCHOOL_SIGN_IN_CLIENT_SECRET"),
        ({**MICROSOFT, "SCHOOL_SIGN_IN_TENANT": "common"}, "SCHOOL_SIGN_IN_TENANT"),
        ({**MICROSOFT, "SCHOOL_SIGN_IN_TENANT": "organizations"}, "SCHOOL_SIGN_IN_TENANT"),
        ({**OPENID, "SCHOOL_SIGN_IN_ISSUER": "http://login.school.example"}, "SCHOOL_SIGN_IN_ISSUER"),
        ({**OPENID, "SCHOOL_SIGN_IN_ISSUER": "https://login.school.example?a=b"}, "SCHOOL_SIGN_IN_ISSUER"),
        ({**OPENID, "SCHOOL_SIGN_IN_ISSUER": ""}, "SCHOOL_SIGN_IN_ISSUER"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, variables, named):
    with pytest.raises(SettingsError, match=named):
        provider_of(tmp_path, variables)
