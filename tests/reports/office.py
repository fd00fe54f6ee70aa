"""LibreOffice, which writes and re-saves workbooks so that not all of them are ours."""

import subprocess
from pathlib import Path

from tests.servers import find_program


def resave(workbook: bytes, folder: Path, *, kind: str) -> bytes:
    """Open a workbook in LibreOffice and save it as `kind`, such as "xls". Takes some seconds."""
    source, made = folder / "source.xlsx", folder / "made"
    source.write_bytes(workbook)
    subprocess.run(
        [
            find_program("soffice", package="libreoffice-calc"),
            f"-env:UserInstallation=file://{folder}/profile",
            *("--headless", "--convert-to", kind, "--outdir", str(made), str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=90,
    )
    return (made / f"source.{kind}").read_bytes()
