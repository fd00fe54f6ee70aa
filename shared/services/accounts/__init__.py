"""Accounts: who may sign in to which site, and how they prove it."""
