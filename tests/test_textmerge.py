"""Two changes of one text made one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import textmerge

BASE = "Check the cable.\nRestart the router.\n\nCall the vendor.\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "both"),
    [
        (BASE, BASE, BASE),
        (BASE + "Wait.\n", BASE, BASE + "Wait.\n"),
        (BASE + "Wait.\n", BASE + "Wait.\n", BASE + "Wait.\n"),
        (
            BASE.replace("cable", "网线"), BASE + "Wait.\n",
            "Check the 网线.\nRestart the router.\n\nCall the vendor.\nWait.\n",
        ),
        (
            "First of all:\n" + BASE, BASE.replace("Call the vendor.\n", ""),
            "First of all:\nCheck the cable.\nRestart the router.\n\n",
        ),
        (BASE.replace("cable", "网线"), BASE.replace("cable", "plug"), None),
        (BASE.replace("cable", "plug"), BASE.replace("Restart", "Reset"), None),  # side by side
        (BASE + "Wait.\n", BASE + "Wait long.\n", None),
        ("", BASE + "Wait.\n", None),
        ("x", "y", None),
    ],
)  # fmt: skip
def test_both_changes(ours: str, theirs: str, both: str | None):
    assert textmerge.merged(BASE, ours, theirs) == both
    assert textmerge.merged(BASE, theirs, ours) == both


LINES = st.lists(st.sampled_from("abcd"), max_size=8).map("\n".join)


@given(LINES, LINES, LINES)
def test_neither_the_order_nor_repetition_matters(base: str, one: str, other: str):
    both = textmerge.merged(base, one, other)
    assert textmerge.merged(base, other, one) == both
    assert textmerge.merged(base, one, base) == one == textmerge.merged(base, one, one)
    if both is not None:
        lines = [set(text.split("\n")) for text in (base, one, other, both)]
        assert lines[3] <= lines[0] | lines[1] | lines[2]
        assert (lines[1] - lines[0]) | (lines[2] - lines[0]) <= lines[3]


@given(LINES, LINES, LINES)
def test_changes_far_apart_never_clash(start: str, end: str, new: str):
    base = f"{start}\n===\n{end}"
    one, other = f"{new}\n===\n{end}", f"{start}\n===\n{new}"
    assert textmerge.merged(base, one, other) == f"{new}\n===\n{new}"


@pytest.mark.parametrize("lines", [["a", "b"], ["a"], ["a", "", "b", "", "c", "a"]])
def test_no_text_takes_long(lines: list[str]):
    base = "\n".join(lines * 3000)
    one, other = "\n".join(reversed(lines * 2500)), "x\n" + "\n".join(lines * 2000)
    begun = time.process_time()
    textmerge.merged(base, one, other)
    assert time.process_time() - begun < 2


def test_texts_that_differ_too_much_are_not_merged():
    base = "\n".join(f"{n}" for n in range(textmerge.MAX_LINES + 2))
    assert textmerge.merged(base, f"y\n{base}\ny", f"x{base}x") is None
