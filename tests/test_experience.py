"""What resolved tickets teach: exact counts, advice with evidence, and duplicates."""

import json
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import experience, fulltext, model
from desk.experience import TABLES, Experience, Lesson
from desk.model import Article, Ticket
from tests import strategies

RECORDS = (
    "CREATE TABLE record (number INTEGER PRIMARY KEY, head TEXT, log TEXT);"
    "CREATE VIRTUAL TABLE text USING fts5 (title, body, log, content='',"
    f" tokenize='{fulltext.TOKENIZER}');"
)
# Category, team, priority and text of what the desk below has resolved, several times each.
RESOLVED = (
    ("network/vpn", "network", "P2", "VPN drops every hour"),
    ("network/vpn", "network", "P3", "VPN 连接不上，提示超时"),
    ("network/wifi", "network", "P3", "Wifi weak in the meeting room"),
    ("hardware/printer", "service-desk", "P4", "Printer jams with thick paper"),
    ("hardware/printer", "service-desk", "P4", "打印机卡纸，无法打印"),
    ("account/password", "service-desk", "P3", "Password expired, reset please"),
)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with empty() as connection:
        yield connection
    connection.close()


def empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(RECORDS + ";".join(TABLES))
    return connection


def put(connection: sqlite3.Connection, number: int, row: tuple[str, ...]) -> Lesson:
    """Put a ticket into the index, and what it teaches."""
    category, team, priority, title = row
    head = {"title": title, "category": category, "team": team, "priority": priority}
    ticket = Ticket({**head, "status": "closed"}, ())
    values = (number, json.dumps(ticket.head))
    connection.execute("INSERT INTO record VALUES (?, ?, '')", values)
    values = (number, *fulltext.texts(ticket))
    connection.execute("INSERT INTO text (rowid, title, body, log) VALUES (?,?,?,?)", values)
    lesson = experience.lesson(number, ticket)
    assert lesson, row
    return lesson


@pytest.fixture
def taught(connection: sqlite3.Connection) -> Experience:
    """The experience of a desk that has resolved ten of each of RESOLVED."""
    rows = enumerate(RESOLVED * 10, 1)
    experience = Experience(connection)
    experience.learn([put(connection, number, row) for number, row in rows])
    return experience


def counts(connection: sqlite3.Connection) -> list[list[object]]:
    """All that is counted."""
    queries = (
        "SELECT * FROM learnt",
        "SELECT * FROM filed ORDER BY field, value",
        "SELECT * FROM telling ORDER BY word",
        "SELECT * FROM posting ORDER BY word, block",
    )
    return [connection.execute(query).fetchall() for query in queries]


# --- counting --------------------------------------------------------------------------------

WORDS = st.sampled_from(["printer", "jams", "paper", "vpn", "打印机", "卡纸", "Wifi", "x", "5"])
VALUES = st.tuples(
    st.sampled_from(["network/vpn", "hardware", "\"quoted\", '网络'"]),
    st.sampled_from(["", "network", "网络组"]),
    st.sampled_from(["P1", "P4"]),
)
LESSONS = st.builds(
    Lesson,
    st.sampled_from([1, 2, 3, 1023, 1024, 1025, 9000, 100_000]),
    st.lists(WORDS, max_size=6).map(" ".join) | strategies.texts(),
    VALUES,
)


@given(st.lists(LESSONS, unique_by=lambda lesson: lesson.number), st.data())
def test_to_learn_and_forget_in_any_order_is_to_count_anew(lessons, data):
    forgotten = data.draw(st.lists(st.sampled_from(lessons), unique=True)) if lessons else []
    kept = [lesson for lesson in lessons if lesson not in forgotten]
    changed, anew = empty(), empty()
    steps = [(lesson, True) for lesson in lessons] + [(lesson, False) for lesson in forgotten]
    known: set[Lesson] = set()
    for lesson, learns in data.draw(st.permutations(steps)):
        if learns:
            Experience(changed).learn([lesson])
            known.add(lesson)
        elif lesson in known:
            Experience(changed).forget([lesson])
            known.remove(lesson)
    Experience(changed).forget([lesson for lesson in forgotten if lesson in known])
    Experience(anew).learn(kept)
    assert counts(changed) == counts(anew)
    changed.close()
    anew.close()


