"""Collisions of ids: what is reckoned is what is drawn."""

from collections.abc import Callable

import pytest

from tests.bench import ids


def test_collisions_are_as_many_as_reckoned(figures: Callable[[str], None]):
    few, wanted = ids.drawn(50, 200, 60), ids.expected(50, 200, 60)
    assert abs(few - wanted) < 5 * wanted**0.5
    whole = ids.expected(50, 200, ids.YEARS)
    figures(f"ids: 50 clones, 200 tickets a day each, 60 days: {few} collisions drawn, "
            f"{wanted:.0f} expected; in ten years {whole:.0f}")  # fmt: skip


@pytest.mark.scale
def test_collisions_of_ten_years(figures: Callable[[str], None]):
    found, wanted = ids.drawn(50, 200, ids.YEARS), ids.expected(50, 200, ids.YEARS)
    assert abs(found - wanted) < 5 * wanted**0.5
    figures(f"ids: 50 clones, 200 tickets a day each, ten years: {found} collisions drawn, "
            f"{wanted:.0f} expected")  # fmt: skip
