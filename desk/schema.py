"""JSON Schemas of tickets, articles and desk.yaml, so that editors complete and check them (pure).

They refuse no file that desk reads and `desk check` finds no error in. Draft 7, the newest that
the YAML language server (and so VS Code's YAML extension) follows in full. Values are meant as
an editor reads them: a plain 1.10 is a number to it and a text to desk.
"""

from collections.abc import Iterable, Mapping, Sequence

from desk import codec, dates, model
from desk.policy import KNOWN_FIELDS, KNOWN_FIELDS_OF_ARTICLES, TOP, Policy
from desk.shapes import FLAG, TEXT, Setting, Shape, each, keys, list_of, matching, one_of, or_none

DRAFT = "http://json-schema.org/draft-07/schema#"
TICKET, ARTICLE, POLICY = KINDS = ("ticket", "article", "desk.yaml")

# A number that was typed without quotes is its digits.
_TEXT: Shape = {"type": ["string", "number"]}
_TEXT_THAT_SAYS: Shape = {**_TEXT, "pattern": r"\S"}
_STAMP = matching(dates.RFC_3339)
_ID = codec.ID_PATTERN.pattern
_LINK: Shape = {"type": "string", "pattern": rf"^(?:{'|'.join(model.INVERSE_LINKS)}) {_ID}$"}

_BOTH = {
    "title": Setting("What it is about, in a line.", _TEXT_THAT_SAYS),
    "category": Setting("A category of desk.yaml, with its sub-category: network/vpn.", _TEXT),
    "tags": Setting("Words by which it is found.", list_of(_TEXT)),
    "links": Setting("How it is linked to other records: `duplicate-of ID`.", list_of(_LINK)),
}
_TICKET = _BOTH | {
    "id": Setting(
        "Its number, from which the path of its file follows; it never changes.",
        {"type": "string", "pattern": f"^(?!KB-){_ID}$"},
    ),
    "kind": Setting("What kind of request it is, such as incident or change.", _TEXT),
    "status": Setting("Where it stands.", one_of(model.STATUSES)),
    "waiting_for": Setting(
        "For whom it is on hold.", {**_TEXT, "examples": list(model.WAITING_FOR)}
    ),
    "until": Setting("When to come back to it, while on hold (RFC 3339 with an offset).", _STAMP),
    "priority": Setting("From the matrix of impact and urgency, or by hand.", _TEXT),
    "priority_because": Setting("Why the priority was set by hand.", _TEXT),
    "impact": Setting("How much it affects.", _TEXT),
    "urgency": Setting("How soon it matters.", _TEXT),
    "major": Setting("Whether it is a major incident.", FLAG),
    "channel": Setting("The way by which the request came in.", _TEXT),
    "requester": Setting(
        "Who asked.",
        each(or_none(_TEXT), properties={n: or_none(_TEXT) for n in model.REQUESTER_FIELDS}),
    ),
    "team": Setting("The team that has it: an id of desk.yaml.", _TEXT),
    "assignee": Setting("The person who has it: an id of desk.yaml.", _TEXT),
    "external": Setting("Its number in another system, which names it too.", _TEXT),
    "opened": Setting("When it was opened (RFC 3339 with an offset).", _STAMP),
    "began": Setting("When it began, if before that (RFC 3339 with an offset).", _STAMP),
    "description": Setting("What happened.", _TEXT),
}  # fmt: skip
_ARTICLE = _BOTH | {
    "id": Setting(
        "Its number, from which the path of its file follows; it never changes.",
        {"type": "string", "pattern": f"^(?=KB-){_ID}$"},
    ),
    "status": Setting("Where it stands.", one_of(model.ARTICLE_STATUSES)),
    "audience": Setting("Who may read it: public, internal or a team of desk.yaml.", _TEXT),
    "language": Setting("The language that it is in.", _TEXT),
    "owner": Setting("Who keeps it right: a person's id of desk.yaml.", _TEXT),
    "review_by": Setting("When it has to be looked at again (RFC 3339 with an offset).", _STAMP),
    "symptoms": Setting("By what the case is known.", _TEXT),
    "cause": Setting("What is behind it.", _TEXT),
    "solution": Setting("What to do.", _TEXT),
    "body": Setting("The rest of its text.", _TEXT),
}
_PAIR: Shape = {"type": "array", "minItems": 2, "maxItems": 2}
_EVENT = {
    "n": Setting(
        "Its number: one more than the highest in the file when it was written.",
        {"type": "integer", "minimum": 1, "maximum": codec.MAX_N},
    ),
    "at": Setting("When it happened (RFC 3339 with an offset).", _STAMP),
    "by": Setting("Who did it.", _TEXT),
    "did": Setting("What was done: the command's verb.", _TEXT),
    "change": Setting(
        "Each field that it changed, as [from, to]; null for none.",
        each(_PAIR, properties={name: {**_PAIR, "items": or_none(TEXT)} for name in codec.MOVES}),
    ),
}
_LOG = Setting(
    "What happened; commands write it, and it only grows.",
    list_of(keys(_EVENT, ("n", "at", "by", "did"), additionalProperties=True)),
)
# What it is on hold for is said while it is on hold, and only then.
_HOLD = {
    "if": {"properties": {"status": {"const": "on_hold"}}, "required": ["status"]},
    "then": {
        "properties": {"waiting_for": one_of(model.WAITING_FOR)},
        "required": ["waiting_for"],
    },
    "else": {"properties": {"waiting_for": {"enum": ["", None]}}},
}


def of(kind: str, policy: Policy | None = None) -> Shape:
    """The schema of one of KINDS; a desk's policy offers the values that it knows, and no more.

    What it offers are examples: an editor completes them and refuses no other value.
    """
    if kind == POLICY:
        about = "The policy of a desk: docs/format.md and docs/promises.md tell more."
        return _whole(POLICY, about, keys(TOP, ("format",)))
    if kind == ARTICLE:
        known = _known(policy, KNOWN_FIELDS_OF_ARTICLES)
        shape = _record(_ARTICLE, model.ARTICLE_FIELDS, codec.ARTICLE_REQUIRED, known)
        return _whole("A knowledge article", "Any other field is one of the desk's own.", shape)
    known = _known(policy, KNOWN_FIELDS)
    shape = _record(_TICKET, model.TICKET_FIELDS, codec.TICKET_REQUIRED, known)
    return _whole("A ticket", "Any other field is one of the desk's own.", {**shape, **_HOLD})


def _whole(title: str, about: str, shape: Shape) -> Shape:
    return {"$schema": DRAFT, "title": title, "description": about, **shape}


def _known(policy: Policy | None, fields: Iterable[str]) -> dict[str, Sequence[str]]:
    return {name: policy.known(name) for name in fields} if policy else {}


def _record(
    fields: Mapping[str, Setting],
    order: Iterable[str],
    required: Iterable[str],
    known: Mapping[str, Sequence[str]],
) -> Shape:
    settings = {name: _offering(fields[name], known.get(name, ())) for name in order}
    return keys({**settings, "log": _LOG}, required, additionalProperties=True)


def _offering(setting: Setting, values: Sequence[str]) -> Setting:
    if not values:
        return setting
    return setting._replace(shape={**setting.shape, "examples": list(values)})