def test_what_is_counted(connection: sqlite3.Connection):
    lessons = [
        Lesson(5, "VPN drops. VPN", ("vpn", "", "P2")), Lesson(1029, "VPN", ("wifi", "net", "P2"))
    ]  # fmt: skip
    Experience(connection).learn(lessons)
    assert counts(connection) == [
        [(5,), (1029,)],
        [("category", "vpn", 1), ("category", "wifi", 1),
         ("priority", "P2", 2), ("team", "", 1), ("team", "net", 1)],
        [("drops", '{"vpn":1}'), ("vpn", '{"vpn":1,"wifi":1}')],
        [
            ("drops", 0, bytes([5, 0, 0xA1, 0x16])),  # 8192 / √2
            ("vpn", 0, bytes([5, 0, 0x50, 0x26])),  # 8192 (1 + ln 2) / √2
            ("vpn", 1, bytes([5, 0, 0, 0x20])),
        ],
    ]  # fmt: skip
    Experience(connection).forget(lessons)
    assert counts(connection) == [[], [], [], []]


def test_a_word_repeated_beyond_measure_is_kept_as_8(connection: sqlite3.Connection):
    Experience(connection).learn([Lesson(1, "vpn " * 3000, ("vpn", "", ""))])
    assert connection.execute("SELECT places FROM posting").fetchall() == [(b"\1\0\xff\xff",)]


def test_only_resolved_tickets_teach():
    head = {"title": "VPN", "description": "drops", "category": "vpn", "priority": "P2"}

    def lesson(**changed: model.Value) -> Lesson | None:
        return experience.lesson(7, Ticket({**head, "status": "resolved", **changed}, ()))

    assert lesson() == Lesson(7, "VPN\ndrops", ("vpn", "", "P2"))
    assert lesson(status="closed", team="net") == Lesson(7, "VPN\ndrops", ("vpn", "net", "P2"))
    assert lesson(category=None) == Lesson(7, "VPN\ndrops", ("", "", "P2"))
    assert lesson(status="on_hold") is lesson(status="cancelled") is None
    assert experience.lesson(7, Article({**head, "status": "closed"}, ())) is None


# --- advice ----------------------------------------------------------------------------------


def test_advice_with_its_evidence(taught: Experience):
    advice = taught.advice("My VPN drops again")
    best = {field: guesses[0] for field, guesses in advice.guesses.items()}
    assert {field: guess.value for field, guess in best.items()} == {
        "category": "network/vpn", "team": "network", "priority": "P2",
    }  # fmt: skip
    assert set(best["category"].words) == {"vpn", "drops"}
    assert {advice.cases[place].head["title"] for place in best["priority"].cases} == {
        "VPN drops every hour"
    }
    assert advice.cases[0].head["title"] == "VPN drops every hour"
    assert 0.5 < best["category"].confidence < 1


def test_advice_on_chinese(taught: Experience):
    advice = taught.advice("三楼打印机又卡纸了")
    guess = advice.guesses["category"][0]
    assert (guess.value, set(guess.words)) == ("hardware/printer", {"打印", "印机", "卡纸"})


def test_of_what_nobody_knows_only_the_usual_is_said(taught: Experience):
    advice = taught.advice("zzz 0x5 ???")
    assert advice.cases == []
    guesses = advice.guesses["category"]
    assert [(guess.value, guess.words, guess.cases) for guess in guesses] == [
        ("hardware/printer", (), ()), ("network/vpn", (), ()), ("account/password", (), ()),
    ]  # fmt: skip
    assert guesses[0].confidence == pytest.approx(20 / 65)


def test_a_new_desk_has_nothing_to_say(connection: sqlite3.Connection):
    advice = Experience(connection).advice("VPN drops")
    assert (advice.cases, advice.guesses) == ([], {"category": [], "team": [], "priority": []})


def test_one_ticket_is_no_proof(connection: sqlite3.Connection):
    Experience(connection).learn([put(connection, 1, RESOLVED[0])])
    advice = Experience(connection).advice("VPN drops every hour")
    assert [case.number for case in advice.cases] == [1]
    assert advice.guesses["category"][0].confidence < 0.5


