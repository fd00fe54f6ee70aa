"""The public holidays of a country and region, from a package that its maintainers keep current."""

import re
from collections.abc import Sequence
from datetime import date

from shared.domain.languages import phrase
from shared.errors import InvalidInput


def list_countries() -> list[tuple[str, str]]:
    """Return every country that is known, as its two letters and its name, by name."""
    from holidays.registry import COUNTRIES

    named = {(code, _spaced(name)) for name, code, *_ in COUNTRIES.values()}
    return sorted(named, key=lambda each: each[1])


def _spaced(name: str) -> str:
    """Return the name of the package's class as people write it: "SaintKittsAndNevis", "DRCongo"."""
    words = re.sub(r"(?<=[a-z])(?<!Mc)(?=[A-Z])|(?<=^DR)", " ", name)
    return re.sub(r" (And|Of|The)(?= )", lambda small: small[0].lower(), words)


def find_holidays(country: str, region: str, years: Sequence[int]) -> list[tuple[date, str]]:
    """Return the holidays of these years, by day. Raise InvalidInput naming the field."""
    import holidays

    regions = holidays.list_supported_countries().get(country)
    if regions is None:
        raise InvalidInput(phrase("Choose a country of the list."), field="country")
    region = region.strip().upper()
    if region and region not in regions:
        told = (
            phrase("It may be %(regions)s.", regions=", ".join(regions))
            if regions
            else phrase("This country has none; leave it empty.")
        )
        raise InvalidInput(phrase("There is no such region. %(told)s", told=told), field="region")
    found = holidays.country_holidays(country, subdiv=region or None, years=years, language=_english(country))
    return sorted((day, name[:200]) for day, name in found.items())


def _english(country: str) -> str | None:
    import holidays

    languages = holidays.list_localized_countries().get(country, [])
    return next((each for each in languages if each.startswith("en")), None)
