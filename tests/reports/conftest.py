"""Our sheet as LibreOffice saves it; starting it takes seconds, so it is asked once."""

import pytest

from tests.support.workbooks import our_sheet, resave


@pytest.fixture(scope="session")
def from_office(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The workbook by its kind."""
    return {
        kind: resave(our_sheet(), tmp_path_factory.mktemp(kind), kind=kind) for kind in ("xls", "xlsx", "ods")
    }
