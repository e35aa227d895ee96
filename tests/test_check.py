"""Whether the folder is sound: each kind of damage is planted, found, and mended or named."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from desk import articles, check, codec, dates, lifecycle, store
from desk.check import Problem
from desk.lifecycle import Act
from desk.model import Article, Ticket, Value
from desk.store import Desk
from tests import sample_desk
from tests.conftest import NOW, add
from tests.support import POLICY

AT = "2026-11-21T09:00:00+08:00"
ONE, TWO, ARTICLE = "T-261121-A0001", "T-261121-A0002", "KB-261121-A0003"
PATH = f"tickets/2026/11/{ONE}.yaml"


@pytest.fixture
def sound(tmp_path: Path) -> Desk:
    """A desk of two linked tickets and an article."""
    desk = store.make(tmp_path / "desk", POLICY)
    act = acting(desk)
    one = lifecycle.opened(ONE, act, "打印机卡纸", fields={"category": "printer"})[0]
    one = lifecycle.noted(one, act, "looked at it")
    two = lifecycle.opened(TWO, act, "Printer jams", fields={})[0]
    two, one = lifecycle.linked(two, act, "duplicate-of", one)
    article = Article({"id": ARTICLE}, ()).add(
        "open", NOW, "chen", {"title": "卡纸", "status": "draft"}
    )
    add(desk, one, two, article)
    return desk


def acting(desk: Desk) -> Act:
    return Act("chen", NOW, desk.policy)


def found(desk: Desk) -> list[Problem]:
    return check.problems(desk, acting(desk))


def lines(problems: list[Problem]) -> list[str]:
    """Each problem as `file:line level (fixable) sentence`, the two tickets' paths in short."""
    return [
        f"{p.path.replace('tickets/2026/11/', '').removesuffix('.yaml')}:{p.line or ''} {p.level}"
        f"{' (fixable)' if p.fix else ''} {p.sentence}"
        for p in problems
    ]


def rewrite(desk: Desk, old: str, new: str, path: str = PATH) -> None:
    text = desk.text(path)
    assert old in text
    (Path(desk.root) / path).write_text(text.replace(old, new, 1), encoding="utf-8")


def put(desk: Desk, path: str, text: str | bytes) -> None:
    file = Path(desk.root) / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())


def move(desk: Desk, path: str) -> None:
    (Path(desk.root) / path).parent.mkdir(parents=True, exist_ok=True)
    (Path(desk.root) / PATH).rename(Path(desk.root) / path)


def link_folder(desk: Desk) -> None:
    (Path(desk.root) / "tickets" / "2026").rename(Path(desk.root) / "elsewhere")
    (Path(desk.root) / "tickets" / "2026").symlink_to(Path(desk.root) / "elsewhere")


LAYOUT = "the layout is not the format's; the next command writes it so, comments into the log"
HAND = "the next command writes an edit event"
STRAY = "this is no record's file name (T-261121-7K3FQ.yaml); move it out of tickets and kb"
OTHER = "T-261121-A0004: there is no such record"
BACK = f"{TWO}: error (fixable) duplicate-of {ONE}, but that has no `duplicate {TWO}`"
GONE = f"{TWO}: error duplicate-of {ONE}: there is no such record"

