"""Upkeep: backups, keys and the night's work."""
