"""Every file, link and picture of 461 real articles is accounted for, and their texts come back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import kb_import


@pytest.mark.shared
@pytest.mark.skipif(not kb_import.ARTICLES.exists(), reason="needs the real data in ../shared")
def test_real_articles_come_in_and_go_back(tmp_path: Path, figures: Callable[[str], None]) -> None:
    found = kb_import.measure(kb_import.ARTICLES, tmp_path)
    for line in found.lines():
        figures(line)
    assert found.adds_up
    assert found.ends == {"created": 461, "left": 1}
    assert (found.links["found"], found.pictures["found"]) == (3624, 157)
    assert (found.otherwise, found.lost) == ((), ())
    assert (found.changed_again, found.changed_by_export) == (0, 0)