# What is planted, and every problem that must be found then.
DAMAGE: dict[str, tuple[Callable[[Desk], object], list[str]]] = {
    "not YAML": (
        lambda d: rewrite(d, "kind: incident", "kind: [incident"),
        [f"{ONE}:3 error this is not YAML: did not find expected ',' or ']'"],
    ),
    "a merge conflict": (
        lambda d: rewrite(d, "status: new\n", "<<<<<<< ours\nstatus: new\n=======\n"),
        [f"{ONE}:4 error a merge conflict begins here: its conflict markers are not whole; bring "
         "the file back from git"],
    ),
    "not UTF-8": (
        lambda d: put(d, PATH, b"id: T-261121-A0001\ntitle: \xff\n"),
        [f"{ONE}:2 error these bytes are not UTF-8; save the file as UTF-8"],
    ),
    "an empty file": (
        lambda d: put(d, PATH, ""),
        [f"{ONE}:1 error the file is empty"],
    ),
    "a file cut off": (
        lambda d: put(d, PATH, d.text(PATH)[:60]),
        [f"{ONE}:6 error this is not YAML: could not find expected ':'"],
    ),
    "a YAML bomb": (
        lambda d: put(d, PATH, "a: &a [x]\nb: [*a, *a]\n"),
        [f"{ONE}:1 error anchor &a is not allowed; write each value out"],
    ),
    "a key twice": (
        lambda d: rewrite(d, "status: new\n", "status: new\nstatus: closed\n"),
        [f"{ONE}:5 error (fixable) key 'status' stands twice; keep one of them; keep both in the "
         "log"],
    ),
    "a file too large": (
        lambda d: put(d, PATH, "#" * (1 << 20) + "\n"),
        [f"{ONE}: error the file is over 1 MiB, which no record is"],
    ),
    "a field missing": (
        lambda d: rewrite(d, "title: 打印机卡纸\n", ""),
        [f"{ONE}:1 error the field 'title' is missing"],
    ),
    "a title that says nothing": (
        lambda d: rewrite(d, "title: 打印机卡纸\n", 'title: ""\n'),
        [f"{ONE}:3 warning (fixable) 'title' was changed by hand: the log says 打印机卡纸; {HAND}",
         f"{ONE}:3 error the title is empty; write what the record is about"],
    ),
    "a status that is none": (
        lambda d: rewrite(d, "status: new", "status: open"),
        [f"{ONE}:4 error 'open' is no status; it is one of new, in_progress, on_hold, resolved, "
         "closed, cancelled"],
    ),
    "a time that is none": (
        lambda d: rewrite(d, f"opened: {AT}", "opened: 2026-13-45"),
        [f"{ONE}:12 error '2026-13-45' is no RFC 3339 time such as 2026-11-21T09:00:00+08:00"],
    ),
    "an event without a number": (
        lambda d: rewrite(d, "- n: 2", "- n: two"),
        [f"{ONE}:28 error an event's 'n' is a whole number from 1 to 1000000000"],
    ),
    "an event taken out": (
        lambda d: put(d, PATH, re.sub(r"(?s)- n: 2.*(?=- n: 3)", "", d.text(PATH))),
        [f"{ONE}:13 error event 2 is missing; a log only grows, bring it back from git"],
    ),
    "an event from the future": (
        lambda d: rewrite(d, f"- n: 2\n  at: {AT}", "- n: 2\n  at: 2026-11-23T09:00:00+08:00"),
        [f"{ONE}:29 warning event 2 lies ahead: 2026-11-23T09:00:00+08:00"],
    ),
    "an edit by hand": (
        lambda d: rewrite(d, "title: 打印机卡纸", "title: 打印机又卡纸"),
        [f"{ONE}:3 warning (fixable) 'title' was changed by hand: the log says 打印机卡纸; {HAND}"],
    ),
    "a field added by hand": (
        lambda d: rewrite(d, "log:", "asset: PRN-1\nlog:"),
        [f"{ONE}:13 warning (fixable) 'asset' was changed by hand: the log has none; {HAND}"],
    ),
    "a field taken out by hand": (
        lambda d: rewrite(d, "urgency: medium\n", ""),
        [f"{ONE}:1 warning (fixable) 'urgency' was changed by hand: the log says medium; {HAND}"],
    ),
    "a comment": (
        lambda d: rewrite(d, "status: new", "status: new # really?"),
        [f"{ONE}:4 warning (fixable) {LAYOUT}"],
    ),
    "another layout": (
        lambda d: rewrite(d, f"id: {ONE}\n", f'"id": {ONE}\n\n'),
        [f"{ONE}:1 warning (fixable) {LAYOUT}"],
    ),
    "a hold without its reason": (
        lambda d: rewrite(d, "status: new", "status: on_hold"),
        [f"{ONE}:4 warning (fixable) 'status' was changed by hand: the log says new; {HAND}",
         f"{ONE}:4 error status on_hold needs 'waiting_for': requester, vendor, problem, change"],
    ),
    "a reason without a hold": (
        lambda d: rewrite(d, "status: new", "status: new\nwaiting_for: vendor"),
        [f"{ONE}:4 error 'waiting_for' goes with status on_hold, not new",
         f"{ONE}:5 warning (fixable) 'waiting_for' was changed by hand: the log has none; {HAND}"],
    ),
    "a hold for somebody unheard of": (
        lambda d: rewrite(d, "status: new", "status: on_hold\nwaiting_for: godot"),
        [f"{ONE}:4 warning (fixable) 'status' was changed by hand: the log says new; {HAND}",
         f"{ONE}:4 error status on_hold needs 'waiting_for': requester, vendor, problem, change",
         f"{ONE}:5 warning (fixable) 'waiting_for' was changed by hand: the log has none; {HAND}"],
    ),
    "one side of a link taken out": (
        lambda d: change(d, ONE, links=None),
        [BACK],
    ),
    "a link to nowhere": (
        lambda d: one_sided(d, "parent", "T-261121-A0004"),
        [f"{ONE}: error parent {OTHER}"],
    ),
    "a link of an unknown kind": (
        lambda d: one_sided(d, "parnet", TWO),
        [f"{ONE}: error link 'parnet' is unknown; did you mean parent?"],
    ),
    "a record in the wrong month": (
        lambda d: move(d, f"tickets/2026/10/{ONE}.yaml"),
        [f"tickets/2026/10/{ONE}:1 error (fixable) its id is {ONE}, whose place is {PATH}; move it",
         GONE],
    ),
    "an id that is not the file's": (
        lambda d: move(d, "tickets/2026/11/T-261121-A0009.yaml"),
        [GONE,
         f"T-261121-A0009:1 error (fixable) its id is {ONE}, whose place is {PATH}; move it"],
    ),
    "a copy of a record": (
        lambda d: put(d, f"tickets/2026/10/{ONE}.yaml", d.text(PATH)),
        [f"tickets/2026/10/{ONE}:1 error (fixable) its id is {ONE}, whose place is {PATH}; put "
         "both files together"],
    ),
    "a stray file": (
        lambda d: put(d, "tickets/2026/11/notes.txt", "x"),
        [f"notes.txt: warning {STRAY}"],
    ),
    "an editor's backup": (
        lambda d: put(d, f"{PATH}~", "x"),
        [f"{ONE}.yaml~: warning {STRAY}"],
    ),
    "a symbolic link": (
        lambda d: (Path(d.root) / "kb/KB-261121-A0009.yaml").symlink_to(Path(d.root) / PATH),
        ["kb/KB-261121-A0009: error this is a symbolic link; desk follows none"],
    ),
    "a folder with a record's name": (
        lambda d: (Path(d.root) / "kb/KB-261121-A0009.yaml").mkdir(),
        ["kb/KB-261121-A0009: error this is no regular file; desk reads nothing else"],
    ),
    "a name that desk.yaml does not know": (
        lambda d: change(d, ONE, team="网络组"),
        [f"{ONE}: warning team '网络组' is not in desk.yaml"],
    ),
    "an outside number twice": (
        lambda d: [change(d, record_id, external="INC7") for record_id in (ONE, TWO)],
        [f"{TWO}: warning external 'INC7' is that of {ONE} too"],
    ),
}  # fmt: skip


