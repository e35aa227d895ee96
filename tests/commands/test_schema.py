"""desk schema."""

import json
from pathlib import Path

import pytest

from desk import render, schema
from tests.support import Shell, run


@pytest.mark.parametrize("kind", schema.KINDS)
def test_outside_of_any_desk_it_is_the_general_one(tmp_path: Path, kind: str):
    text = render.as_json(schema.of(kind)) + "\n"
    assert run(["-C", str(tmp_path), "schema", kind]) == (0, text, "")


def test_within_a_desk_it_offers_what_that_knows_and_refuses_no_more(shell: Shell):
    ran = shell.run("schema")
    assert (ran.code, ran.err) == (0, "")
    general = json.loads(shell.done("schema", "--plain").out)
    assert general == json.loads(render.as_json(schema.of("ticket")))
    known = json.loads(ran.out)
    offered = {
        name: known["properties"][name].pop("examples")
        for name in ("kind", "priority", "impact", "urgency", "category", "channel", "team",
                     "assignee")
    }  # fmt: skip
    assert known == general, "but for what it offers it is the same"
    assert offered == {
        "kind": ["incident", "request", "problem", "change", "complaint", "improvement"],
        "priority": ["P1", "P2", "P3", "P4"],
        "impact": ["organisation", "department", "person"],
        "urgency": ["high", "medium", "low"],
        "category": ["hardware", "hardware/computer", "hardware/printer", "network",
                     "network/vpn", "network/wifi"],
        "channel": ["phone", "email", "web", "chat", "walk-in", "social", "monitoring"],
        "team": ["service-desk", "network", "vendor"],
        "assignee": ["chen", "lin", "zhao"],
    }  # fmt: skip
    article = json.loads(shell.done("schema", "article").out)["properties"]
    assert article["category"]["examples"] == offered["category"]


def test_what_a_desk_knows_never_acts_on_a_terminal(shell: Shell):
    policy = shell.root / "desk.yaml"
    text = policy.read_text(encoding="utf-8")
    acting = r'phone, "\e]0;x\a", "\u202e"'
    policy.write_text(text.replace("channels: [phone", f"channels: [{acting}"), encoding="utf-8")
    printed = shell.done("schema").out
    assert render.safe(printed, lines=True) == printed
    assert json.loads(printed)["properties"]["channel"]["examples"][1:3] == [
        "\x1b]0;x\x07",
        "\u202e",
    ]


def test_a_damaged_policy(shell: Shell):
    """The one schema by which it can be mended in an editor is there all the same."""
    (shell.root / "desk.yaml").write_text("format: 1\nnmae: x\n", encoding="utf-8")
    sentence = "desk: desk.yaml:2: 'nmae' is no setting here; did you mean name?\n"
    assert shell.run("schema", "ticket") == (4, "", sentence)
    assert shell.run("schema", "ticket", "--plain").code == 0
    assert shell.run("schema", "desk.yaml").code == 0


@pytest.mark.parametrize(
    ("begun", "kind"),
    [("desk", "desk.yaml"), ("desk.yaml", "desk.yaml"), ("art", "article"), ("t", "ticket")],
)
def test_the_beginning_of_a_kind_will_do(tmp_path: Path, begun: str, kind: str):
    text = render.as_json(schema.of(kind)) + "\n"
    assert run(["-C", str(tmp_path), "schema", begun]) == (0, text, "")


@pytest.mark.parametrize("word", ["", "Ticket", "tickets", "yaml"])
def test_what_begins_no_kind(tmp_path: Path, word: str):
    assert run(["-C", str(tmp_path), "schema", word])[:2] == (2, "")


def test_another_kind(shell: Shell):
    assert shell.run("schema", "person") == (
        2,
        "",
        "desk: Invalid value for '[KIND]': 'person' is not one of 'ticket', 'article', "
        "'desk.yaml'; see `desk schema --help`\n",
    )
