"""`desk search` finds real articles as well as the full-text searches beside it."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import kb_search
from tests.bench.kb_search import CHINESE, CHINESE_TYPO, ENGLISH, ENGLISH_TYPO


@pytest.mark.shared
@pytest.mark.skipif(not kb_search.ARTICLES.exists(), reason="needs the real data in ../shared")
def test_real_articles_are_found(tmp_path: Path, figures: Callable[[str], None]) -> None:
    scores = kb_search.measure(kb_search.ARTICLES, tmp_path)
    for line in kb_search.lines(scores):
        figures(line)
    least = {ENGLISH: 0.96, ENGLISH_TYPO: 0.95}
    if importlib.util.find_spec("jieba"):
        least |= {CHINESE: 0.97, CHINESE_TYPO: 0.9}
    for kind, reciprocal in least.items():
        ours = scores["desk"][kind].reciprocal
        assert ours >= reciprocal
        others = [one for name, one in scores.items() if name.startswith("FTS5")]
        assert ours >= max(one[kind].reciprocal for one in others) - 0.001