def read(desk: Desk, record_id: str = ONE) -> Ticket:
    record = desk.read(record_id)
    assert isinstance(record, Ticket)
    return record


def change(desk: Desk, record_id: str, **fields: Value) -> None:
    record = read(desk, record_id).add("update", NOW, "chen", fields)
    put(desk, store.path_of(record_id), codec.dump(record))


def one_sided(desk: Desk, how: str, other: str) -> None:
    put(desk, PATH, codec.dump(lifecycle.with_link(read(desk), acting(desk), how, other)))


def test_a_sound_desk_has_no_problem(sound: Desk):
    assert found(sound) == []


def test_the_sample_desk_raises_no_false_alarm(tmp_path: Path):
    policy = Path(sample_desk.__file__).parents[1] / "desk.yaml"
    desk = store.make(tmp_path / "desk", policy.read_text(encoding="utf-8"))
    sample_desk.make(Path(desk.root))
    assert len(desk.ids()) > 30
    assert found(Desk(desk.root)) == []


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found(sound: Desk, kind: str):
    plant, expected = DAMAGE[kind]
    plant(sound)
    assert sorted(lines(found(sound))) == sorted(expected)


def test_what_cannot_be_read_is_there_for_those_that_name_it(tmp_path: Path):
    rules = f"major: [{{when: {{priority: P1}}, plan: {ARTICLE}}}]\n"
    desk = store.make(tmp_path / "desk", POLICY + rules)
    other = articles.drafted("KB-261121-A0005", acting(desk), "x", {"body": f"See {ARTICLE}."})
    one, two = lifecycle.linked(article_of_lin(desk), acting(desk), "related", other)
    add(desk, one, two)
    before = lines(found(desk))
    rewrite(desk, "title:", "title: [", path=f"{KB}.yaml")
    problem = f"{KB}:3 error this is not YAML: did not find expected ',' or ']'"
    assert lines(found(desk)) == [problem]
    (Path(desk.root) / f"{KB}.yaml").rename(tmp_path / "away.yaml")
    gone = [line for line in lines(found(desk)) if "there is no such record" in line]
    assert len(gone) == 2
    assert before == [f"{KB}:11 warning the text names {TWO}: there is no such record"]


