"""Who may do what: abilities, the roles that have them, and what review the desk demands.

Read from desk.yaml; docs/knowledge.md and docs/teams.md tell what each ability is.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from desk.settings import Reader
from desk.shapes import LENGTH, Setting, list_of, one_of

READ_PUBLIC, READ_INTERNAL, READ_TEAM, READ_ALL, WRITE, REVIEW, PUBLISH = _KNOWLEDGE = (
    "kb.read-public", "kb.read-internal", "kb.read-team", "kb.read-all",
    "kb.write", "kb.review", "kb.publish",
)  # fmt: skip
# What the team's remote asks for (desk.authority).
REQUEST, WORK, IMPORT, POLICY = _REMOTE = (
    "desk.request", "desk.work", "desk.import", "desk.policy",
)  # fmt: skip
ABILITIES = (*_KNOWLEDGE, *_REMOTE)
AGENT, REVIEWER, LEAD, ADMIN, REQUESTER = ROLES = (
    "agent", "reviewer", "lead", "admin", "requester",
)  # fmt: skip
_AGENT = (READ_PUBLIC, READ_INTERNAL, READ_TEAM, WRITE, REQUEST, WORK)
BUILT_IN: Mapping[str, tuple[str, ...]] = {
    AGENT: _AGENT,
    REVIEWER: (*_AGENT, REVIEW),
    LEAD: (*_AGENT, REVIEW, PUBLISH, IMPORT),
    ADMIN: ABILITIES,
    REQUESTER: (READ_PUBLIC, REQUEST),
}
ROLE = list_of(one_of(ABILITIES))

REQUIRED, NONE = DEMANDS = ("required", "none")
_REVIEW_EVERY = "365d"
KNOWLEDGE = {
    "review": Setting(
        "Whether somebody other than the author must approve an article; required, unless given.",
        one_of(DEMANDS),
    ),
    "review_every": Setting(
        f"How long after its publication an article is looked at again; {_REVIEW_EVERY}, "
        "unless given.",
        LENGTH,
    ),
}
REMOTE = {
    "signed": Setting(
        "Whether the team's remote takes commits only with the SSH signature of a person's key; "
        "none, unless given.",
        one_of(DEMANDS),
    ),
}


class Rights(NamedTuple):
    """What one person may do, and the teams that they are in; `who` is empty for the public."""

    who: str
    teams: frozenset[str]
    abilities: frozenset[str]

    def may(self, *abilities: str) -> bool:
        """Whether they have one of those abilities."""
        return not self.abilities.isdisjoint(abilities)


# Whoever reads what leaves the desk.
THE_PUBLIC = Rights("", frozenset(), frozenset({READ_PUBLIC}))


class Knowledge(NamedTuple):
    """What the desk demands of articles; no `review_every` is no date to review them by."""

    must_review: bool
    review_every: timedelta | None


def read_roles(reader: Reader) -> dict[str, tuple[str, ...]]:
    """The abilities of each role, those of desk.yaml in place of the built-in ones.

    Mistakes are noted in the reader.
    """
    roles = dict(BUILT_IN)
    for name in reader.mapping("roles"):
        roles[name] = reader.names("roles", name)
        for place, ability in enumerate(roles[name]):
            reader.known(ability, ABILITIES, "roles", name, place)
    return roles


def read_knowledge(reader: Reader) -> Knowledge:
    """What a desk.yaml says of articles; mistakes are noted in the reader."""
    reader.only(reader.mapping("knowledge"), KNOWLEDGE, "knowledge")
    review = reader.text("knowledge", "review", default=REQUIRED)
    reader.known(review, DEMANDS, "knowledge", "review")
    every = reader.length("knowledge", "review_every", default=_REVIEW_EVERY)
    return Knowledge(review != NONE, every)


def read_must_sign(reader: Reader) -> bool:
    """Whether the remote takes signed commits only; mistakes are noted in the reader."""
    reader.only(reader.mapping("remote"), REMOTE, "remote")
    signed = reader.text("remote", "signed", default=NONE)
    reader.known(signed, DEMANDS, "remote", "signed")
    return signed == REQUIRED
