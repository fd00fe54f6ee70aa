"""Makes the networks in `models/`; never imported while serving."""
