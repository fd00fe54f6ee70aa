"""Letters to families: who is written to, and how letters go out."""
