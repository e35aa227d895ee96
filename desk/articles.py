"""What each verb does to an article, who may do it, and who may read it (pure).

As in lifecycle, a verb takes the article and an Act and appends exactly one event, or raises
RefusedError with what would be allowed. docs/knowledge.md has the rules.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from desk import dates, model
from desk.errors import RefusedError, UsageError
from desk.model import ARTICLE_FIELDS, Article, Event, Record, Ticket, Value
from desk.policy import INTERNAL, PUBLIC, Policy
from desk.roles import (
    PUBLISH,
    READ_ALL,
    READ_INTERNAL,
    READ_PUBLIC,
    READ_TEAM,
    REVIEW,
    WRITE,
    Rights,
)

if TYPE_CHECKING:
    from desk.lifecycle import Act

PREFIX = "KB"
DRAFT, IN_REVIEW, PUBLISHED, OUTDATED, RETIRED = model.ARTICLE_STATUSES
TEXTS = ("symptoms", "cause", "solution", "body")
_TEXTS = frozenset(TEXTS)
# What somebody is still to do about an article.
TO_REVIEW, TO_PUBLISH, TO_RENEW, TO_WORK = NEEDS = ("review", "publish", "renewal", "work")
DERIVED = ("needs", "uses", "helpful", "unhelpful")
VERBS = (
    "new", "edit", "submit", "approve", "reject", "publish", "retire", "renew", "helpful",
    "unhelpful", "use", "link", "unlink", "tell", "undo",
)  # fmt: skip
VOTES = ("helpful", "unhelpful")
# What no file holds, as desk works it out; with what it comes from. No field may take their names.
WORKED_OUT: Mapping[str, str] = {
    "needs": "status, votes and log",
    "uses": "the tickets resolved by it (desk resolve --kb)",
    "helpful": "the votes (desk kb helpful)",
    "unhelpful": "the votes (desk kb unhelpful)",
    "outdated": "review_by and the moment (desk kb renew)",
}
# Fields that only their own command may change, with that command.
GOVERNED: Mapping[str, str] = {
    "id": "nothing: an id never changes",
    "log": "nothing: a log only grows, by commands",
    "status": "desk kb submit, approve, reject, publish or retire",
    "review_by": "desk kb renew",
    "links": "desk link or unlink",
}
_NEAR = 0.8  # from which a name is taken for a mistyped one (difflib's ratio)
# Whatever else changes is reviewed: texts, the audience, custom fields.
_NOT_REVIEWED = frozenset(
    ("id", "status", "review_by", "category", "tags", "language", "owner", "links", "external")
)
_KEPT_INSIDE = frozenset(("owner", "links"))


# --- who may read it -----------------------------------------------------------------------


def as_read_by(article: Article, rights: Rights) -> Article | None:
    """The article as somebody may read it, None if they may not.

    Whoever may read only what is public gets it without owner, links, custom fields and log.
    Everything that gives out an article's text goes through here.
    """
    allowed = _is_for(article, rights)
    if allowed and rights.may(READ_INTERNAL):
        return article
    if _is_own(article, rights):  # comes last, as it looks into the log
        return article
    return _as_published(article) if allowed else None


def as_read_at(article: Article, rights: Rights, moment: datetime) -> Article | None:
    """The article as it stood at a moment, as somebody may read it, None where they may not.

    They may read what they may read of it both as it stood and as it is. It is None too where
    the article was not there yet; one without a log was there always.
    """
    stood = model.as_of(article, moment)
    if article.log and not stood.log:
        return None
    now, then = as_read_by(article, rights), as_read_by(stood, rights)
    if now is None or then is None:
        return None
    return then if now is article else _as_published(stood)


def _as_published(article: Article) -> Article:
    """What of it may be told outside."""
    shown = {
        name: value
        for name, value in article.head.items()
        if name in ARTICLE_FIELDS and name not in _KEPT_INSIDE
    }
    return Article(shown, ())


def is_read_whole(article: Article, rights: Rights) -> bool:
    """Whether somebody may read the article with its log."""
    return as_read_by(article, rights) is article


def _is_for(article: Article, rights: Rights) -> bool:
    published = article.status in (PUBLISHED, OUTDATED)
    if not published and not rights.may(WRITE, REVIEW, PUBLISH):
        return False
    audience = article.text("audience") or INTERNAL
    if audience == PUBLIC:
        return rights.may(READ_PUBLIC)
    if audience == INTERNAL:
        return rights.may(READ_INTERNAL)
    return rights.may(READ_ALL) or (rights.may(READ_TEAM) and audience in rights.teams)


def _is_own(article: Article, rights: Rights) -> bool:
    """Whether they own it or wrote its first event."""
    if not rights.who:
        return False
    first = next(iter(model.in_order(article.log)), None)
    return rights.who == article.text("owner") or (first is not None and first.by == rights.who)


def check_readable(record: Record, rights: Rights) -> Record:
    """The record as somebody may read it; a ticket is as it is.

    Raises RefusedError where it is an article that they may not read.
    """
    if not isinstance(record, Article):
        return record
    shown = as_read_by(record, rights)
    if shown is None:
        raise RefusedError(
            f"{record.id} is {_whose(record)} and {rights.who} may not read it; "
            "`roles` in desk.yaml say who may"
        )
    return shown


def check_read_whole(record: Record, rights: Rights) -> None:
    """Raise RefusedError for an article that somebody may not read, or not with its log."""
    if check_readable(record, rights) is not record:
        raise RefusedError(f"{record.id} may be edited by those who may read it whole")


def _whose(article: Article) -> str:
    if article.status not in (PUBLISHED, OUTDATED):
        return f"not published ({article.status})"
    audience = article.text("audience") or INTERNAL
    return audience if audience in (PUBLIC, INTERNAL) else f"for team {audience}"


# --- how it stands -------------------------------------------------------------------------


def status_at(article: Article, now: datetime) -> str:
    """Its status at a moment: a published one is outdated past its review_by."""
    if article.status not in (PUBLISHED, OUTDATED):
        return article.status
    due = article.text("review_by")
    return OUTDATED if due and dates.seconds(due) <= now.timestamp() else PUBLISHED


def is_reviewed(fields: Iterable[str]) -> bool:
    """Whether a reviewer looks at any of those fields."""
    return not _NOT_REVIEWED.issuperset(fields)


def _changes_text(event: Event) -> bool:
    return is_reviewed(event.change)


def _since_approval(article: Article) -> tuple[Event | None, list[Event]]:
    """The last approval that no rejection took back, and what changed the text since.

    An edit that was taken back is none, but taking it back is one where it was approved by then.
    """
    approval: Event | None = None
    later: list[Event] = []
    before: list[Event] = []
    undos = model.undoings(article.log)
    for event in model.in_order(article.log):
        mark = model.mark(event)
        if event.did in ("approve", "reject") and mark in undos:
            continue
        if event.did == model.UNDO and mark in map(model.mark, later):
            later = [one for one in later if model.mark(one) != mark]
            continue
        if event.did == "approve":
            approval, before, later = event, [*before, *later], []
        elif event.did == "reject":
            approval, before, later = None, [], [*before, *later]
        elif _changes_text(event):
            later.append(event)
        if event.change.get("status", (None, None))[1] == PUBLISHED:
            before = []  # nobody can reject what is published
    return approval, later


def authors(article: Article) -> list[str]:
    """Who wrote any of its text since it was last approved, none of whom may approve it.

    Of an edit by hand nobody knows who made it.
    """
    _, later = _since_approval(article)
    return list(dict.fromkeys(one.by for one in later if not one.words.get("by_hand")))


def reviewers(article: Article, policy: Policy) -> list[str]:
    """The people who may approve it: who may review, can read it and wrote none of its text."""
    writers = authors(article)
    return [
        who
        for who in policy.who_may(REVIEW)
        if who not in writers and as_read_by(article, policy.rights_of(who)) is not None
    ]


def is_approved(article: Article) -> bool:
    """Whether it is in review and approved, so that it only has to be published."""
    approval, later = _since_approval(article)
    submission = model.last(article.log, "submit")
    newer = approval and (not submission or submission.order() < approval.order())
    return article.status == IN_REVIEW and bool(newer) and not later


def why_unapproved(article: Article, policy: Policy) -> str:
    """What is wrong where it is published and nobody but its authors approved it, else empty.

    An edit by somebody who may publish needs no approval.
    """
    if article.status not in (PUBLISHED, OUTDATED) or not policy.knowledge.must_review:
        return ""
    approval, later = _since_approval(article)
    if not approval:
        return "it is published and nobody has approved it"
    before = Article(article.head, tuple(e for e in article.log if e.order() < approval.order()))
    if approval.by in authors(before):
        return f"it is published, and {approval.by}, who approved it, wrote some of it"
    by_hand = any(one.words.get("by_hand") for one in later)
    if by_hand or not all(policy.rights_of(one.by).may(PUBLISH) for one in later):
        return "its text was changed since it was approved, and it is still published"
    return ""


def votes(article: Article) -> dict[str, Event]:
    """The vote that stands of each person who gave one."""
    log = model.in_order(model.standing(article.log))
    given = (one for one in log if one.did in VOTES)
    return {one.by: one for one in given}


def complaints(article: Article) -> list[Event]:
    """The unhelpful votes since its text was last changed or it was renewed, by a command."""
    done = [
        one
        for one in model.standing(article.log)
        if one.did == "renew" or (_changes_text(one) and not one.words.get("by_hand"))
    ]
    last = max(done, key=Event.order, default=None)
    return [
        vote
        for vote in votes(article).values()
        if vote.did == "unhelpful" and (not last or last.order() < vote.order())
    ]


def needs(article: Article, now: datetime) -> list[str]:
    """What somebody is to do about it at a moment, of NEEDS."""
    if article.status == IN_REVIEW:
        return [TO_PUBLISH if is_approved(article) else TO_REVIEW]
    if article.status == DRAFT:
        return [TO_WORK] if _was_rejected(article) or clashes(article) else []
    if article.status == RETIRED:
        return []
    found = [TO_RENEW] if status_at(article, now) == OUTDATED else []
    return [*found, TO_WORK] if complaints(article) or clashes(article) else found


def clashes(article: Article) -> dict[str, Event]:
    """The texts of which one version was left out when two clones had changed the same lines.

    As `model.clashes` tells them, with the event whose version stands.
    """
    written = [event for event in article.log if not _TEXTS.isdisjoint(event.change)]
    return model.clashes(article) if len(written) > 2 else {}


def _was_rejected(article: Article) -> bool:
    """Whether nothing has been done about the last rejection."""
    log = model.in_order(model.standing(article.log))
    moves = [one for one in log if one.change or one.did == "submit"]
    return bool(moves) and moves[-1].did == "reject"


def derived(article: Article, field: str, now: datetime | None) -> Value:
    """A field of DERIVED, or `status` at that moment; None where there is nothing to tell."""
    if field == "uses":
        return len(article.solved)
    if field in VOTES:
        return sum(vote.did == field for vote in votes(article).values())
    if now is None:
        return None
    if field == "status":
        return status_at(article, now)
    return list(needs(article, now)) or None if field == "needs" else None


def pictures(article: Article) -> dict[str, str]:
    """The pictures that came with its text: how the text names each, and its file in the desk.

    It is a field of the desk's own, so what is no such pair in it is passed over.
    """
    found = article.head.get(PICTURES)
    pairs = found.items() if isinstance(found, dict) else ()
    return {place: name for place, name in pairs if isinstance(name, str)}


# --- imported ------------------------------------------------------------------------------

# The source of what `desk kb import` wrote.
MARKDOWN = "markdown"
PICTURES = "pictures"


def check_may_import(act: "Act", *, publish: bool) -> None:
    """Raise RefusedError where somebody may not draft articles, or not publish them at once."""
    _check_may(act, WRITE, "write")
    if publish:
        _check_may(act, PUBLISH, "publish")
        if act.policy.knowledge.must_review:
            raise RefusedError(
                "this desk has articles reviewed before they are published (`knowledge` in "
                "desk.yaml); import them as drafts and submit those"
            )


def imported(article: Article) -> dict[str, Value]:
    """The fields that imports of Markdown gave it, with the values that they gave last."""
    return {
        name: value
        for event in model.in_order(article.log)
        if event.text("source") == MARKDOWN
        for name, (_, value) in event.change.items()
    }


# --- drafts --------------------------------------------------------------------------------


def drafted(
    record_id: str,
    act: "Act",
    title: str,
    fields: Mapping[str, Value],
    *,
    ticket: str = "",
    source: str = "",
) -> Article:
    """A new draft with those fields of the head; `ticket` is the one that it was made from.

    It is internal and its author's own, unless `fields` say otherwise. `source` is what it was
    imported from.
    """
    _check_may(act, WRITE, "write")
    if not title.strip():
        raise UsageError("an article needs a title that says what it is about")
    own = act.by if act.by in act.policy.people else None
    given: dict[str, Value] = {
        "audience": INTERNAL, "owner": own, "language": language_of(title, fields),
        **{name: value for name, value in fields.items() if value not in (None, "", [])},
        "title": title, "status": DRAFT,
    }  # fmt: skip
    given = {name: _known(act.policy, name, value) for name, value in given.items()}
    ordered = {name: given[name] for name in ARTICLE_FIELDS if given.get(name) is not None}
    custom = {name: value for name, value in given.items() if name not in ARTICLE_FIELDS}
    article = Article({"id": record_id}, ())
    return article.add("new", act.at, act.by, {**ordered, **custom}, ticket=ticket, source=source)


def _known(policy: Policy, name: str, value: Value) -> Value:
    if name == "owner" and value:
        return policy.person(str(value))
    if name in ("category", "audience") and value:
        return policy.checked(name, str(value))
    if name == "language" and value and not is_language(str(value)):
        raise UsageError(f"language {value!r} is no tag such as zh, en or pt-BR (BCP 47)")
    return value


# The form of a tag in RFC 5646, without those of old that break it (`i-klingon`).
_LANGUAGE = (
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"  # the language
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"  # script and region
    r"(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*"  # variants
    r"(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*"  # extensions
    r"(?:-x(?:-[a-z\d]{1,8})+)?|x(?:-[a-z\d]{1,8})+"  # for private use
)


def is_language(text: str) -> bool:
    """Whether a text has the form of a language tag."""
    return bool(re.fullmatch(_LANGUAGE, text, re.ASCII | re.IGNORECASE))


# Compiled when it is needed: it takes long.
_HAN = "[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"


def language_of(title: str, fields: Mapping[str, Value]) -> str | None:
    """`zh` where most of the letters are Chinese, else None: they can be of any language.

    A Chinese character counts for two letters, as it says about as much.
    """
    text = "".join((title, *(str(fields.get(name) or "") for name in TEXTS)))
    han = len(re.findall(_HAN, text))
    others = sum(map(str.isalpha, text)) - han
    return "zh" if han and 2 * han >= others else None


def from_ticket(ticket: Ticket, policy: Policy) -> tuple[str, dict[str, Value]]:
    """The title and fields of a draft from what a ticket has for others to read.

    Raises RefusedError where it has no solution.
    """
    from desk import hiding  # which no other command needs

    resolution = ticket.resolution
    if not resolution or not resolution.text("solution").strip():
        raise RefusedError(
            f"{ticket.id} is {ticket.status} and has no solution to write down; resolve it "
            "first, or make an article without a ticket by `desk kb new`"
        )
    hide = hiding.hider(ticket.requester)
    texts = {
        "symptoms": ticket.text("description"),
        "cause": resolution.text("cause"),
        "solution": resolution.text("solution"),
        "body": _numbered(resolution.words.get("steps")),
    }
    fields: dict[str, Value] = {name: hide(text) for name, text in texts.items()}
    category = ticket.text("category")
    fields["category"] = category if category in policy.categories else None
    fields["tags"] = [hide(str(tag)) for tag in ticket.items("tags")]
    return hide(ticket.title), fields


def check_first_from(ticket: Ticket, linked: Iterable[Record]) -> None:
    """Raise RefusedError if one of the records linked to a ticket is an article drafted from it.

    A retired one does not count.
    """
    for one in linked:
        is_out_of_use = one.status == RETIRED
        from_it = any(event.text("ticket") == ticket.id and event.did == "new" for event in one.log)
        if from_it and not is_out_of_use:
            raise RefusedError(
                f"{one.id} was drafted from {ticket.id} already and is {one.status}; "
                "`desk kb edit` changes it, --again drafts another"
            )


def _numbered(steps: Value) -> str:
    """Steps taken as a list in Markdown, empty where there are none."""
    if not isinstance(steps, list) or not steps:
        return ""
    return "".join(f"{n}. {step}\n" for n, step in enumerate(steps, 1))


# --- what each verb does -------------------------------------------------------------------


def _check_may(act: "Act", ability: str, verb: str) -> None:
    if not act.policy.rights_of(act.by).may(ability):
        able = act.policy.who_may(ability)
        who = f"{', '.join(able)} may" if able else "nobody in desk.yaml may"
        raise RefusedError(f"{act.by} may not {verb} articles; {who} ({ability} in `roles`)")


def _check_readable(article: Article, act: "Act") -> None:
    check_readable(article, act.policy.rights_of(act.by))


def _check_status(article: Article, verb: str, *allowed: str) -> None:
    if article.status not in allowed:
        raise RefusedError(
            f"{article.id} is {article.status} and cannot be {verb}; {_WAYS[article.status]}"
        )


_PUBLISHED_WAY = "it can be edited, renewed or retired"
_WAYS = {
    DRAFT: "it can be edited, submitted or retired",
    IN_REVIEW: "it can be edited, approved, rejected, published once it is approved, or retired",
    PUBLISHED: _PUBLISHED_WAY,
    OUTDATED: _PUBLISHED_WAY,
    RETIRED: "it can be submitted to be taken up again",
}


def _added(
    article: Article,
    act: "Act",
    did: str,
    change: Mapping[str, Value] | None = None,
    **words: Value,
) -> Article:
    """The article with the act's event; raises UsageError as lifecycle.check_dated does."""
    from desk import lifecycle  # which those who only read do without

    begun = min((event.when for event in article.log), default=act.at)
    lifecycle.check_dated(article, act, change or (), begun)
    return article.add(did, act.at, act.by, change, **words)


