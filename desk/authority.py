"""Whether a commit is its committer's to make: its records, against those it was made from (pure).

docs/teams.md ("Roles at the remote") has the rules. Nobody's forgery is what a parent has, what
stood at the tip before the push, and what merging the parents gives.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, reduce

from desk import articles, lifecycle, merge, model, undoing
from desk.errors import RefusedError
from desk.lifecycle import Act
from desk.model import Article, Event, Record, Ticket, Value
from desk.policy import Policy
from desk.roles import IMPORT, POLICY, PUBLISH, REQUEST, REQUESTER, REVIEW, WORK, WRITE, Rights

DESK = merge.BY
# How far the clock of a committer may go ahead of the remote's.
AHEAD = timedelta(days=1)

_PUBLISHED = (articles.PUBLISHED, articles.OUTDATED)
# The verbs of articles that not everybody who may write has; any of the abilities will do.
_ABILITIES: Mapping[str, tuple[str, ...]] = {
    "approve": (REVIEW,),
    "reject": (REVIEW,),
    "renew": (REVIEW,),
    "publish": (PUBLISH,),
    "use": (WORK, WRITE),
    "link": (WORK, WRITE),
    "unlink": (WORK, WRITE),
    "helpful": (REQUEST,),
    "unhelpful": (REQUEST,),
}
# The status that each verb may leave an article in.
_STATUS_AFTER: Mapping[str, str] = {
    "new": articles.DRAFT,
    "edit": articles.IN_REVIEW,
    "submit": articles.IN_REVIEW,
    "approve": articles.PUBLISHED,
    "reject": articles.DRAFT,
    "publish": articles.PUBLISHED,
    "retire": articles.RETIRED,
    "renew": articles.PUBLISHED,
}
# The fields that each verb may set in an article; `new` and `edit` set all but review_by.
_SETS: Mapping[str, tuple[str, ...]] = {
    "submit": ("status",),
    "approve": ("status", "review_by"),
    "reject": ("status",),
    "publish": ("status", "review_by"),
    "retire": ("status",),
    "renew": ("status", "review_by"),
    "link": ("links",),
    "unlink": ("links",),
}
# Fields of articles that nobody may edit by hand.
_BY_VERBS = ("status", "audience", "review_by")
# The words of what whoever has no more than desk.request may do.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "open": (),
    "reply": ("text",),
    "survey": ("score", "comment"),
    "helpful": ("because",),
    "unhelpful": ("because",),
    model.UNDO: ("undoes", "done_at"),
}


@dataclass(frozen=True, slots=True)
class Committer:
    """Who made a commit: `name` is the id of a person of desk.yaml, else the e-mail.

    Events of theirs are `by` one of `names`; a requester whose name or e-mail is one of `known`
    (in lower case) is they.
    """

    name: str
    names: frozenset[str]
    known: frozenset[str]


def committer(policy: Policy, name: str, email: str) -> Committer:
    """Who a commit's name and e-mail say.

    Raises RefusedError where the e-mail is that of several people.
    """
    found = policy.find_person(email)
    if found:
        person = policy.people[found]
        known = _folded((found, person.name, person.email, email))
        return Committer(found, frozenset((found,)), known)
    # Whoever is not enrolled goes by what git calls them, but not by what others are called.
    names = (email,) if name == DESK or _is_somebody(policy, name) else (email, name)
    return Committer(email, frozenset(names) - {""}, _folded(names))


def rights_of(policy: Policy, who: Committer) -> Rights:
    """What somebody may do at the remote.

    Who is not in desk.yaml may only ask as soon as that names somebody who may change it.
    """
    if who.name in policy.people or not policy.who_may(POLICY):
        return policy.rights_of(who.name)
    return Rights(who.name, frozenset(), frozenset(policy.roles.get(REQUESTER, ())))


def _is_somebody(policy: Policy, name: str) -> bool:
    try:
        return policy.find_person(name) is not None
    except RefusedError:
        return True


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names if name)


def may_change_policy(policy: Policy, who: str) -> bool:
    """Whether somebody may change desk.yaml and files outside the layout.

    While nobody has that ability, anybody of desk.yaml may.
    """
    if policy.rights_of(who).may(POLICY):
        return True
    return who in policy.people and not policy.who_may(POLICY)


def why_unapproved(record: Record | None, policy: Policy) -> str:
    """What articles.why_unapproved says once what was edited by hand is written down."""
    if not isinstance(record, Article):
        return ""
    return articles.why_unapproved(merge.with_hand_edits(record, None), policy)


@dataclass(frozen=True, slots=True)
class Change:
    """A record as a commit has it, and as others have it where they do.

    Those are its parents, the tip before the push, and the common ancestor of the parents.
    """

    record: Record
    parents: Sequence[Record] = ()
    tip: Record | None = None
    base: Record | None = None


def problems(
    policy: Policy, now: datetime, who: Committer, changes: Mapping[str, Change]
) -> Iterator[str]:
    """What is wrong with the records of a commit, in sentences that name the record.

    `changes` are all its records that are not as in each parent, by id; `policy` is that of
    the tip before the push.
    """
    latest = (now + AHEAD).timestamp()
    for record_id, change in changes.items():
        judged = _Judged(policy, latest, who, change, changes)
        for problem in dict.fromkeys(judged.problems()):
            yield f"{record_id}: {problem}"


class _Judged:
    """One record of one commit, before the rules."""

    def __init__(
        self,
        policy: Policy,
        latest: float,
        who: Committer,
        change: Change,
        changes: Mapping[str, Change],
    ) -> None:
        self.policy = policy
        self.latest = latest
        self.who = who
        self.rights = rights_of(policy, who)
        self.record = change.record
        self.is_article = isinstance(change.record, Article)
        self.parents = change.parents
        self.base = change.base
        self.tip = change.tip
        # New records of the commit that say they had this id until a merge gave them another.
        self.moved = [
            one.record
            for one in changes.values()
            if not one.parents and one.record.text("external") == change.record.id
        ]
        renamed = changes.get(change.record.text("external"))
        self.known = _known(change, renamed)
        self.is_renamed = renamed is not None and not change.parents and bool(self.known)
        contents = {event.content() for one in self.known for event in one.log}
        self.new = [e for e in model.in_order(self.record.log) if e.content() not in contents]
        ours = {event.content() for event in self.new}
        known = (event.n for event in self.record.log if event.content() not in ours)
        self.highest = max(known, default=0) + len(self.new)

    def problems(self) -> Iterator[str]:
        """What is wrong with it, in clauses that go behind its id."""
        yield from self._lost_events()
        for event in self.new:
            problem = self._of_event(event)
            if problem:
                yield f"event {event.n} ({event.did}) {problem}"
        edits = self._unexplained()
        if edits and (problem := self._of_hand_edits(edits)):
            yield problem
        yield from self._unapproved()

    # --- the log ---------------------------------------------------------------------------

    def _lost_events(self) -> Iterator[str]:
        """Events of a parent that are missing, but for one that merging made one with another."""
        here = {event.content() for event in self.record.log}
        stand = {
            merge.identity(event): event for event in reversed(model.in_order(self.record.log))
        }
        for parent in self.parents:
            gone = (event for event in parent.log if event.content() not in here)
            lost = [one for one in gone if not self._is_one(one, stand.get(merge.identity(one)))]
            if lost and not self._is_elsewhere(parent):
                first = f"event {lost[0].n} ({lost[0].did} by {lost[0].by})"
                more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
                yield f"{first}{more} changed or removed; a log only grows"

    def _is_one(self, lost: Event, other: Event | None) -> bool:
        """Whether an event is made one with another, which has the lower number."""
        if other is None or other.order() > lost.order():
            return False
        if replace(other, n=lost.n) == lost:
            return True
        is_merged = len(self.parents) > 1 and any(other in one.log for one in self.parents)
        return is_merged and _deed(other) == _deed(lost)

    def _is_elsewhere(self, parent: Record) -> bool:
        """Whether a parent's record was another that had drawn the same id, and has a new one."""
        others = (one for one in self.parents if one is not parent)
        return (
            not merge.is_one_record(parent, self.record)
            and any(merge.is_one_record(other, self.record) for other in others)
            and any(_holds(one, parent) for one in self.moved)
        )

    def _of_event(self, event: Event) -> str:
        """What is wrong with a new event, empty where nothing is."""
        if event.n > self.highest:
            return f"has too high a number; at most {self.highest} is right"
        if event.seconds > self.latest:
            return f"is at {event.at}, which lies ahead"
        if self._writes_down(event):
            return ""
        if event.by == DESK:
            return self._of_desk(event)
        if event.rule:
            return f"names a rule and is by {event.by}; rules are by {DESK}"
        if event.by not in self.who.names:
            return self._of_another(event)
        if "source" in event.words and not self.is_article:
            return self._unable(IMPORT)
        return self._of_verb(event)

    def _writes_down(self, event: Event) -> bool:
        """Whether it is what a merge or a command writes of edits by hand in a known state."""
        if not (event.change and _is_by_hand(event)):
            return False
        if event.by == DESK:
            return event.content() in self._written
        if event.by not in self.who.names:
            return False
        kept = [model.with_hand_edits(one, event.when, event.by) for one in self._edited]
        return any(event.change == one.log[-1].change and event.n <= one.log[-1].n for one in kept)

    @cached_property
    def _edited(self) -> list[Record]:
        """The known states that were edited by hand."""
        return [one for one in self.known if model.hand_edits(one)]

    @cached_property
    def _written(self) -> frozenset[str]:
        """The events that merges write of edits by hand in the known states, with any comments."""
        said = {event.text("comments") for event in self.new if _is_by_hand(event)} - {""}
        comments = [[], *([text] for text in sorted(said)[: len(self.known)])]
        return frozenset(
            event.content()
            for one, base, lost in itertools.product(self.known, (None, self.base), comments)
            for event in merge.with_hand_edits(one, base, lost).log[len(one.log) :]
        )

    def _of_another(self, event: Event) -> str:
        if "source" in event.words and not self.is_article:
            problem = self._unable(IMPORT)
            return f"is by {event.by} and {problem}" if problem else ""
        return f"is by {event.by}, and the commit is {self.who.name}'s"

    def _of_desk(self, event: Event) -> str:
        """Of an event that no person did: that of a rule, or an edit that a merge writes down."""
        if event.rule:
            if event.words.get("by_hand"):
                return "names a rule and is an edit by hand"
            if self.is_article and event.change:
                return "changes an article, which no rule does"
            return self._unable(WORK)
        if _is_by_hand(event):
            return self._of_hand_edits(_sets(event))
        if "source" in event.words and not self.is_article:
            return self._unable(IMPORT)
        return f"is by {DESK} and names no rule"

    def _unable(self, *abilities: str) -> str:
        """A clause where the committer has none of the abilities, else empty."""
        if self.rights.may(*abilities):
            return ""
        return f"needs {' or '.join(abilities)}, and {self.who.name} has it not"

    # --- verbs -----------------------------------------------------------------------------

    def _of_verb(self, event: Event) -> str:
        """What is wrong with something that the committer did."""
        if self.is_renamed and event.did == "edit" and event.change.keys() == {"external"}:
            return ""  # the merge that gave it a new id says so
        verb = event
        if event.did == model.UNDO:
            undone = self._undone(event)
            if undone is None:
                return f"takes back what is no event of {self.who.name}'s"
            if not _takes_back(event, undone):
                return f"sets other values than those before event {undone.n}"
            verb = undone
        if self.is_article:
            return self._of_article_verb(verb, event)
        return self._of_ticket_verb(verb, event)

    def _undone(self, event: Event) -> Event | None:
        """The event of the committer that an `undo` takes back, None where it names none."""
        log = (one for one in self.record.log if one.did != model.UNDO)
        return next((one for one in log if model.mark(one) == model.mark(event)), None)

    def _of_ticket_verb(self, verb: Event, event: Event) -> str:
        """Of an event of a ticket; `verb` is what an `undo` takes back, else the event."""
        if self.rights.may(WORK):
            return ""
        is_asked = self._is_taken_back(verb, event) if verb is not event else self._is_asked(event)
        return self._unable(WORK, REQUEST) if is_asked else self._unable(WORK)

    def _is_asked(self, event: Event) -> bool:
        """Whether it is what a command writes for whoever has no more than desk.request."""
        if _strange_words(event):
            return False
        if event.did == "open":
            return self._is_opening(event)
        if not self._is_own():
            return False
        if event.did == "reply":
            return _has_change_of(event, lifecycle.reply_change(self._stood_before(event)))
        if event.did == "survey":
            return not event.change and self._is_survey(event)
        return not event.change and _is_by_hand(event)

    def _is_opening(self, event: Event) -> bool:
        """Whether a new ticket begins with it, and is not worked on yet."""
        sets = _sets(event)
        begun = ("new", "in_progress") if sets.get("assignee") else ("new",)
        is_first = event == model.in_order(self.record.log)[0]
        return not self.known and is_first and sets.get("status") in begun

    def _is_survey(self, event: Event) -> bool:
        try:
            lifecycle.check_survey(self._stood_before(event))
        except RefusedError:
            return False
        return event.words.get("score") in lifecycle.SCORES

    def _is_taken_back(self, verb: Event, event: Event) -> bool:
        """Whether `desk undo` takes that back for a requester, and so."""
        if _strange_words(event) or not (verb.did == "open" or self._is_own()):
            return False
        stood = self._stood_before(event)
        if stood.status not in model.STATUSES:  # events may say what no file's head can
            return False
        try:
            undo = undoing.taken_back(stood, Act(event.by, event.when, self.policy), verb).log[-1]
        except RefusedError:
            return False
        return verb.did in ("open", "reply", "survey") and _sets(undo) == _sets(event)

    def _stood_before(self, event: Event) -> Ticket:
        """The ticket as whoever wrote the event saw it."""
        return Ticket(self._head_before(event), tuple(self._seen(event)))

    def _seen(self, event: Event) -> list[Event]:
        return [other for other in self.record.log if other.n < event.n]

    def _head_before(self, event: Event) -> dict[str, Value]:
        """The head as whoever wrote the event saw it: with all that has a lower number.

        What was edited by hand stands, too, unless it has been written down.
        """
        one = next(iter(self.known), self.record)
        written = {name for other in self.new if _is_by_hand(other) for name in other.change}
        edits = {name: to for name, to in model.hand_edits(one).items() if name not in written}
        return {**model.fold(self._seen(event), model.origin(one)), **edits}

    def _is_own(self) -> bool:
        """Whether the committer is the ticket's requester."""
        return lifecycle.is_requester(self.record, self.who.known)

    def _of_article_verb(self, verb: Event, event: Event) -> str:
        """Of an event of an article; `verb` is what an `undo` takes back, else the event."""
        abilities = _ABILITIES.get(verb.did, (WRITE,))
        if verb.did in ("retire", "new") and self._was_published():
            abilities = (PUBLISH,)
        if verb.did == "renew" and self._owns(self.record):
            abilities = (REVIEW, WRITE)
        problem = self._unable(*abilities) or self._of_fields(verb, event)
        if not problem and verb is event and verb.did == "approve":
            problem = self._of_approval(event)
        if not problem and verb.did in articles.VOTES:
            problem = self._of_vote()
        if not problem and verb is event and "owner" in event.change:
            problem = self._of_owner(event)
        if not problem and articles.is_reviewed(event.change):
            problem = "" if self._is_put_back(verb, event) else self._of_text(event)
        return problem

    def _of_fields(self, verb: Event, event: Event) -> str:
        """Whether the event says and sets what its verb does."""
        words = _strange_words(event)
        if words:
            return f"says {', '.join(words)}, which {event.did} does not"
        names = [name for name in event.change if not _may_set(verb.did, name)]
        if names:
            return f"sets {', '.join(names)}, which {verb.did} does not"
        if "status" not in event.change:
            return ""
        _, status = event.change["status"]
        if verb is event and status != _STATUS_AFTER[verb.did]:
            return f"makes it {status}, which {verb.did} does not"
        renewed = verb.did == "renew" and self._was_published()
        if status == articles.PUBLISHED and not (renewed or self._is_put_back(verb, event)):
            return self._unable(PUBLISH)
        return ""

    def _is_put_back(self, verb: Event, event: Event) -> bool:
        """Whether an edit that sent it to review is taken back, and nobody has edited it since."""
        since = (e for e in model.standing(self.record.log) if e.order() > verb.order())
        sent = verb.did == "edit" and verb.change.get("status", (None,))[0] in _PUBLISHED
        is_undo = verb is not event
        return is_undo and sent and not any(articles.is_reviewed(one.change) for one in since)

    def _of_approval(self, event: Event) -> str:
        before = tuple(one for one in self.record.log if one.order() < event.order())
        writers = articles.authors(Article(self.record.head, before))
        return f"approves what {event.by} wrote some of" if event.by in writers else ""

    def _of_vote(self) -> str:
        """Whether the committer may read what the vote is on."""
        known = (one for one in (self.record, *self.parents) if isinstance(one, Article))
        if any(articles.as_read_by(one, self.rights) for one in known):
            return ""
        return f"is a vote on what {self.who.name} may not read"

    def _of_owner(self, event: Event) -> str:
        """Whether its owner or a reviewer gives an article another owner; a draft begins with one.

        Whoever takes it back only gives up what they might do then.
        """
        owner = self._head_before(event).get("owner")
        if (event.did == "new" and not self.known) or owner in self.who.names:
            return ""
        problem = self._unable(REVIEW)
        return f"changes the owner ({owner or 'nobody'}), which {problem}" if problem else ""

    def _of_text(self, event: Event) -> str:
        approvals = (e for one in self.known for e in one.log if e.did == "approve")
        if any(event.order() < approval.order() for approval in approvals):
            return "changes the text and stands before an approval that did not see it"
        stays = self._was_published() and self.record.status in _PUBLISHED
        return self._unable(PUBLISH) if stays else ""

    def _was_published(self) -> bool:
        return any(one.status in _PUBLISHED for one in self.known)

    # --- the head ----------------------------------------------------------------------------

    def _of_hand_edits(self, edits: Mapping[str, Value]) -> str:
        """What is wrong with fields that the committer edited in the file."""
        names = ", ".join(sorted(edits)) or "comments"
        problem = self._unable(WRITE if self.is_article else WORK)
        if not problem and self.is_article:
            governed = sorted(name for name in _BY_VERBS if self._is_set(name, edits))
            if governed:
                return f"{', '.join(governed)} edited by hand; `desk kb` has commands for it"
            if self._was_published() and articles.is_reviewed(edits):
                problem = self._unable(PUBLISH)
            if "owner" in edits and any(not self._owns(one) for one in self.known):
                problem = problem or self._unable(REVIEW)
        return f"{names} edited by hand {problem}" if problem else ""

    def _owns(self, article: Record) -> bool:
        return article.text("owner") in self.who.names

    def _is_set(self, name: str, edits: Mapping[str, Value]) -> bool:
        """Whether a field was edited as only a verb may; a new draft may be written by hand."""
        if name not in edits:
            return False
        return bool(self.known) or (name == "status" and edits[name] != articles.DRAFT)

    def _unexplained(self) -> dict[str, Value]:
        """The fields whose values neither the log nor any known state of the record explains."""
        head, logged = self.record.head, model.fold(self.record.log)
        states = [
            _State(one.head, one.log, self.record.log, self._overtaken(one)) for one in self.known
        ]
        if not states:  # what no log tells is as it was written
            unlogged = {name: head[name] for name in model.UNLOGGED & head.keys()}
            states = [_State(unlogged, (), self.record.log, frozenset())]
        names = {*head, *logged, *(name for one in self.known for name in one.head)} - {"id"}
        return {
            name: head.get(name)
            for name in sorted(names)
            if not any(one.explains(name, head.get(name), logged.get(name)) for one in states)
        }

    def _overtaken(self, one: Record) -> frozenset[str]:
        """The fields that a parent or the tip has as the ancestor has them, and a parent has not.

        A merge takes them from that one, unless events say otherwise.
        """
        if self.base is None or not any(one is given for given in (*self.parents, self.tip)):
            return frozenset()
        was = self.base.head
        changed = {
            name
            for parent in self.parents
            for name in {*parent.head, *was}
            if parent.head.get(name) != was.get(name)
        }
        return frozenset(name for name in changed if one.head.get(name) == was.get(name))

    def _unapproved(self) -> Iterator[str]:
        why = why_unapproved(self.record, self.policy)
        if why and not any(why_unapproved(one, self.policy) for one in self.known):
            yield why


