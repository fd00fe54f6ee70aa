"""Measures the product: the check-in, load, reports, the face index, backups, threads."""