def test_a_ticket_does_not_advise_itself(taught: Experience):
    numbers = [case.number for case in taught.advice(RESOLVED[0][3], without=7).cases]
    assert 7 not in numbers
    assert 1 in numbers


def test_trust_is_found_by_trying(taught: Experience, connection: sqlite3.Connection):
    assert taught.is_to_be_proven()
    before = taught.advice("VPN drops").guesses["category"][0].confidence
    taught.prove()
    assert not taught.is_to_be_proven()
    assert taught.advice("VPN drops").guesses["category"][0].confidence > before
    rows = enumerate(RESOLVED * 6, 61)
    taught.learn([put(connection, number, row) for number, row in rows])
    assert taught.is_to_be_proven()


def test_a_desk_that_files_at_random_is_not_trusted(connection: sqlite3.Connection):
    rows = [
        (f"category-{number * 7919 % 5}", "", "", "VPN drops every hour") for number in range(100)
    ]
    experience = Experience(connection)
    experience.learn([put(connection, number, row) for number, row in enumerate(rows, 1)])
    experience.prove()
    assert experience.advice("VPN drops").guesses["category"][0].confidence < 0.35


@given(strategies.texts() | st.lists(WORDS).map(" ".join))
def test_advice_on_any_text(text):
    connection = empty()
    lessons = [put(connection, number, row) for number, row in enumerate(RESOLVED, 1)]
    taught = Experience(connection)
    taught.learn(lessons)
    for guesses in taught.advice(text).guesses.values():
        assert all(0 < guess.confidence <= 1 for guess in guesses)
    if expression := taught.match(text):
        connection.execute("SELECT count(*) FROM text WHERE text MATCH ?", (expression,))
    assert all(0 <= one.likeness <= 1 for one in taught.alike(text, [text, "VPN drops"]))
    connection.close()


# --- duplicates ------------------------------------------------------------------------------


def test_an_expression_of_the_rarest_terms(taught: Experience, connection: sqlite3.Connection):
    put(connection, 100, ("data", "", "", "Disk of srv320 full, error 0x80070035 again"))
    text = "The srv320 shows 0x80070035, password expired, 打印机"
    expression = taught.match(text)
    assert expression == (
        '{title body} : ("0x80070035" OR "srv320" OR "expired" OR "password" OR "印机" OR "打印")'
    )
    query = "SELECT rowid FROM text WHERE text MATCH ? ORDER BY bm25(text) LIMIT 1"
    assert connection.execute(query, (expression,)).fetchall() == [(100,)]
    assert taught.match("zzz ?") == ""


def test_how_alike_texts_are(taught: Experience):
    text = "Printer PC-39280 jams with thick paper"
    same, near, far, other = taught.alike(
        text, [text, "PC-39280 jams", "Printer PC-11111 is offline", "VPN drops every hour"]
    )
    assert same.likeness == pytest.approx(1)
    assert 1 > near.likeness > 0.41 > far.likeness > 0.1 > other.likeness
    assert near.terms == ("pc", "pc-39280", "jams")
    assert other == (0, ())


def test_advice_does_not_depend_on_the_order_of_learning(connection: sqlite3.Connection):
    """Weights are as of now: a desk that grew says what one that was counted anew says."""
    first = [put(connection, number, RESOLVED[0]) for number in range(1, 40)]
    then = [put(connection, number, RESOLVED[4]) for number in range(40, 80)]
    grown, anew = Experience(connection), Experience(empty())
    grown.learn(first)
    grown.learn(then)
    for number in range(1, 80):
        put(anew._connection, number, RESOLVED[0] if number < 40 else RESOLVED[4])
    anew.learn([*first, *then])
    for text in ("vpn thick", "printer drops every hour", "paper"):
        assert grown.advice(text).guesses == anew.advice(text).guesses
    anew._connection.close()


def test_what_very_many_records_have_is_looked_for_too(connection: sqlite3.Connection):
    for number in range(1, 1100):
        put(connection, number, RESOLVED[0])
    taught = Experience(connection)
    assert '"vpn"' in taught.match("VPN drops")
    assert '"vpn"' in taught.match("VPN drops in the corridor", frequent=True)