def test_a_linked_folder_is_not_followed(sound: Desk):
    link_folder(sound)
    assert lines(found(sound)) == ["tickets/2026: error this is a symbolic link; desk follows none"]


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind, (_, lines) in DAMAGE.items()
        if any("(fixable)" in one for one in lines) and kind != "a key twice"
    ],
)
def test_what_can_be_mended_is_mended(sound: Desk, kind: str):
    plant, expected = DAMAGE[kind]
    plant(sound)
    problems = found(sound)
    head = dict(read_anywhere(sound).head)
    fixable = sum("(fixable)" in one for one in expected)
    assert check.mend(sound, problems, acting(sound)) == fixable
    left = [line for line in expected if "(fixable)" not in line and line != GONE]
    assert lines(found(sound)) == left
    assert check.mend(sound, found(sound), acting(sound)) == 0
    mended = read(sound)
    if kind != "one side of a link taken out":
        assert mended.head == head, "what stands in the head stays"


def read_anywhere(desk: Desk) -> Ticket:
    path, *_ = [
        p for p in desk.walk("tickets") if f"id: {ONE}" in desk.text(p).replace('"', "")[:40]
    ]
    record = codec.load(desk.text(path))
    assert isinstance(record, Ticket)
    return record


def test_several_kinds_at_once_are_all_found_and_mending_mends_what_it_can(
    sound: Desk, figures: Callable[[str], None]
):
    planted = 0
    for number, (plant, expected) in enumerate(DAMAGE.values()):
        desk = store.make(Path(sound.root).parent / f"desk{number}", POLICY)
        for record_id in (ONE, TWO, ARTICLE):
            put(desk, store.path_of(record_id), sound.text(store.path_of(record_id)))
        plant(desk)
        planted += sorted(lines(found(desk))) == sorted(expected)
    assert planted == len(DAMAGE)
    figures(
        f"R8  desk check: {planted} of {len(DAMAGE)} kinds of planted damage found, 0 false alarms"
    )


