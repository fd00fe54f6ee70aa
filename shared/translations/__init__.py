"""The catalogues of every language but English: `messages` of pages and letters, `scripts` of scripts."""

from pathlib import Path

TRANSLATIONS_DIR = Path(__file__).parent
