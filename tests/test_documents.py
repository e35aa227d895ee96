"""What is generated stands as it would be generated now, and what is promised is there."""

import inspect
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from desk import articles, cli, conditions, model, policy, query, roles, terms
from desk.commands import kb
from desk.fields import AsOf
from tests import command_reference
from tests.conftest import NOW
from tests.support import commands

ROOT = Path(__file__).parent.parent


@pytest.fixture
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of the sample desk as git has them, whoever tries commands on the working tree."""
    folder = tmp_path_factory.mktemp("sample")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "tickets", "kb"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    out = ["git", "checkout-index", "-z", "--stdin", f"--prefix={folder}/"]
    subprocess.run(out, cwd=ROOT, input=listed, check=True)
    names = [name for name in listed.decode().split("\0") if name]
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}


def test_the_command_reference_is_what_help_says() -> None:
    assert command_reference.PAGE.read_text(encoding="utf-8") == command_reference.text()


def test_the_sample_desk_is_what_its_script_makes(tmp_path: Path, sample: dict[str, str]) -> None:
    shutil.copy(ROOT / "desk.yaml", tmp_path)
    made = subprocess.run(
        [sys.executable, "-m", "tests.sample_desk", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    files = [*tmp_path.glob("tickets/**/*.yaml"), *tmp_path.glob("kb/*.yaml")]
    texts = {str(path.relative_to(tmp_path)): path.read_text(encoding="utf-8") for path in files}
    assert texts == sample


def test_the_sample_shows_every_status_kind_and_channel(sample: dict[str, str]) -> None:
    texts = "\n".join(sample.values())
    policy = (ROOT / "desk.yaml").read_text(encoding="utf-8")
    for name in ("kinds", "channels"):
        words = re.search(rf"^{name}: \[(.*)\]$", policy, re.MULTILINE)
        assert words
        for word in words[1].split(", "):
            assert f"\n{name[:-1]}: {word}\n" in texts, word
    for status in ("new", "in_progress", "on_hold", "resolved", "closed", "cancelled"):
        assert f"\nstatus: {status}\n" in texts, status


def test_every_command_has_help_an_example_and_a_line_in_the_readme_or_reference() -> None:
    reference = command_reference.PAGE.read_text(encoding="utf-8")
    for name in commands():
        section = reference.split(f"## desk {name}\n")[1].split("\n## ")[0]
        assert f"Usage: desk {name}" in section
        assert re.search(rf"Examples:\n(.*\n)*.*desk {name}", section), name


def queries() -> str:
    return (ROOT / "docs" / "queries.md").read_text(encoding="utf-8")


def test_the_page_of_queries_has_every_field_and_the_grammar_that_is_read() -> None:
    named = set(re.findall(r"`([^`\n]+)`", queries()))
    assert {*conditions.ASKED} - named == set()
    grammar = inspect.getdoc(terms).split("\n\n")[1]  # type: ignore[union-attr]
    assert textwrap.dedent(grammar) in queries()


def test_the_queries_on_the_page_are_understood() -> None:
    lines = [line for line in queries().splitlines() if line.startswith("desk ")]
    lines += re.findall(r"`(desk (?:list|queue|sla) [^`]+)`", queries())
    assert len(lines) > 10
    views = ("views:\n" + queries().partition("views:\n")[2]).partition("```")[0]
    known = policy.load(f"format: 1\n{views}").views
    for line in lines:
        if not line.startswith("desk: "):
            assert cli.run(["-C", str(ROOT), "--as", "chen", *shlex.split(line)[1:]]) == 0, line
    for text in known:
        query.parse([f"@{text}"], lambda: ["chen"], sample_moment, known)


def test_the_values_on_the_page_are_understood() -> None:
    table = queries().partition("## Values\n")[2].partition("\n## ")[0]
    terms_there = [one for one in re.findall(r"`([^`]+)`", table) if ":" in one and "T" not in one]
    assert len(terms_there) > 20
    for one in terms_there:
        query.parse([one], lambda: ["chen"], sample_moment).check_fields({"seats"})


def sample_moment() -> AsOf:
    return AsOf(NOW, policy.load("format: 1\n").promises)


def test_the_quick_start_holds_two_blocks() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("## Quick start\n")[1].split("\n## ")[0]
    assert len(re.findall(r"^```sh$", section, re.MULTILINE)) == 2
    assert section.count("```") == 4


def test_the_template_and_the_sample_are_sound(tmp_path: Path) -> None:
    for folder in (ROOT, tmp_path):
        if folder is tmp_path:
            assert cli.run(["init", str(tmp_path)]) == 0
        assert cli.run(["-C", str(folder), "check"]) == 0


def test_the_page_of_knowledge_has_every_command_ability_role_and_field() -> None:
    page = (ROOT / "docs" / "knowledge.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`\n]+)`", page))
    assert {*roles.ABILITIES, *roles.ROLES, *roles.KNOWLEDGE} - named - {"review_every"} == set()
    fields = {*model.ARTICLE_FIELDS, *articles.DERIVED, *articles.NEEDS, *articles.VERBS} - {"id"}
    assert fields - named == set()
    for name in kb.KB_COMMANDS:
        assert f"`desk kb {name}" in page, name


def test_the_built_in_roles_stand_on_the_page_of_knowledge() -> None:
    page = (ROOT / "docs" / "knowledge.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page.partition("| role |")[2], re.MULTILINE))
    had: set[str] = set()
    for name in (roles.REQUESTER, roles.AGENT, roles.REVIEWER, roles.LEAD):
        had |= set(re.findall(r"`((?:kb|desk)\.[\w-]+)`", rows[name]))
        assert had == set(roles.BUILT_IN[name])