def edited(
    article: Article, act: "Act", change: Mapping[str, Value], *, source: str = ""
) -> Article:
    """The article with other values in fields that no verb governs (None takes a field out).

    `source` is what they were imported from. Its owner is changed by them or by a reviewer.
    A published one whose text somebody changes who may not publish goes back to review.
    """
    from desk import lifecycle

    _check_readable(article, act)
    _check_may(act, WRITE, "edit")
    change = {
        name: _known(act.policy, name, value)
        for name, value in change.items()
        if article.head.get(name) != value
    }
    lifecycle.check_settable(change, GOVERNED, WORKED_OUT)
    for name, value in change.items():
        if name == "title" and not str(value or "").strip():
            raise UsageError("an article needs a title that says what it is about")
    if all(article.head.get(name) == value for name, value in change.items()):
        raise RefusedError(f"{article.id} is so already; nothing was changed")
    owner = article.head.get("owner")
    if change.get("owner", owner) != owner and act.by != owner:
        _check_may(act, REVIEW, "change the owner of others'")
    reviewed = is_reviewed(change)
    published = article.status in (PUBLISHED, OUTDATED)
    if published and reviewed and not act.policy.rights_of(act.by).may(PUBLISH):
        change = {**change, "status": IN_REVIEW}
    return _added(article, act, "edit", change, source=source)