class _State:
    """What a state of a record says of its fields, and which of them events touched since.

    Of those that are `overtaken` it says nothing.
    """

    def __init__(
        self,
        head: Mapping[str, Value],
        log: Iterable[Event],
        later: Iterable[Event],
        overtaken: frozenset[str],
    ) -> None:
        self._overtaken = overtaken
        self._head = head
        contents = {event.content() for event in log}
        since = (event for event in later if event.content() not in contents)
        self._touched = {name for event in since for name in event.change}

    def explains(self, name: str, value: Value, logged: Value) -> bool:
        """Whether a field has the value of that state, or the one that events gave it since."""
        if name in self._touched:
            return value == logged
        return name not in self._overtaken and value == self._head.get(name)


def _known(change: Change, renamed: Change | None) -> list[Record]:
    """The states of a record that are nobody's forgery.

    `renamed` is the change of the id that it says it had before.
    """
    known = [*change.parents, *((change.tip,) if change.tip else ())]
    if not known and renamed:
        known = [one for one in renamed.parents if one.log and _holds(change.record, one)]
    if len(change.parents) > 1 and any(one != change.record for one in change.parents):
        first, *others = (merge.with_hand_edits(one, change.base) for one in change.parents)
        if all(merge.is_one_record(first, other) for other in others):
            known.append(reduce(merge.merged, others, first))
    return known


