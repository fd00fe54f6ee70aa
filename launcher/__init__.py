"""What `make run` starts: one command from a fresh clone to two sites on the school's network."""