def setting(article: Article, name: str, text: str) -> tuple[str, Value]:
    """The field and its new value that `FIELD=VALUE` means; an empty value takes it out.

    Raises UsageError for a new field whose name is nearly that of one which articles have.
    """
    if name not in (*ARTICLE_FIELDS, *article.head):
        import difflib

        near = difflib.get_close_matches(name.casefold(), ARTICLE_FIELDS, n=1, cutoff=_NEAR)
        if near:
            raise UsageError(
                f"articles have no field {name!r}; did you mean {near[0]}? A field of your own "
                "needs a name that is less like it"
            )
    if name == "tags":
        return name, list(dict.fromkeys(t.strip() for t in text.split(",") if t.strip())) or None
    return name, text or None


_ABILITY_OF = {
    **dict.fromkeys(("new", "edit", "submit"), WRITE),
    **dict.fromkeys(("approve", "reject"), REVIEW),
    "publish": PUBLISH,
}
_ABLE_TO = {WRITE: "write", REVIEW: "review", PUBLISH: "publish"}


def check_may_take_back(article: Article, act: "Act", event: Event) -> None:
    """Raise RefusedError where somebody may not undo an event of theirs any more.

    Nor may anything be published by that whose text was changed in the meantime.
    """
    _check_readable(article, act)
    before, _ = event.change.get("status", (None, None))
    publishes = before in (PUBLISHED, OUTDATED) and article.status not in (PUBLISHED, OUTDATED)
    ability = PUBLISH if event.did == "retire" and publishes else _ABILITY_OF.get(event.did, "")
    if ability:
        _check_may(act, ability, _ABLE_TO[ability])
    if not publishes:
        return
    for later in model.standing(article.log):
        if _changes_text(later) and later.order() > event.order():
            raise RefusedError(
                f"the {event.did} of {event.at} in {article.id} cannot be taken back: {later.by} "
                f"changed the text since ({later.did}, {later.at}), and it would be published as "
                "it is; `desk kb submit` is next"
            )


