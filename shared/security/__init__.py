"""Passwords, throttling, kiosk passes, encryption at rest."""
