"""The only pandas, XlsxWriter, openpyxl and xlrd."""
