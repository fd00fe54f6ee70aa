"""The queue, and what runs on it."""