def submitted(article: Article, act: "Act") -> Article:
    """The article handed to the reviewers."""
    _check_readable(article, act)
    _check_may(act, WRITE, "submit")
    _check_status(article, "submitted", DRAFT, RETIRED)
    if not any(article.text(name).strip() for name in ("solution", "body")):
        raise RefusedError(
            f"{article.id} has neither solution nor body; write one with `desk kb edit` first"
        )
    return _added(article, act, "submit", {"status": IN_REVIEW})


def approved(article: Article, act: "Act") -> Article:
    """The article approved by somebody who wrote none of it; published if they may do that."""
    _check_readable(article, act)
    _check_may(act, REVIEW, "review")
    _check_status(article, "approved", IN_REVIEW)
    if act.by in authors(article):
        others = ", ".join(reviewers(article, act.policy))
        way = f"{others} may" if others else "give somebody else the role reviewer"
        raise RefusedError(
            f"{act.by} wrote some of {article.id}, and a reviewer is not the author; {way} "
            "(`knowledge: {review: none}` in desk.yaml does without)"
        )
    may_publish = act.policy.rights_of(act.by).may(PUBLISH)
    if is_approved(article) and not may_publish:
        raise RefusedError(f"{article.id} is approved already; `desk kb publish` is next")
    return _added(article, act, "approve", _publication(article, act) if may_publish else None)


