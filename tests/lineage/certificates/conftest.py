from collections.abc import Iterator

import pytest

from tests.lineage.certificates.worlds import Certifying, certifying


@pytest.fixture(scope="package")
def issuing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certifying]:
    """A home that certificates are issued in; nobody changes it."""
    yield certifying(tmp_path_factory.mktemp("certificates") / "home")