KB = f"kb/{ARTICLE}"
PICTURE = f"kb/files/{store.picture_name(b'picture', 'a.png')}"
OTHER_PICTURE = f"kb/files/{store.picture_name(b'other', 'a.png')}"
UNAPPROVED = "retire it and `desk kb submit` it again"
# What is wrong in an article that lin wrote and zhao published, and what is said of it.
ARTICLES: dict[str, tuple[Callable[[Desk], object], list[str]]] = {
    "nobody approved it": (
        lambda d: rewrite(d, "  did: approve\n", "  did: publish\n", f"{KB}.yaml"),
        [f"{KB}:3 warning it is published and nobody has approved it; {UNAPPROVED}"],
    ),
    "its author approved it": (
        lambda d: rewrite(d, "  by: zhao\n  did: approve", "  by: lin\n  did: approve",
                          f"{KB}.yaml"),
        [f"{KB}:3 warning it is published, and lin, who approved it, wrote some of it; "
         f"{UNAPPROVED}"],
    ),
    "an owner who is gone": (
        lambda d: rewrite(d, "owner: [null, lin]", "owner: [null, bob]", f"{KB}.yaml"),
        [f"{KB}:6 warning (fixable) 'owner' was changed by hand: the log says bob; {HAND}"],
    ),
    "names that nobody knows": (
        lambda d: put(d, f"{KB}.yaml", d.text(f"{KB}.yaml").replace("lin", "bob")
                      .replace("printer", "fax").replace("public", "press")),
        [f"{KB}: warning audience 'press' is not in desk.yaml",
         f"{KB}: warning its category is not in desk.yaml",
         f"{KB}: warning its owner is not in desk.yaml"],
    ),
    "a date that is none": (
        lambda d: rewrite(d, "review_by: 2027-11-21T09:00:00+08:00", "review_by: soon",
                          f"{KB}.yaml"),
        [f"{KB}:7 error 'soon' is no RFC 3339 time such as 2026-11-21T09:00:00+08:00"],
    ),
    "a text that names what is not there": (
        lambda d: put(d, f"{KB}.yaml", d.text(f"{KB}.yaml").replace(TWO, "KB-261121-A0009")),
        [f"{KB}:9 warning the text names KB-261121-A0009: there is no such record"],
    ),
}  # fmt: skip


def article_of_lin(desk: Desk) -> Article:
    lin, zhao = (Act(who, NOW, desk.policy) for who in ("lin", "zhao"))
    fields: dict[str, Value] = {
        "category": "printer", "audience": "public",
        "body": f"As in {TWO}, see also X-261121-A0009 and 261121.\n",
    }  # fmt: skip
    made = articles.drafted(ARTICLE, lin, "卡纸", fields)
    return articles.approved(articles.submitted(made, lin), zhao)


@pytest.mark.parametrize("kind", ARTICLES)
def test_what_is_wrong_with_an_article_is_told(tmp_path: Path, kind: str):
    desk = store.make(tmp_path / "desk", POLICY)
    two = lifecycle.opened(TWO, acting(desk), "x", fields={})[0]
    add(desk, two, article_of_lin(desk))
    assert lines(found(desk)) == []
    plant, expected = ARTICLES[kind]
    plant(desk)
    assert lines(found(desk)) == expected


