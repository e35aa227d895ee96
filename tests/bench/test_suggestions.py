"""Suggestions of categories on real tickets keep what `tests.bench.suggestions` measured."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import suggestions


@pytest.mark.shared
@pytest.mark.skipif(not suggestions.TICKETS.exists(), reason="needs the real data in ../shared")
def test_a_small_split_is_suggested_as_well_as_measured(
    tmp_path: Path, figures: Callable[[str], None]
) -> None:
    learnt, asked = suggestions.split(share=10)
    suggestions.learn(learnt, tmp_path / "index.sqlite")
    answers = suggestions.ask(asked[:250], tmp_path / "index.sqlite")
    figures(suggestions.line(f"suggest: {len(learnt)} tickets learnt", answers))
    assert suggestions.accuracy(answers) > 0.78
    assert suggestions.accuracy(suggestions.surest_half(answers)) > 0.95
    said = sum(answer.confidence for answer in answers) / len(answers)
    # On few tickets one is careful.
    assert -0.15 < said - suggestions.accuracy(answers) < 0.03
