"""The schemas: they take what desk takes, and refuse what it refuses for its shape."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from desk import (
    codec,
    model,
    people,
    policy,
    promises,
    rules,
    schema,
    shapes,
    workhours,
    yamlreader,
)
from desk.errors import DamagedError
from desk.model import Article, Record, Ticket
from tests import strategies, test_codec, test_policy, test_policy_promises
from tests.conftest import policy_text
from tests.promises import scene
from tests.support import POLICY, ROOT
from tests.test_policy_promises import ATOMS, PLACES, VALUES, written

VALIDATORS = {kind: Draft7Validator(schema.of(kind)) for kind in schema.KINDS}
KNOWING = policy.load((ROOT / "desk.yaml").read_text(encoding="utf-8"))


def kind_of(path: Path) -> str:
    if path.name == "desk.yaml":
        return schema.POLICY
    return schema.ARTICLE if path.name.startswith("KB-") else schema.TICKET


def faults(kind: str, text: str) -> list[str]:
    """What the schema finds wrong in the text of a file."""
    errors = VALIDATORS[kind].iter_errors(yamlreader.parse(text))
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


def faults_in(folder: Path) -> dict[str, list[str]]:
    """What the schemas find wrong in the files of a desk."""
    paths = [folder / "desk.yaml", *folder.glob("tickets/**/*.yaml"), *folder.glob("kb/*.yaml")]
    found = {str(path): faults(kind_of(path), path.read_text(encoding="utf-8")) for path in paths}
    return {path: wrong for path, wrong in found.items() if wrong}


# --- what is right -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", schema.KINDS)
def test_each_is_a_schema_of_that_draft(kind: str):
    for known in (None, KNOWING):
        found = schema.of(kind, known)
        Draft7Validator.check_schema(found)
        assert found["$schema"] == Draft7Validator.META_SCHEMA["$schema"]


def test_the_sample_desk_fits():
    assert len(list(ROOT.glob("tickets/**/*.yaml"))) > 20
    assert faults_in(ROOT) == {}


def test_the_policies_fit():
    for text in (policy_text(), POLICY, test_policy.SMALL, test_policy_promises.SMALL,
                 "format: 1\n"):  # fmt: skip
        assert faults(schema.POLICY, text) == []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scene")
    scene.build(root)
    return root


@pytest.mark.parametrize("name", scene.WRITING)
def test_what_each_command_writes_fits(made: Path, tmp_path: Path, name: str):
    folder = scene.copy(made, tmp_path / "copy", name)
    before = scene.files(folder)
    arguments = scene.WRITING[name][0]
    words = [str((folder / word).resolve()) if word[:3] == "../" else word for word in arguments]
    code, _, said = scene.in_process([str(folder) if w == "." else w for w in words], folder)
    assert (code, scene.files(folder) != before) == (0, True), said
    assert faults_in(folder) == {}


def sound(record: Record) -> Record:
    """The record without what `desk check` calls an error."""
    head = {name: value for name, value in record.head.items() if name != "links"}
    head["title"] = record.title if record.title.strip() else "x"
    if isinstance(record, Ticket):
        head["waiting_for"] = "vendor" if record.status == "on_hold" else ""
    return replace(record, head=head)


@settings(max_examples=60)
@given(strategies.records())
def test_any_sound_record_fits(record: Record):
    kind = schema.ARTICLE if isinstance(record, Article) else schema.TICKET
    assert faults(kind, codec.dump(sound(record))) == []


@pytest.mark.parametrize("value", ["null", "7", "''"])
@pytest.mark.parametrize("field", [*model.TICKET_FIELDS, "log"])
def test_a_field_may_be_null_a_number_or_empty_where_desk_takes_that(field: str, value: str):
    text = "".join(
        line for line in test_codec.HEAD.splitlines(True) if not line.startswith(f"{field}:")
    )
    text += f"{field}: {value}\n"
    try:
        record = codec.load(text)
    except DamagedError:
        assert faults(schema.TICKET, text)
    else:
        # What is an error of `desk check`.
        bad = record.text("waiting_for") or not record.title
        assert bool(faults(schema.TICKET, text)) == bool(bad)


def is_policy(text: str) -> bool:
    """Whether desk takes that desk.yaml."""
    try:
        policy.load(text)
    except DamagedError:
        return False
    return True


def no_empty_word(text: str) -> bool:
    """A text that is empty where one of a few words may stand is taken for none."""
    return "''" not in text


@given(st.sampled_from(PLACES), VALUES.filter(no_empty_word))
@settings(max_examples=200)
def test_a_policy_that_desk_takes_fits(path: tuple[str, ...], value: str):
    text = written({path: value})
    assert not is_policy(text) or faults(schema.POLICY, text) == []


@given(
    st.dictionaries(st.sampled_from(PLACES), ATOMS.filter(no_empty_word), min_size=2, max_size=4)
)
@settings(max_examples=100)
def test_a_policy_with_several_changes_fits_too(changes: dict[tuple[str, ...], str]):
    text = written(changes)
    assert not is_policy(text) or faults(schema.POLICY, text) == []


# --- what is wrong -------------------------------------------------------------------------

# What a schema cannot know: what a word names, and what two values are together.
BEYOND = re.compile(
    r"is not known here|time zone .* is unknown|needs \d priorities|day is out of range"
    r"|'24x7' is around the clock|says nothing here|these hours overlap|'\d\d:\d\d-\d\d:\d\d' are"
    r"|'2026-02-29' is no date|ends before it begins|longer than a year|cannot be read"
    r"|is another team than|working time in hours|is one day|no day is from|is a share of the"
    r"|another rule is named|over a hundred years|is too long a time"
)


def mistakes() -> Iterator[tuple[str, str, str]]:
    """(kind, text, what desk says of it) of the mistakes that the other tests make."""
    for text, sentence in test_codec.DAMAGED.items():
        yield schema.TICKET, text, sentence
    for module in (test_policy, test_policy_promises):
        for change, sentence in module.MISTAKES.items():
            yield schema.POLICY, module.SMALL.replace(*change, 1), sentence


def parses(text: str) -> bool:
    try:
        yamlreader.parse(text)
    except DamagedError:
        return False
    return True


SHAPELESS = [
    (kind, text)
    for kind, text, sentence in mistakes()
    if parses(text) and not BEYOND.search(sentence)
]


@pytest.mark.parametrize(("kind", "text"), SHAPELESS)
def test_what_desk_refuses_for_its_shape_does_not_fit(kind: str, text: str):
    assert faults(kind, text)


def test_most_mistakes_are_of_shape():
    assert len(SHAPELESS) > 100


HEAD = test_codec.HEAD
HELD = HEAD.replace("status: new", "status: on_hold")
ERRORS = {
    "a hold without its reason": HELD,
    "a hold with no reason that there is": f"{HELD}waiting_for: lunch\n",
    "a reason without a hold": f"{HEAD}waiting_for: vendor\n",
    "an unknown link": f"{HEAD}links: [sibling T-261121-7K3FQ]\n",
    "a link to no id": f"{HEAD}links: [related 7k3fq]\n",
    "an article's id": HEAD.replace("T-2", "KB-2"),
    "a title that says nothing": HEAD.replace("title: t", "title: ' \u3000'"),
    "a month that there is not": HEAD.replace("2026-11", "2026-13"),
    "a day that there is not": HEAD.replace("-21T", "-32T"),
    "a day that its month has not": HEAD.replace("11-21T", "02-30T"),
    "an hour that there is not": HEAD.replace("T09", "T24"),
    "a minute that there is not": HEAD.replace(":00+", ":60+"),
    "an offset that there is not": HEAD.replace("+08:00", "+24:00"),
    "a moment of the log that there is not": f"{HEAD}log:\n{test_codec.EVENT}".replace(
        "  at: 2026-11-21", "  at: 2026-00-21"
    ),
    "a time without its offset": HEAD.replace("+08:00", ""),
    "a status that an event never gave": f"{HEAD}log:\n{test_codec.EVENT}"
    "  change: {status: [1, 2]}\n",
}


def test_an_article_needs_a_title_too():
    text = "id: KB-261121-7K3FQ\ntitle: {}\nstatus: draft\n"
    assert faults(schema.ARTICLE, text.format("x")) == []
    assert faults(schema.ARTICLE, text.format("''"))


@pytest.mark.parametrize("text", ERRORS.values(), ids=ERRORS)
def test_what_check_calls_an_error_does_not_fit(text: str):
    assert faults(schema.TICKET, text)


def test_what_a_hold_needs_is_there():
    assert faults(schema.TICKET, f"{HELD}waiting_for: vendor\n") == []


@pytest.mark.parametrize("path", PLACES, ids=".".join)
def test_nonsense_fits_nowhere(path: tuple[str, ...]):
    assert faults(schema.POLICY, written({path: "{nonsense: [1]}"}))


# --- one table for both --------------------------------------------------------------------

INSIDE: dict[tuple[str, ...], dict[str, shapes.Setting]] = {
    ("people", "chen"): people.PERSON,
    ("teams", "network"): people.TEAM,
    ("calendars", "office"): workhours.CALENDAR,
    ("targets",): promises.TARGET,
    ("rules",): rules.CLOCK_RULE,
    ("major",): rules.MAJOR_RULE,
    ("assignment",): rules.ASSIGNMENT_RULE,
    ("survey",): rules.SURVEY_RULE,
    ("defaults",): policy.DEFAULTS,
    ("on_resolve",): policy.ON_RESOLVE,
}  # fmt: skip
KEYS = [(name,) for name in policy.TOP] + [
    (*at, key) for at, table in INSIDE.items() for key in table
]


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_every_key_of_the_tables_is_read(path: tuple[str, ...]):
    """One that is listed and not read would be taken whatever it holds."""
    assert not is_policy(written({path: "{nonsense: [1]}"}))


@pytest.mark.parametrize("path", [(), *INSIDE, ("pauses",)], ids=".".join)
def test_another_key_is_refused_by_both(path: tuple[str, ...]):
    text = written({(*path, "nonsense"): "x"})
    assert not is_policy(text)
    assert faults(schema.POLICY, text)


def test_every_field_is_described():
    for kind, fields in (
        (schema.TICKET, model.TICKET_FIELDS),
        (schema.ARTICLE, model.ARTICLE_FIELDS),
    ):
        found: Any = schema.of(kind)["properties"]
        assert tuple(found) == (*fields, "log")
        assert all(one["description"].endswith(".") for one in found.values())
