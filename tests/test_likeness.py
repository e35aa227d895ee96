"""What texts weigh, how alike they are, and what similar tickets say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import likeness
from desk.likeness import Guess

TWICE = 1 + math.log(2)
WORDS = st.sampled_from(["printer", "jam", "paper", "vpn", "drops", "打印", "password", "mail"])
VECTORS = st.dictionaries(WORDS, st.floats(0.1, 3), min_size=1, max_size=5).map(
    lambda found: likeness.vector(found, dict.fromkeys(found, 1.0))
)


def test_words_of_a_text():
    assert likeness.words("Printer PC-39280: the PRINTER jams, 打印机卡纸 x 5") == {
        "printer": TWICE, "pc": 1, "jams": 1,
        "打印": 1, "印机": 1, "机卡": 1, "卡纸": 1,
    }  # fmt: skip
    assert likeness.words("") == {}


def test_terms_have_codes_too():
    assert likeness.terms("Error 0x80070035 on PC-39280, see 10.0.0.1 x") == {
        "error": 1, "pc": 1, "see": 1, "0x80070035": 1, "pc-39280": 1, "10.0.0.1": 1,
    }  # fmt: skip
    many = " ".join(f"x{number}" for number in range(100))
    assert len(likeness.terms(many)) == likeness.CODES


def test_a_word_of_one_category_tells_more_than_one_of_all():
    usual = {"printer": 0.5, "vpn": 0.5}

    def telling(**filed: int) -> float:
        return likeness.telling(filed, usual, 1000)

    assert telling(printer=40) > telling(printer=30, vpn=10) > telling(printer=20, vpn=20) > 0
    assert telling(printer=40) > telling(printer=2)  # which may be chance
    assert telling(printer=100, vpn=100) < telling(printer=10, vpn=10)  # which is rarer
    # By hand: (45/2 of 45 are doubted) the shares are 42.5/45 and 2.5/45.
    divergence = 42.5 / 45 * math.log(42.5 / 22.5) + 2.5 / 45 * math.log(2.5 / 22.5)
    assert telling(printer=40) == pytest.approx((divergence * (1 + math.log(25))) ** 0.25)


def test_vectors_have_length_one_and_only_known_words():
    assert likeness.vector({"vpn": 2, "x": 5}, {"vpn": 3}) == {"vpn": 1}
    assert likeness.vector({"a": 3, "b": 2}, {"a": 1, "b": 2}) == {"a": 0.6, "b": 0.8}
    assert likeness.vector({"x": 5}, {}) == {}


def test_of_a_long_text_the_words_that_count_most_are_kept():
    found = {f"{'x' * length}": 1.0 for length in range(1, 100)}
    vector = likeness.vector(found, {word: len(word) for word in found})
    assert min(map(len, vector)) == 52
    assert sum(share * share for share in vector.values()) == pytest.approx(1)


@given(VECTORS, VECTORS)
def test_likeness_is_from_0_to_1_and_the_same_both_ways(one, other):
    assert likeness.likeness(one, one) == pytest.approx(1)
    assert -1e-9 <= likeness.likeness(one, other) <= 1 + 1e-9
    assert likeness.likeness(one, other) == pytest.approx(likeness.likeness(other, one))
    assert (likeness.likeness(one, other) > 0) == bool(likeness.shared(one, other))


def test_shared_words_are_those_that_count_most():
    one = dict.fromkeys("abcdef", 0.4)
    assert likeness.shared(one, {"x": 0.1, "f": 0.9, "e": 0.3, "b": 0.3}) == ("f", "b", "e")
    assert likeness.shared(one, one) == tuple("abcde")


# --- what the similar tickets say ------------------------------------------------------------


def test_a_ticket_that_is_the_same_is_believed_by_a_third():
    same = {"vpn": 1.0}
    assert likeness.says(same, [same]) == [pytest.approx(1 / 3, abs=0.001)]
    assert likeness.says(same, []) == []


def test_twenty_copies_say_little_more_than_one():
    asked = {"vpn": 0.6, "mail": 0.8}
    says = likeness.says(asked, [{"vpn": 1.0}] * 20 + [{"mail": 1.0}])
    assert sum(says[:20]) == pytest.approx(0.6 * 20 / 22, abs=0.02)
    assert says[20] == pytest.approx(0.8 / 3, abs=0.01)
    assert sum(says[:20]) < 3 * says[20]


@given(VECTORS, st.lists(VECTORS, max_size=8))
def test_what_is_said_solves_the_equations(asked, cases):
    says = likeness.says(asked, cases)
    for case in cases:
        left = sum(
            said * likeness.likeness(case, other) for said, other in zip(says, cases, strict=True)
        )
        own = 2 * says[cases.index(case)]
        assert left + own == pytest.approx(likeness.likeness(asked, case), abs=0.02)


def test_scores_are_what_is_said_and_else_what_is_usual():
    filed = {"vpn": 15, "mail": 30}
    assert likeness.scores([0.3, 0.2, -0.1], ["vpn", "new", "vpn"], filed) == pytest.approx(
        {"vpn": 0.2 + 0.6 * 15 / 50, "mail": 0.6 * 30 / 50, "new": 0.2, "": 0.6 * 5 / 50}
    )
    assert likeness.scores([], [], {}) == {"": 1.0}
    assert likeness.scores([0.9, -0.2, 0.4], ["vpn", "mail", "vpn"], filed)["mail"] == 0


def test_confidences_add_up_to_one():
    scores = {"vpn": 0.6, "mail": 0.3, "": 0.1}
    assert likeness.confidences(scores, 1) == pytest.approx(scores)
    sharp = likeness.confidences(scores, 2)
    assert sharp == pytest.approx({"vpn": 36 / 46, "mail": 9 / 46, "": 1 / 46})
    assert likeness.confidences({"": 0.0}, 1) == {"": 0.0}


def test_sharpness_is_that_by_which_confidences_come_true():
    scores = {"vpn": 0.6, "mail": 0.3, "": 0.1}
    by_chance = [(scores, "vpn")] * 60 + [(scores, "mail")] * 30 + [(scores, "")] * 10
    assert likeness.sharpness(by_chance * 10) == 1
    nearly_always = [(scores, "vpn")] * 78 + [(scores, "mail")] * 20 + [(scores, "")] * 2
    assert likeness.sharpness(nearly_always * 10) == 2


def test_few_trials_leave_one_careful():
    scores = {"vpn": 0.6, "mail": 0.4}
    assert likeness.sharpness([(scores, "vpn")] * 2) == 0.75
    assert likeness.sharpness([(scores, "vpn")] * 50) == 3
    assert likeness.sharpness([(scores, "never seen")]) == 0.75


def test_guesses_come_with_their_evidence():
    asked = {"vpn": 0.6, "drops": 0.8}
    cases = [{"vpn": 1.0}, {"drops": 0.6, "vpn": 0.8}, {"mail": 1.0}]
    guesses = likeness.guesses(
        asked, cases, [0.3, 0.2, -0.1], ["network", "network", "mail"],
        {"network": 0.7, "mail": 0.2, "": 0.1, "printer": 0.0},
    )  # fmt: skip
    assert guesses == [
        Guess("network", 0.7, ("vpn", "drops"), (0, 1)),
        Guess("mail", 0.2, (), ()),
    ]


# --- full text -------------------------------------------------------------------------------


def test_the_rarest_terms_are_looked_for():
    tickets = {"pc-39280": 2, "jam": 40, "printer": 1900, "the": 90_000}
    first = '{title body} : ("pc-39280" OR "jam" OR "printer")'
    assert likeness.match(tickets, least=2) == first
    assert likeness.match(tickets, most=1) == '{title body} : ("pc-39280")'
    assert likeness.match(tickets, hits=100, least=1) == '{title body} : ("pc-39280" OR "jam")'
    assert likeness.match({"the": 90_000}) == '{title body} : ("the")'
    assert likeness.match({}) == ""


def test_words_of_several_texts():
    assert likeness.common([{"a": 1, "b": 1}, {"b": 2, "c": 1}, {"c": 1}]) == {"b", "c"}
