"""Hypothesis strategies for what records are made of."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from desk import dates, model, yamltext
from desk.model import Article, Event, Record, Ticket

# Letters that trip readers of YAML, terminals and spreadsheets, more often than chance has it.
AWKWARD = " \t\n\r#:-?!&*|>'\"%@`,[]{}=+~<.\\/$;0123456789nNyYeExX_\x00\x07\x1b\x7f\x85\x9b\xa0\xad"
AWKWARD += "\u200b\u200e\u202e\u2028\u2029\u2060\ufeff\ufffe\uffff\ufffd\U000e0001\U0001d173𠮷李️‍🙂"
SNIPPETS = (
    "null", "~", "true", "No", "on", "y", "0", "-0", "012", "0x1F", "0o17", "1_000", "1e3", ".5",
    "1.10", "12:30", "190:20:30", "2026-11-21", "2026-11-21T09:00:00Z", ".inf", "-.NaN", "<<", "=",
    "---", "...", "# x", " #", ": ", "a: b", "a #b", "- a", "? a", "|", ">-", "&a", "*a", "!t", "%",
    "[a]", "{a: b}", "'", '"', "\\n", "x ", " x", "\n", "\n\n", "x\n", "\nx", " \nx", "x\n ", "\tx",
    "x\n\n", "x\ny", "x\n  y\n#z\n", "a\r\nb", "x\n\t\ny", "李伟\n电话打不通\n",
)  # fmt: skip


def texts(max_size: int = 60, *, min_size: int = 0) -> st.SearchStrategy[str]:
    """Any text that UTF-8 can hold."""
    letters = st.characters(exclude_categories=["Cs"])
    sizes = {"min_size": min_size, "max_size": max_size}
    return st.one_of(
        st.text(letters, **sizes),
        st.text(st.sampled_from(AWKWARD), **sizes),
        st.sampled_from(SNIPPETS).filter(lambda text: min_size <= len(text) <= max_size),
    )


def keys() -> st.SearchStrategy[str]:
    """Any name that a custom field may have."""
    return texts(yamltext.MAX_KEY)


def moments() -> st.SearchStrategy[datetime]:
    """Moments with an offset of whole minutes, to the second."""
    offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
    return st.datetimes(
        datetime(1970, 1, 2), datetime(2069, 12, 30), timezones=offsets | st.just(UTC)
    ).map(lambda moment: moment.replace(microsecond=0))


def stamps() -> st.SearchStrategy[str]:
    return moments().map(dates.stamp)


def scalars() -> st.SearchStrategy[model.Value]:
    whole = st.integers(-(10**18) + 1, 10**18 - 1)
    return st.one_of(st.none(), st.booleans(), whole, texts(), stamps())


def values() -> st.SearchStrategy[model.Value]:
    """Whatever a custom field may hold."""
    return st.recursive(
        scalars(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys(), inner, max_size=3),
        max_leaves=6,
    )


def ids(prefix: str = "") -> st.SearchStrategy[str]:
    prefixes = st.just(prefix) if prefix else st.from_regex(r"[A-Z][A-Z0-9]{0,7}", fullmatch=True)
    return st.builds(
        lambda prefix, day, end: f"{prefix}-{day:%y%m%d}-{end}",
        prefixes.filter(lambda found: prefix or found != "KB"),
        moments(),
        st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=5, max_size=5),
    )


def changes() -> st.SearchStrategy[dict[str, tuple[model.Value, model.Value]]]:
    moves = ("status", "waiting_for")  # of which an event may only say a text
    names = (keys() | st.sampled_from(model.TICKET_FIELDS)).filter(lambda name: name not in moves)
    free = st.dictionaries(names, st.tuples(values(), values()), max_size=3)
    said = st.none() | texts(20)
    moved = st.dictionaries(st.sampled_from(moves), st.tuples(said, said), max_size=1)
    return st.builds(lambda one, other: {**one, **other}, free, moved)


def events() -> st.SearchStrategy[Event]:
    """Any event that a file may hold."""
    reserved = ("n", "at", "by", "did", "change")
    words = keys().filter(lambda name: name not in reserved)
    return st.builds(
        Event,
        n=st.integers(1, 10**6),
        at=stamps(),
        by=texts(),
        did=texts(20),
        change=changes(),
        words=st.dictionaries(words, values(), max_size=3),
    )


def _custom(known: tuple[str, ...]) -> st.SearchStrategy[dict[str, model.Value]]:
    free = keys().filter(lambda name: name not in known and name != "log")
    return st.dictionaries(free, values().filter(lambda value: value is not None), max_size=3)


def _requesters() -> st.SearchStrategy[dict[str, model.Value]]:
    return st.dictionaries(st.sampled_from(model.REQUESTER_FIELDS) | keys(), texts(), max_size=4)


def _heads(
    known: tuple[str, ...], required: dict, optional: dict
) -> st.SearchStrategy[dict[str, model.Value]]:
    given = st.fixed_dictionaries(required, optional=optional)
    return st.builds(lambda one, two: {**one, **two}, given, _custom(known))


def tickets() -> st.SearchStrategy[Ticket]:
    """Any ticket that the format allows."""
    required = {
        "id": ids(),
        "title": texts(),
        "status": st.sampled_from(model.STATUSES),
        "opened": stamps(),
    }
    plain = set(model.TICKET_FIELDS) - required.keys() - {"until", "began", "major", "requester"}
    optional: dict[str, st.SearchStrategy] = dict.fromkeys(sorted(plain), texts())
    optional |= {"until": stamps(), "began": stamps(), "major": st.booleans()}
    optional |= {"requester": _requesters(), "tags": st.lists(texts(), max_size=3)}
    optional |= {"links": st.lists(texts(), max_size=2), "description": texts(200)}
    heads = _heads(model.TICKET_FIELDS, required, optional)
    return st.builds(Ticket, heads, st.lists(events(), max_size=3).map(tuple))


def articles() -> st.SearchStrategy[Article]:
    """Any article that the format allows."""
    required = {
        "id": ids("KB"),
        "title": texts(),
        "status": st.sampled_from(model.ARTICLE_STATUSES),
    }
    plain = set(model.ARTICLE_FIELDS) - required.keys()
    optional: dict[str, st.SearchStrategy] = dict.fromkeys(sorted(plain), texts())
    optional |= {"tags": st.lists(texts(), max_size=3), "links": st.lists(texts(), max_size=2)}
    optional |= {"review_by": stamps()}
    heads = _heads(model.ARTICLE_FIELDS, required, optional)
    return st.builds(Article, heads, st.lists(events(), max_size=3).map(tuple))


def records() -> st.SearchStrategy[Record]:
    return tickets() | articles()


LIVED_FIELDS = ("title", "status", "priority", "team", "assignee", "category", "rack")
LIVED_VALUES: dict[str, st.SearchStrategy] = {
    **dict.fromkeys(LIVED_FIELDS, st.none() | st.sampled_from(("a", "b", "c"))),
    "title": st.sampled_from(("VPN drops", "打印机卡纸")),
    "status": st.sampled_from(model.STATUSES),
}


@st.composite
def lived(draw: st.DrawFn, max_events: int = 6) -> Ticket:
    """A ticket whose log was written by `Record.add`, as the commands do it."""
    steps = draw(
        st.lists(
            st.tuples(moments(), st.fixed_dictionaries({}, optional=LIVED_VALUES)),
            max_size=max_events,
        )
    )
    start = {"title": "VPN drops", "status": "new", "opened": "2026-11-21T09:00:00+08:00"}
    ticket = Ticket({"id": "T-261121-7K3FQ", "description": "It does."}, ())
    ticket = ticket.add("open", draw(moments()), "chen", start)
    for at, change in steps:
        ticket = ticket.add("note", at, "chen", change, text="tried")
    return ticket