def _holds(record: Record, other: Record) -> bool:
    """Whether a record has all events of the other."""
    return {event.content() for event in other.log} <= {event.content() for event in record.log}


def _is_by_hand(event: Event) -> bool:
    """Whether it says no more than what was edited by hand and the comments of the file."""
    is_edit = event.did == "edit" and event.words.get("by_hand") is True
    return is_edit and event.words.keys() <= {"by_hand", "comments"}


def _deed(event: Event) -> tuple[object, ...]:
    """What a rule did and said; what was before, and whom it told, go by what a clone knew."""
    sets = _sets(event)
    said = {name: word for name, word in event.words.items() if name != "outbox"}
    return event.did, sets, said


def _sets(event: Event) -> dict[str, Value]:
    """The fields that an event sets, and to what."""
    return {name: to for name, (_, to) in event.change.items()}


def _has_change_of(event: Event, change: model.Change) -> bool:
    """Whether an event changes nothing but what is in a change, and to that."""
    return all(name in change and change[name] == one for name, one in event.change.items())


def _may_set(did: str, name: str) -> bool:
    """Whether a verb may set a field of an article."""
    return name != "review_by" if did in ("new", "edit") else name in _SETS.get(did, ())


def _strange_words(event: Event) -> list[str]:
    """The words of an event that no command writes with its verb, of the verbs in _WORDS."""
    known = _WORDS.get(event.did, tuple(event.words))
    return sorted(event.words.keys() - set(known))


def _takes_back(event: Event, undone: Event) -> bool:
    """Whether an `undo` sets fields to what they were before; a first event ends the record."""
    sets = _sets(event)
    if undone.did in model.FIRST:
        status = sets.pop("status", None)
        ends = status in ("cancelled", articles.RETIRED)
        return ends and not any(sets.values()) and lifecycle.OFF_HOLD.keys() >= sets.keys()
    before = {name: was for name, (was, _) in undone.change.items()}
    return sets == before and event.order() > undone.order()
