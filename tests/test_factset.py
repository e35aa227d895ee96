"""Facts of many tickets as columns of numbers."""

import math
from itertools import starmap

from hypothesis import given
from hypothesis import strategies as st

from desk.facts import Facts
from desk.factset import FactSet, packed, unpacked

moments = st.floats(0, 4e9, allow_nan=False)
perhaps = st.none() | moments
met = st.none() | st.booleans()
counts = st.integers(0, 50)
ahead = st.lists(st.tuples(moments | st.just(math.inf), moments | st.just(math.inf)), max_size=3)
facts = st.builds(
    Facts,
    moments, perhaps, st.booleans(), perhaps, perhaps, perhaps,
    counts, moments, counts, counts, counts, counts, counts, perhaps, st.integers(0, 5),
    perhaps, met, perhaps, met, perhaps, met,
    st.lists(moments, max_size=3).map(tuple),
    ahead.map(tuple),
    st.just(((),)),
)  # fmt: skip


@given(facts)
def test_facts_come_back_from_their_numbers_with_their_kinds(one: Facts):
    found = unpacked(packed(one), one.reopened)
    assert found == one
    assert [type(part) for part in found] == [type(part) for part in one]


def of(tickets: list[Facts]) -> FactSet:
    found = FactSet()
    for one in tickets:
        found.add(one)
    return found


@given(st.lists(facts, max_size=5), st.lists(facts, max_size=5))
def test_a_set_has_the_same_columns_however_it_was_filled(first: list[Facts], then: list[Facts]):
    added = of([*first, *then])
    extended = of(first)
    reopened = [(place, one.reopened) for place, one in enumerate(then) if one.reopened]
    extended.extend(b"".join(map(packed, then)), reopened)
    joined = of(first)
    joined.join(of(then))
    for found in (added, extended, joined):
        assert len(found) == len(first) + len(then)
        assert list(found.column("live")) == [one.live for one in (*first, *then)]
        assert found.reopened == [
            (place, one.reopened) for place, one in enumerate((*first, *then)) if one.reopened
        ]
        ahead = list(zip(*starmap(zip, found.ahead()), strict=True))
        known = [tuple(slot for slot in slots if not math.isnan(slot[0])) for slots in ahead]
        assert known == [one.ahead for one in (*first, *then)]


@given(facts)
def test_what_follows_from_the_facts_stands_in_columns(one: Facts):
    alone = of([one])
    handed_on = one.holds or one.reopened or one.reassignments or one.escalations
    assert alone.column("first_contact")[0] == (one.replies <= 1 and not handed_on)
    assert alone.column("first_level")[0] == (not one.functional and not one.moves)
    assert alone.column("pending")[0] == bool(one.live or one.ahead)
