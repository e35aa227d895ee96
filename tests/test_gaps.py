"""What the articles lack: what to write next, and which of them need work."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import articles, gaps, lifecycle, likeness, policy
from desk.gaps import Gap
from desk.lifecycle import Act
from desk.model import SOLVES, Article, Ticket, Value
from desk.searchlog import Search
from tests.conftest import NOW
from tests.support import POLICY

RULES = policy.load(POLICY)
SINCE = NOW - timedelta(days=90)
VPN = ("VPN drops every hour", "The tunnel to the office collapses after an hour.", "network/vpn")
JAM = ("打印机卡纸", "三楼的打印机又卡纸了,搓纸轮磨损", "hardware/printer")


def act(days: float = 0, who: str = "chen") -> Act:
    return Act(who, NOW - timedelta(days=days), RULES)


def solved(
    end: str, about: tuple[str, str, str], *, days: float = 5, solution: str = "x", **more: Value
) -> Ticket:
    """A ticket about that, opened a day before it was resolved `days` ago."""
    title, text, category = about
    fields = {"category": category, **more}
    record_id = f"T-261121-{end}"
    made, _ = lifecycle.opened(record_id, act(days + 1), title, fields=fields, description=text)
    return lifecycle.resolved(made, act(days), solution=solution, code="fixed")


def article(end: str, title: str = "", *, days: float = 40, **fields: Value) -> Article:
    """A published article of chen's."""
    record_id, given = f"KB-261121-{end}", {"solution": "Wait.", **fields}
    made = articles.drafted(record_id, act(days + 1), title or f"Article {end}", given)
    submitted = articles.submitted(made, act(days + 1))
    return articles.approved(submitted, act(days, "zhao"))


def found(
    *tickets: Ticket,
    kb: tuple[Article, ...] = (),
    searches: tuple[Search, ...] = (),
    now: datetime = NOW,
    kind: str = "",
) -> list[Gap]:
    return gaps.find(tickets, kb, searches, SINCE, now, (kind,) if kind else gaps.KINDS)


# --- what to write next --------------------------------------------------------------------


def test_what_to_write_next_is_told_by_the_tickets_that_it_would_have_saved():
    tickets = [
        solved("A0001", VPN, days=9),
        solved("A0002", (f"{VPN[0]} again", *VPN[1:]), days=8, solution="Raise the idle timeout."),
        solved("A0003", ("My tunnel to the office", *VPN[1:]), days=7),
        solved("B0001", JAM, days=6),
        solved("B0002", ("卡纸", *JAM[1:]), days=5),
        solved("C0001", ("Password forgotten", "Since the holidays.", "network/wifi"), days=4),
    ]
    first, second = found(*tickets, kind="write")
    assert first == Gap(
        "write", "T-261121-A0002", "network/vpn", "VPN drops every hour again", 2, first.why
    )
    assert first.why.startswith("3 tickets alike: ")
    assert first.why.endswith("; also “VPN drops every hour”; also “My tunnel to the office”")
    assert {"tunnel", "collapses"} & {*first.why.partition(": ")[2].partition(";")[0].split(", ")}
    assert (second.id, second.number, second.value) == ("T-261121-B0001", 1, "hardware/printer")
    assert "卡纸" in second.why


@pytest.mark.parametrize(
    "other",
    [
        solved("A0002", VPN, days=100),
        solved("A0002", (*VPN[:2], "network/wifi")),
        lifecycle.linked(
            solved("A0002", VPN), act(), "duplicate-of", solved("A0003", VPN)
        )[0],
        lifecycle.reopened(solved("A0002", VPN), act(), "It does not hold."),
        solved("A0002", ("Monitor stays black", "The cable is new.", "network/vpn")),
    ],
    ids=["earlier", "another category", "a duplicate", "reopened", "about something else"],
)  # fmt: skip
def test_what_makes_no_group(other: Ticket):
    assert found(solved("A0001", VPN), other, kind="write") == []


def test_nothing_is_to_be_written_where_there_is_an_article():
    one, other = solved("A0001", VPN), solved("A0002", VPN)
    assert len(found(one, other, kind="write")) == 1
    used = lifecycle.linked(one, act(), "solved-by", article("X0001"))[0]
    drafted = lifecycle.linked(one, act(), "related", article("X0001"))[0]
    like = article("X0002", VPN[0], symptoms=VPN[1], category=VPN[2])
    assert found(used, other, kind="write") == []
    assert found(drafted, other, kind="write") == []
    assert found(one, other, kb=(like,), kind="write") == []
    retired = articles.retired(article("X0001"), act(0, "zhao"))
    assert len(found(drafted, other, kb=(retired,), kind="write")) == 1
    assert len(found(one, other, kb=(articles.retired(like, act(0, "zhao")),), kind="write")) == 1


WORDS = st.text(alphabet="abcdef ", min_size=1, max_size=30)


@given(st.lists(st.tuples(WORDS, st.sampled_from("xy")), max_size=30))
def test_each_is_in_one_group_with_a_first_that_it_is_like(texts: list[tuple[str, str]]):
    found = [likeness.words(text) for text, _ in texts]
    kept_apart = [category for _, category in texts]
    vectors = [likeness.vector(words, gaps._telling_weights(found, kept_apart)) for words in found]
    groups = gaps._groups(vectors, kept_apart, 0.4)
    members = [place for first, others in groups.items() for place in (first, *others)]
    assert sorted(members) == list(range(len(texts)))
    for first, others in groups.items():
        for place, alike in others.items():
            assert kept_apart[place] == kept_apart[first]
            assert alike == pytest.approx(likeness.likeness(vectors[place], vectors[first]))
            assert alike >= 0.4
            assert place > first
    for place in groups:  # and no first is like an earlier one of its category
        earlier = [one for one in groups if one < place and kept_apart[one] == kept_apart[place]]
        assert all(likeness.likeness(vectors[one], vectors[place]) < 0.4 for one in earlier)


