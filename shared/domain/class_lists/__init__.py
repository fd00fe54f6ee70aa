"""Reads class lists as schools send them, and asks where it would have to guess: values in, values out."""
