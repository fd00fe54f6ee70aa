"""Reads what a student information system exports as OneRoster CSV files: values in, values out."""