# What is wrong with the pictures of an article that shows one, and what is said of it.
PICTURES: dict[str, tuple[Callable[[Desk], object], list[str]]] = {
    "a picture that is gone": (
        lambda d: (Path(d.root) / PICTURE).unlink(),
        [f"{KB}: warning its picture a.png is missing: {PICTURE}; bring it back from git"],
    ),
    "a picture of other bytes": (
        lambda d: (Path(d.root) / PICTURE).write_bytes(b"other"),
        [f"{PICTURE}: error its bytes are not those that it is named after"],
    ),
    "a picture that is a link": (
        lambda d: ((Path(d.root) / PICTURE).unlink(), (Path(d.root) / PICTURE).symlink_to("/x")),
        [f"{PICTURE}: error this is a symbolic link or below one; desk reads regular files only"],
    ),
    "a picture that nothing shows": (
        lambda d: (Path(d.root) / OTHER_PICTURE).write_bytes(b"other"),
        [f"{OTHER_PICTURE}: warning no article shows this picture; remove it"],
    ),
    "another file among the pictures": (
        lambda d: (Path(d.root) / "kb/files/a.png").write_bytes(b"x"),
        [
            "kb/files/a.png: warning this is no record's file name (T-261121-7K3FQ.yaml); move it "
            "out of tickets and kb"
        ],
    ),
    "an article that cannot be read, which may show it": (
        lambda d: put(d, f"{KB}.yaml", "id: [\n"),
        [f"{KB}:2 error this is not YAML: did not find expected node content"],
    ),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_what_is_wrong_with_pictures_is_told(tmp_path: Path, kind: str):
    desk = store.make(tmp_path / "desk", POLICY)
    lin, name = Act("lin", NOW, desk.policy), PICTURE.removeprefix("kb/files/")
    with desk.changing(NOW, "lin") as transaction:
        transaction.create(articles.drafted(ARTICLE, lin, "卡纸", {"pictures": {"a.png": name}}))
        transaction.keep_picture(name, b"picture")
    assert lines(found(desk)) == []
    plant, expected = PICTURES[kind]
    plant(desk)
    assert lines(found(desk)) == expected


MARKED = f"""\
id: {ARTICLE}
title: MARK
status: published
audience: network
category: MARK-category
owner: MARK-owner
external: MARK-external
MARK-field: x
pictures:
  MARK.png: {PICTURE.removeprefix("kb/files/")}
body: As in KB-261121-0MARK.
links:
- MARK-link {ONE}
- related {TWO}
- related T-261121-0MARK
log:
- n: 1
  at: 2027-01-01T09:00:00+08:00
  by: lin
  did: new
  change:
    title: [null, MARK-title]
    status: [null, published]
    external: [null, MARK-external]
"""


BY_HAND = f"was changed by hand: the log says something else; {HAND}"
# What is said of it to whoever may not read it.
HIDDEN = [
    f"{KB}: error (fixable) a link of it has no other side",
    f"{KB}: error a link of it is unknown",
    f"{KB}: error a link of it leads to no record",
    f"{KB}: warning a picture of it is missing: {PICTURE}; bring it back from git",
    f"{KB}: warning its category is not in desk.yaml",
    f"{KB}: warning its external is that of another record too",
    f"{KB}: warning its owner is not in desk.yaml",
    f"{KB}:2 warning (fixable) 'title' {BY_HAND}",
    f"{KB}:3 warning its approval does not hold; {UNAPPROVED}",
    f"{KB}:4 warning (fixable) 'audience' {BY_HAND}",
    f"{KB}:5 warning (fixable) 'category' {BY_HAND}",
    f"{KB}:6 warning (fixable) 'owner' {BY_HAND}",
    f"{KB}:7 warning (fixable) {LAYOUT}",
    f"{KB}:8 warning (fixable) a field {BY_HAND}",
    f"{KB}:9 warning (fixable) a field {BY_HAND}",
    f"{KB}:11 warning the text names a record that is not there",
    f"{KB}:12 warning (fixable) 'links' {BY_HAND}",
    f"{KB}:18 warning event 1 lies ahead",
]


def test_of_an_article_that_is_for_others_only_the_place_is_named(tmp_path: Path):
    desk = store.make(tmp_path / "desk", f"{POLICY}roles: {{}}\n")
    made = lifecycle.opened(TWO, acting(desk), "x", fields={})[0]
    add(desk, made.add("edit", NOW, "chen", {"external": "MARK-external"}))
    put(desk, f"{KB}.yaml", MARKED)
    put(desk, "kb/KB-261121-A0004.yaml", MARKED.replace(ARTICLE, "KB-261121-A0004"))

    def told(who: str) -> list[Problem]:
        every = check.problems(desk, Act(who, NOW, desk.policy))
        return [one for one in every if one.path.startswith("kb/")]

    whole = told("zhao")
    assert sum("MARK" in one.sentence for one in whole) == 16
    for who in ("chen", "visitor"):
        assert [line for line in lines(told(who)) if line.startswith(f"{KB}:")] == HIDDEN


def test_what_desk_works_out_is_no_field_of_a_file(sound: Desk):
    article = f"kb/{ARTICLE}.yaml"
    rewrite(sound, "title:", "age: 3\ntitle:")
    rewrite(sound, "title:", "uses: 3\nage: 3\ntitle:", path=article)
    way = "is no field to write: desk works it out itself; take it out"
    every = [line for line in lines(found(sound)) if way in line]
    assert every == [f"kb/{ARTICLE}:2 warning 'uses' {way}", f"{ONE}:3 warning 'age' {way}"]
    imported = sound.read(TWO).add("edit", NOW, "chen", {"closed": "1999"}, source="old")
    with sound.changing(NOW, "chen") as transaction:
        transaction.replace(imported)
    assert [line for line in lines(found(sound)) if way in line] == every


def test_the_use_of_an_article_is_mended(tmp_path: Path):
    desk = store.make(tmp_path / "desk", POLICY)
    two = lifecycle.opened(TWO, acting(desk), "x", fields={})[0]
    two = lifecycle.resolved(two, acting(desk), solution="x", articles=[ARTICLE])
    add(desk, two, article_of_lin(desk))
    assert lines(found(desk)) == [
        f"{TWO}: error (fixable) solved-by {ARTICLE}, but that has no `solves {TWO}`"
    ]
    assert check.mend(desk, found(desk), acting(desk)) == 1
    mended = desk.read(ARTICLE)
    assert isinstance(mended, Article)
    assert (mended.solved, found(desk)) == ([TWO], [])


def test_views_that_cannot_be_understood_are_named_with_their_lines(tmp_path: Path):
    views = """\
views:
  mine: assignee:me
  late: "status:opne or @mine"
  both: "@mine or @late"
  rack: rack:7
  typo: pirority:P1
"""
    desk = store.make(tmp_path / "desk", POLICY + views)
    ticket = lifecycle.opened(ONE, acting(desk), "x", fields={"rack": 7})[0]
    add(desk, ticket)
    line = POLICY.count("\n")
    opne = "view @late of desk.yaml: 'opne' is no status; did you mean open?"
    assert lines(found(desk)) == [
        f"desk:{line + 3} error {opne}",
        f"desk:{line + 4} error {opne}",
        f"desk:{line + 6} warning view @typo of desk.yaml: no ticket has a field 'pirority'; "
        "did you mean priority?",
    ]


def test_mending_one_does_not_wait_for_what_cannot_be_mended(sound: Desk):
    rewrite(sound, "title: 打印机卡纸", "title: 打印机又卡纸")
    other = sound.text(store.path_of(TWO)).replace("by: ", "by: li.")
    put(sound, f"tickets/2026/10/{TWO}.yaml", other)
    put(sound, "kb/KB-261121-A0009.yaml", "id: [\n")
    assert check.mend(sound, found(sound), acting(sound)) == 1
    assert lines(found(sound)) == [
        "kb/KB-261121-A0009:2 error this is not YAML: did not find expected node content",
        f"tickets/2026/10/{TWO}:1 error its id is {TWO}, whose place is {store.path_of(TWO)}; "
        "another file has that id too, keep one of them",
    ]


def test_mending_keeps_comments_in_the_log(sound: Desk):
    rewrite(sound, "status: new", "# first\nstatus: new # 第二\n")
    assert check.mend(sound, found(sound), acting(sound)) == 1
    event = read(sound).log[-1]
    assert (event.did, event.change, dict(event.words)) == (
        "edit", {}, {"by_hand": True, "comments": "# first\n# 第二"},
    )  # fmt: skip


def test_a_problem_as_data():
    row: dict[str, Value] = {
        "file": "x", "line": None, "level": "error", "problem": "y", "fixable": False,
    }  # fmt: skip
    assert Problem("x", None, "error", "y").row() == row


def test_each_file_is_counted(sound: Desk):
    put(sound, "kb/x", "")
    seen: list[None] = []
    check.problems(sound, acting(sound), lambda: seen.append(None))
    assert len(seen) == 4
    assert dates.stamp(NOW) == AT
