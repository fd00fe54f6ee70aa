"""What a person calls the browser and device that a user agent names, such as Chrome on Windows."""

# The first that stands in the text: others name themselves after Chrome and Safari too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str) -> str | None:
    """Return "Chrome on Windows", or the part of it that is known; None if nothing is."""
    browser = next((words for sign, words in _BROWSERS if sign in user_agent), None)
    system = next((words for sign, words in _SYSTEMS if sign in user_agent), None)
    return " on ".join(filter(None, (browser, system))) or None
