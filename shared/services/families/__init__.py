"""Families: the link in a letter, the page it opens, and what is written back. Off until turned on."""
