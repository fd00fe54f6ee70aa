"""The things the product does, one action per file."""
