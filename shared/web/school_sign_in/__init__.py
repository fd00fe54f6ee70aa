"""Sign-in by the school's own accounts (OpenID Connect): the pages, and the client that asks the provider."""
