"""The only SQLAlchemy: tables and the queries over them."""