# --- categories and searches ---------------------------------------------------------------


def test_categories_of_many_tickets_without_an_article():
    tickets = [solved(f"A000{n}", (f"Title {n}", "", "network/vpn")) for n in range(5)]
    gap = Gap(
        "category", "", "network/vpn", "", 5, "no published article is filed under it or above it"
    )
    assert found(*tickets, kind="category") == [gap]
    assert found(*tickets[1:], kind="category") == []
    old = solved("A0009", VPN, days=89.5)  # opened before the period
    assert found(*tickets[1:], old, kind="category") == []
    for category, wanted in (("network/vpn", []), ("network", []), ("network/wifi", [gap])):
        kb = (article("X0001", category=category),)
        assert found(*tickets, kb=kb, kind="category") == wanted, category
    draft = articles.drafted("KB-261121-X0001", act(), "x", {"category": "network/vpn"})
    assert found(*tickets, kb=(draft,), kind="category") == [gap]


def test_what_was_looked_for_in_vain():
    def searched(words: str, count: int, days: float) -> Search:
        return Search((NOW - timedelta(days=days)).timestamp(), words, count)

    searches = (
        searched("shredder", 0, 91),
        searched("Toner  low", 0, 9),
        searched("badge", 0, 8),
        searched("toner low", 0, 7),
        searched("badge", 2, 6),
        searched("vpn", 3, 5),
        searched("vpn", 0, 4),
        searched("later", 0, -1),
    )
    assert found(searches=searches, kind="search") == [
        Gap("search", "", "toner low", "", 2, "found nothing, last on 2026-11-14"),
        Gap("search", "", "vpn", "", 1, "found nothing, last on 2026-11-17"),
    ]


# --- articles ------------------------------------------------------------------------------


def test_articles_that_nobody_uses():
    used = lifecycle.with_link(article("X0002"), act(), SOLVES, "T-261121-A0001")
    retired = articles.retired(article("X0004"), act(0, "zhao"))
    by_hand = replace(article("X0005"), log=())
    kb = (article("X0001"), used, article("X0003", days=30.5), retired, by_hand)
    assert found(kb=kb, kind="unused") == [  # type: ignore[arg-type]
        Gap("unused", "KB-261121-X0001", "", "Article X0001", 40,
            "published on 2026-10-12, and no ticket was resolved by it")
    ]  # fmt: skip


def test_articles_found_unhelpful():
    def voted(one: Article, *votes: tuple[str, bool]) -> Article:
        for who, helpful in votes:
            because = "" if helpful else f"{who} says so"
            one = articles.voted(one, act(1, who), helpful=helpful, because=because)
        return one

    wrong = voted(article("X0001"), ("lin", False), ("chen", False), ("zhao", True))
    open_one = voted(article("X0002"), ("lin", False), ("chen", True), ("zhao", True))
    mended = articles.renewed(voted(article("X0003"), ("lin", False), ("zhao", True)),
                              act(0, "zhao"), None)  # fmt: skip
    liked = voted(article("X0004"), ("lin", True))
    assert found(kb=(wrong, open_one, mended, liked), kind="unhelpful") == [
        Gap("unhelpful", "KB-261121-X0001", "", "Article X0001", 2,
            "2 unhelpful, 1 helpful; “chen says so”"),
        Gap("unhelpful", "KB-261121-X0002", "", "Article X0002", 1,
            "1 unhelpful, 2 helpful; “lin says so”"),
    ]  # fmt: skip


def test_outdated_articles():
    kb = (article("X0001", days=400, category="network/vpn"), article("X0002"))
    assert found(kb=kb, kind="outdated") == [
        Gap("outdated", "KB-261121-X0001", "network/vpn", "Article X0001", 35,
            "to be looked at again by 2026-10-17")
    ]  # fmt: skip


def test_duplicates_of_articles():
    text = {"symptoms": VPN[1], "cause": "The idle timeout was lowered by an update."}
    kb = (
        article("X0002", "VPN drops at home", **text),
        article("X0001", "VPN drops every hour", **text),
        article("X0003", "打印机卡纸", symptoms="搓纸轮磨损"),
        articles.retired(article("X0004", "VPN drops every hour", **text), act(0, "zhao")),
    )
    (gap,) = found(kb=kb, kind="duplicate")
    assert (gap.id, gap.value, gap.title) == (
        "KB-261121-X0002", "KB-261121-X0001", "VPN drops at home"
    )  # fmt: skip
    assert 0.8 < gap.number < 1
    assert gap.why.startswith("like “VPN drops every hour”: ")


def test_all_kinds_in_their_order_and_each_is_defined():
    kb = (article("X0001", days=400), article("X0002", "Article X0001", days=400))
    tickets = [solved(f"A000{n}", VPN) for n in range(5)]
    searches = (Search(NOW.timestamp(), "x", 0),)
    kinds = [gap.kind for gap in found(*tickets, kb=kb, searches=searches)]
    assert kinds == ["write", "category", "search", *["unused"] * 2, *["outdated"] * 2, "duplicate"]
    assert tuple(gaps.DEFINITIONS) == gaps.KINDS
    assert found() == []
