"""The only pandas, XlsxWriter, defusedxml and xlrd."""