def _publication(article: Article, act: "Act") -> dict[str, Value]:
    """The change that publishes it; a date of review that lies ahead stays."""
    every, due = act.policy.knowledge.review_every, article.text("review_by")
    change: dict[str, Value] = {"status": PUBLISHED}
    if every and not (due and dates.seconds(due) > act.at.timestamp()):
        change["review_by"] = dates.stamp(act.at + every)
    return change


def rejected(article: Article, act: "Act", because: str) -> Article:
    """The article back in the hands of its owner."""
    from desk import lifecycle

    _check_readable(article, act)
    _check_may(act, REVIEW, "review")
    _check_status(article, "rejected", IN_REVIEW)
    lifecycle.check_said(because, "--because")
    return _added(article, act, "reject", {"status": DRAFT}, because=because)


def published(article: Article, act: "Act") -> Article:
    """The article published: once it is approved, or at any time where no review is demanded."""
    _check_readable(article, act)
    _check_may(act, PUBLISH, "publish")
    if not act.policy.knowledge.must_review:
        _check_status(article, "published", DRAFT, IN_REVIEW, RETIRED)
    elif article.status in (DRAFT, IN_REVIEW) and not is_approved(article):
        way = "`desk kb approve` by somebody who did not write it"
        way = way if article.status == IN_REVIEW else f"`desk kb submit`, then {way}"
        raise RefusedError(
            f"{article.id} is not approved; {way} is next (`knowledge: {{review: none}}` in "
            "desk.yaml does without)"
        )
    else:
        _check_status(article, "published", IN_REVIEW)
    return _added(article, act, "publish", _publication(article, act))


