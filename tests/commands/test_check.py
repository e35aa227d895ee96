"""desk check."""

import json

import pytest

from tests.commits import commit, repository
from tests.support import Shell

ID = "T-261121-A0001"
FILE = f"tickets/2026/11/{ID}.yaml"
HAND = (
    "'title' was changed by hand: the log says Printer jams; the next command writes an edit event"
)
LAYOUT = "the layout is not the format's; the next command writes it so, comments into the log"


@pytest.fixture
def two(shell: Shell) -> Shell:
    shell.open("Printer jams")
    shell.open("打印机卡纸")
    return shell


def damage(shell: Shell) -> None:
    """A hand edit with a comment, a one-sided link, a misplaced file and one that is no YAML."""
    shell.done("link", ID, "parent", "a0002")
    shell.rewrite(ID, "title: Printer jams", "title: 打印机卡纸 # why")
    other = "T-261121-A0002"
    text = shell.text(other)
    shell.path(other).unlink()
    wrong = shell.root / "tickets" / "2026" / "12"
    wrong.mkdir()
    text = text.replace(f"links:\n- child {ID}\n", "").partition("- n: 2")[0]
    (wrong / f"{other}.yaml").write_text(text, encoding="utf-8")


def test_a_sound_desk(two: Shell):
    assert two.run("check") == (0, "", "2 files, 0 errors, 0 warnings\n")
    assert two.run("check", "--fix") == (
        0, "", "problems mended: 0\n2 files, 0 errors, 0 warnings\n"
    )  # fmt: skip


def test_warnings_alone_are_no_failure(two: Shell):
    two.rewrite(ID, "title: Printer jams", "title: 打印机卡纸 # why")
    assert two.run("check") == (
        0,
        f"file                                 line  level    problem\n"
        f"{FILE}  3     warning  {HAND}\n{FILE}  3     warning  {LAYOUT}\n",
        "2 files, 0 errors, 2 warnings\n",
    )


def test_errors_with_file_and_line_and_the_way_out(two: Shell):
    damage(two)
    ran = two.run("check")
    assert (ran.code, ran.err) == (
        4, "desk: 2 files, 2 errors, 2 warnings; desk check --fix mends some\n"
    )  # fmt: skip
    assert [line.split()[:3] for line in ran.out.splitlines()[1:]] == [
        [FILE, "error", "parent"],
        [FILE, "3", "warning"],
        [FILE, "3", "warning"],
        ["tickets/2026/12/T-261121-A0002.yaml", "1", "error"],
    ]


def test_fix_mends_what_needs_no_guess(two: Shell):
    damage(two)
    assert two.run("check", "--fix", who="lin").err.splitlines()[0] == "problems mended: 3"
    assert two.run("check", "--fix") == (
        0, "", "problems mended: 1\n2 files, 0 errors, 0 warnings\n"
    )  # fmt: skip
    assert two.run("check") == (0, "", "2 files, 0 errors, 0 warnings\n")
    assert two.log(ID).endswith("""\
  by: lin
  did: edit
  change:
    title: [Printer jams, 打印机卡纸]
  by_hand: true
  comments: "# why"
""")
    assert f"links:\n- child {ID}\n" in two.text("T-261121-A0002")
    assert not list(two.root.glob("tickets/2026/12/*"))


def test_what_cannot_be_mended_is_left_to_people(two: Shell):
    two.path(ID).write_text("id: [", encoding="utf-8")
    assert two.run("check", "--fix") == (
        4,
        "file                                 line  level  problem\n"
        f"{FILE}  2     error  this is not YAML: did not find expected node content\n",
        "problems mended: 0\ndesk: 2 files, 1 error, 0 warnings; mend them by hand\n",
    )
    assert two.path(ID).read_text(encoding="utf-8") == "id: ["


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
def test_problems_as_data(two: Shell, form: str):
    two.rewrite(ID, "title: Printer jams", "title: 打印机卡纸")
    row = {"file": FILE, "line": 3, "level": "warning", "problem": HAND, "fixable": True}
    ran = two.run("check", "-f", form)
    assert (ran.code, ran.err) == (0, "2 files, 0 errors, 1 warning\n")
    if form == "csv":
        assert ran.out == f"file,line,level,problem,fixable\n{FILE},3,warning,{HAND},true\n"
    else:
        assert json.loads(ran.out) == ([row] if form == "json" else row)


def test_no_problems_as_data(two: Shell):
    assert two.run("check", "-f", "json").out == "[]\n"
    assert two.run("check", "-f", "ndjson").out == ""


def test_a_policy_with_mistakes_is_named_line_by_line(two: Shell):
    policy = (two.root / "desk.yaml").read_text(encoding="utf-8")
    broken = policy.replace("lead: lin", "lead: lim").replace("impact: person", "impact: persn")
    (two.root / "desk.yaml").write_text(broken, encoding="utf-8")
    assert two.run("check") == (
        4,
        "",
        "desk: desk.yaml:10: 'lim' is not known here; did you mean lin?\n"
        "desk: desk.yaml:23: 'persn' is not known here; did you mean person?\n",
    )


def test_a_misplaced_file_keeps_its_comments_in_the_log(shell: Shell):
    made = shell.done("open", "打印机卡纸").out.strip()
    path = shell.path(made)
    text = path.read_text(encoding="utf-8")
    (path.parent.parent / "12").mkdir()
    moved = path.parent.parent / "12" / path.name
    moved.write_text(f"# do not lose me\n{text}", encoding="utf-8")
    path.unlink()
    shell.run("check", "--fix")
    assert not moved.exists()
    assert 'comments: "# do not lose me"\n' in path.read_text(encoding="utf-8")


def test_a_number_without_end_costs_nothing(shell: Shell):
    path = shell.path(shell.done("open", "x").out.strip())
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("- n: 1\n", "- n: 999999999\n"), encoding="utf-8")
    ran = shell.run("check")
    assert ran.code == 4
    assert "event 1 is missing" in ran.out


def test_a_ticket_that_was_moved_is_not_said_to_be_gone(shell: Shell):
    repository(shell.root)
    record_id = shell.open("VPN drops")
    commit(shell.root)
    away = shell.root / "tickets" / f"{record_id}.yaml"
    shell.path(record_id).rename(away)
    ran = shell.run("check")
    said = ["is gone" in ran.out, f"tickets/{record_id}.yaml" in ran.out]
    assert (ran.code, said) == (4, [False, True]), ran
    shell.done("check", "--fix")
    away = shell.path(record_id)
    away.unlink()
    assert "it is gone, and the last commit has it" in shell.run("check").out
