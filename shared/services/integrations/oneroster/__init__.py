"""OneRoster: reviews a package of the student information system, and imports it whole or not at all."""
