"""The things the product does, one act per file."""