def retired(article: Article, act: "Act", because: str = "") -> Article:
    """The article taken out of use."""
    _check_readable(article, act)
    out = article.status in (PUBLISHED, OUTDATED)
    _check_may(act, PUBLISH if out else WRITE, "retire published" if out else "retire")
    if article.status == RETIRED:
        raise RefusedError(f"{article.id} is retired already")
    return _added(article, act, "retire", {"status": RETIRED}, because=because)


def renewed(article: Article, act: "Act", until: datetime | None) -> Article:
    """The article found to be still true, to be looked at again at `until`.

    Without that: after the time that the policy gives.
    """
    _check_readable(article, act)
    if article.text("owner") != act.by:
        _check_may(act, REVIEW, "renew others'")
    _check_status(article, "renewed", PUBLISHED, OUTDATED)
    every = act.policy.knowledge.review_every
    if not until and not every:
        raise UsageError("say until when with --until; desk.yaml has no `knowledge: review_every`")
    due = until or act.at + (every or timedelta())
    if due <= act.at:
        raise UsageError(f"--until {dates.stamp(due)} is not after {dates.stamp(act.at)}")
    change: dict[str, Value] = {"status": PUBLISHED, "review_by": dates.stamp(due)}
    return _added(article, act, "renew", change)


def voted(article: Article, act: "Act", *, helpful: bool, because: str = "") -> Article:
    """The article with somebody's vote, which takes the place of their last one."""
    _check_readable(article, act)
    _check_status(article, "voted on", PUBLISHED, OUTDATED)
    verb = "helpful" if helpful else "unhelpful"
    last = votes(article).get(act.by)
    standing = helpful or (last is not None and last in complaints(article))
    if last and last.did == verb and standing and last.text("because") == because:
        raise RefusedError(f"{act.by} found {article.id} {verb} already, at {last.at}")
    return _added(article, act, verb, because=because)
