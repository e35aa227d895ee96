"""What each verb does to an article, what it refuses, and who may read it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import articles, fields, lifecycle, model, policy, undoing
from desk.articles import as_read_by
from desk.errors import RefusedError, UsageError
from desk.lifecycle import Act
from desk.model import Article, Ticket
from desk.roles import THE_PUBLIC
from tests.conftest import NOW
from tests.support import POLICY

ID, TICKET = "KB-261121-A0001", "T-261121-A0002"
# zhao publishes, mei and lin review, chen and ada write, visitor asks.
TEXT = POLICY.replace("lin@example.com, ", "lin@example.com, roles: [reviewer], ").replace(
    "teams:\n  service",
    "  mei: {teams: [vendor], roles: [reviewer]}\n  ada: {roles: [agent]}\n"
    "  root: {roles: [admin]}\n  visitor: {roles: [requester]}\nteams:\n  service",
)
RULES = policy.load(TEXT)
ALONE = policy.load(f"{TEXT}knowledge: {{review: none, review_every: 10d}}\n")
PEOPLE = ("chen", "ada", "lin", "mei", "zhao", "visitor")


def act(who: str = "chen", later: float = 0, rules: policy.Policy = RULES) -> Act:
    """An act of that person, so many days later than NOW."""
    return Act(who, NOW + timedelta(days=later), rules)


def draft(**fields: model.Value) -> Article:
    return articles.drafted(ID, act(), "VPN drops", {"solution": "Wait.", **fields})


def in_review() -> Article:
    return articles.submitted(draft(), act())


def out(**fields: model.Value) -> Article:
    """A published article of chen's."""
    return articles.approved(articles.submitted(draft(**fields), act()), act("zhao"))


ARTICLES: dict[str, Article] = {
    "draft": draft(),
    "review": in_review(),
    "approved": articles.approved(in_review(), act("lin")),
    "published": out(),
    "outdated": out(),
    "retired": articles.retired(out(), act("zhao")),
}
VERBS: dict[str, Callable[[Article, Act], Article]] = {
    "edit": lambda one, by: articles.edited(one, by, {"solution": f"{one.text('solution')}!"}),
    "submit": articles.submitted,
    "approve": articles.approved,
    "reject": lambda one, by: articles.rejected(one, by, "no"),
    "publish": articles.published,
    "retire": articles.retired,
    "renew": lambda one, by: articles.renewed(one, by, None),
    "helpful": lambda one, by: articles.voted(one, by, helpful=True),
    "unhelpful": lambda one, by: articles.voted(one, by, helpful=False),
}
# What becomes of an article by each verb of somebody who may all (root); `=` stays as it is.
WAYS = """
            draft     review     approved   published  outdated   retired
edit        =         =          =          =          =          =
submit      review    -          -          -          -          review
approve     -         published  published  -          -          -
reject      -         draft      draft      -          -          -
publish     -         -          published  -          -          -
retire      retired   retired    retired    retired    retired    -
renew       -         -          -          =          =          -
helpful     -         -          -          =          =          -
unhelpful   -         -          -          =          =          -
"""
TABLE = [line.split() for line in WAYS.strip().splitlines()]
CELLS = [
    (status, verb, after)
    for verb, *row in TABLE[1:]
    for status, after in zip(TABLE[0], row, strict=True)
]


def test_the_table_has_every_status_and_verb():
    assert TABLE[0] == [*ARTICLES]
    assert [row[0] for row in TABLE[1:]] == [*VERBS]


@pytest.mark.parametrize(("status", "verb", "after"), CELLS)
def test_what_each_verb_does_in_each_status(status: str, verb: str, after: str):
    article = ARTICLES[status]
    if after == "-":
        with pytest.raises(RefusedError) as refusal:
            VERBS[verb](article, act("root", later=400))
        assert str(refusal.value).startswith(f"{ID} is ")
        assert "; " in str(refusal.value) or str(refusal.value).endswith("already")
        return
    result = VERBS[verb](article, act("root", later=400))
    assert result.status == (article.status if after == "=" else after)
    assert result.log[:-1] == article.log
    assert (result.log[-1].did, result.log[-1].by) == (verb, "root")
    assert model.fold(result.log, {"id": ID}) == result.head


ABLE = {
    "draft": {"edit": "chen ada lin mei zhao", "submit": "chen ada lin mei zhao",
              "retire": "chen ada lin mei zhao"},
    "review": {"edit": "chen ada lin mei zhao", "approve": "lin mei zhao",
               "reject": "lin mei zhao", "retire": "chen ada lin mei zhao"},
    "approved": {"publish": "zhao", "approve": "zhao"},
    "published": {"edit": "chen ada lin mei zhao", "renew": "chen lin mei zhao", "retire": "zhao",
                  "helpful": "chen ada lin mei zhao", "unhelpful": "chen ada lin mei zhao"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "verb", "able"), [(s, verb, who) for s in ABLE for verb, who in ABLE[s].items()]
)
def test_who_may_do_what(status: str, verb: str, able: str):
    done = []
    for who in PEOPLE:
        try:
            VERBS[verb](ARTICLES[status], act(who))
            done.append(who)
        except RefusedError as refusal:
            sentence = str(refusal)
            assert f"{who} may not" in sentence or "already" in sentence, sentence
    assert " ".join(done) == able


# --- review --------------------------------------------------------------------------------


def test_a_reviewer_is_not_the_author():
    mine = articles.submitted(articles.drafted(ID, act("lin"), "x", {"body": "y"}), act("lin"))
    with pytest.raises(RefusedError) as refusal:
        articles.approved(mine, act("lin"))
    assert str(refusal.value) == (
        f"lin wrote some of {ID}, and a reviewer is not the author; zhao, mei, root may "
        "(`knowledge: {review: none}` in desk.yaml does without)"
    )
    touched = articles.edited(mine, act("zhao"), {"cause": "The gateway."})
    with pytest.raises(RefusedError):
        articles.approved(touched, act("zhao"))
    assert articles.approved(touched, act("mei")).status == "review"


def test_a_reviewer_can_read_what_is_to_be_reviewed():
    assert articles.reviewers(in_review(), RULES) == ["lin", "zhao", "mei", "root"]
    of_team = articles.submitted(draft(audience="vendor"), act())
    assert articles.reviewers(of_team, RULES) == ["mei", "root"]
    with pytest.raises(RefusedError):
        articles.approved(of_team, act("zhao"))


def test_tags_and_the_like_make_nobody_an_author():
    tagged = articles.edited(in_review(), act("zhao"), {"tags": ["vpn"], "owner": "zhao"})
    assert articles.authors(tagged) == ["chen"]
    assert articles.approved(tagged, act("zhao")).status == "published"


@pytest.mark.parametrize("field", ["audience", "body", "symptoms", "rack"])
def test_what_is_no_tag_is_reviewed(field: str):
    changed = articles.edited(in_review(), act("zhao"), {field: "public"})
    assert articles.authors(changed) == ["chen", "zhao"]
    assert articles.edited(out(), act("ada"), {field: "public"}).status == "review"


def test_after_an_approval_only_what_came_later_counts():
    again = articles.edited(out(), act("ada"), {"body": "More."})
    assert (again.status, articles.authors(again)) == ("review", ["ada"])
    assert articles.needs(again, NOW) == ["review"]


def test_an_edit_takes_the_approval_away():
    assert articles.needs(ARTICLES["approved"], NOW) == ["publish"]
    changed = articles.edited(ARTICLES["approved"], act("chen"), {"body": "More."})
    assert articles.needs(changed, NOW) == ["review"]
    with pytest.raises(RefusedError) as refusal:
        articles.published(changed, act("zhao"))
    assert str(refusal.value) == (
        f"{ID} is not approved; `desk kb approve` by somebody who did not write it is next "
        "(`knowledge: {review: none}` in desk.yaml does without)"
    )


def test_a_rejected_one_is_to_be_submitted_again():
    back = articles.rejected(ARTICLES["approved"], act("mei"), "no")
    assert articles.needs(back, NOW) == ["work"]
    again = articles.submitted(back, act())
    assert (articles.is_approved(again), articles.needs(again, NOW)) == (False, ["review"])
    assert articles.needs(articles.edited(back, act(), {"body": "x"}), NOW) == []


def test_a_desk_of_one_does_without():
    zhao = act("zhao", rules=ALONE)
    mine = articles.drafted(ID, zhao, "x", {"body": "y"})
    published = articles.published(mine, zhao)
    assert published.head["review_by"] == "2026-12-01T09:00:00+08:00"
    assert articles.why_unapproved(published, ALONE) == ""
    assert articles.why_unapproved(published, RULES) == "it is published and nobody has approved it"
    with pytest.raises(RefusedError) as refusal:
        articles.published(mine, act("zhao"))
    assert "`desk kb submit`, then `desk kb approve`" in str(refusal.value)


def test_hand_edits_have_no_author_and_take_the_approval_away():
    by_hand = replace(in_review(), head={**in_review().head, "solution": "Mine."})
    written = model.with_hand_edits(by_hand, NOW, "lin")
    assert articles.authors(written) == ["chen"]
    changed = replace(out(), head={**out().head, "solution": "Mine."})
    known = model.with_hand_edits(changed, NOW, "zhao")
    assert articles.why_unapproved(known, RULES) == (
        "its text was changed since it was approved, and it is still published"
    )


STEPS = st.lists(st.tuples(st.sampled_from([*VERBS]), st.sampled_from(PEOPLE)), max_size=14)


def after(steps: Sequence[tuple[str, str]]) -> Article:
    """The article after those of the steps that are allowed."""
    article = draft(audience="public")
    for verb, who in steps:
        try:
            article = VERBS[verb](article, act(who))
        except RefusedError:
            continue
    return article


@given(STEPS)
def test_nothing_is_published_that_nobody_else_approved(steps: list[tuple[str, str]]):
    article = after(steps)
    assert articles.why_unapproved(article, RULES) == ""
    if article.status == "published":
        approval = model.last(article.log, "approve")
        assert approval is not None
        assert approval.by in ("lin", "mei", "zhao")
        for event in article.log:
            if event.did == "edit" and event.n > approval.n:
                assert event.by == "zhao", "who may publish"
    assert model.fold(article.log, {"id": ID}) == article.head


@given(STEPS)
def test_the_public_reads_what_is_published_and_no_more(steps: list[tuple[str, str]]):
    article = after(steps)
    shown = as_read_by(article, THE_PUBLIC)
    assert (shown is not None) == (article.status == "published")
    assert shown is None or (shown.log == () and "owner" not in shown.head)


# --- dates ---------------------------------------------------------------------------------


def test_outdated_is_a_matter_of_the_moment():
    due = NOW + timedelta(days=365)
    assert out().head["review_by"] == "2027-11-21T09:00:00+08:00"
    assert articles.status_at(out(), due - timedelta(seconds=1)) == "published"
    assert articles.status_at(out(), due) == "outdated"
    assert articles.needs(out(), due) == ["renewal"]
    assert articles.status_at(draft(), due) == "draft"


def test_one_that_an_older_desk_called_outdated_is_published():
    old = Article({"id": ID, "title": "x", "status": "outdated"}, ())
    assert articles.status_at(old, NOW) == "published"
    renewed = articles.renewed(old, act("zhao"), None)
    assert renewed.log[-1].change["status"] == ("outdated", "published")


def test_renewing_sets_the_date_anew():
    renewed = articles.renewed(out(), act("zhao", later=10), None)
    assert renewed.head["review_by"] == "2027-12-01T09:00:00+08:00"
    until = NOW + timedelta(days=30)
    assert articles.renewed(out(), act(), until).head["review_by"] == "2026-12-21T09:00:00+08:00"
    with pytest.raises(UsageError):
        articles.renewed(out(), act(), NOW)
    never = policy.load(f'{TEXT}knowledge: {{review_every: ""}}\n')
    with pytest.raises(UsageError) as refusal:
        articles.renewed(out(), act("zhao", rules=never), None)
    assert "--until" in str(refusal.value)


def test_a_date_that_lies_ahead_stays_when_it_is_published_again():
    again = articles.submitted(articles.retired(out(), act("zhao", later=1)), act(later=1))
    published = articles.approved(again, act("zhao", later=1))
    assert published.head["review_by"] == out().head["review_by"]
    late = articles.approved(again, act("zhao", later=500))
    assert late.head["review_by"] == "2029-04-04T09:00:00+08:00"


# --- votes and uses ------------------------------------------------------------------------


def votes(*given: tuple[str, bool]) -> Article:
    article = out()
    for who, helpful in given:
        article = articles.voted(article, act(who), helpful=helpful)
    return article


def counted(article: Article) -> tuple[model.Value, model.Value, list[str]]:
    now = NOW + timedelta(days=1)
    found = (articles.derived(article, name, now) for name in ("helpful", "unhelpful"))
    return *found, articles.needs(article, now)  # type: ignore[return-value]


def test_each_person_has_one_vote():
    assert counted(votes(("chen", True), ("lin", False), ("mei", True))) == (2, 1, ["work"])
    assert counted(votes(("lin", False), ("lin", True))) == (1, 0, [])
    assert counted(votes(("lin", True), ("lin", False))) == (0, 1, ["work"])
    with pytest.raises(RefusedError) as refusal:
        votes(("lin", False), ("lin", False))
    assert str(refusal.value) == (f"lin found {ID} unhelpful already, at 2026-11-21T09:00:00+08:00")


def test_work_on_it_clears_the_complaint():
    bad = votes(("lin", False))
    assert counted(articles.edited(bad, act("zhao"), {"body": "More."})) == (0, 1, [])
    assert counted(articles.renewed(bad, act(), None)) == (0, 1, [])
    assert counted(articles.edited(bad, act(), {"tags": ["x"]})) == (0, 1, ["work"])
    mended = articles.edited(bad, act("zhao"), {"body": "More."})
    again = articles.voted(mended, act("lin"), helpful=False)
    assert counted(again) == (0, 1, ["work"]), "the same person, again"


def test_an_edit_by_hand_is_no_work_on_a_complaint():
    bad = votes(("lin", False))
    by_hand = bad.add("edit", act().at, "lin", {"body": "More."}, by_hand=True)
    assert counted(by_hand) == (0, 1, ["work"])
    assert counted(articles.renewed(by_hand, act(), None)) == (0, 1, [])


@pytest.mark.parametrize(
    ("name", "meant"),
    [("titel", "title"), ("Body", "body"), ("tag", "tags"), ("onwer", "owner"),
     ("symptom", "symptoms"), ("langauge", "language")],
)  # fmt: skip
def test_a_mistyped_field_is_asked_for(name: str, meant: str):
    with pytest.raises(UsageError) as refusal:
        articles.setting(out(), name, "x")
    assert str(refusal.value) == (
        f"articles have no field {name!r}; did you mean {meant}? A field of your own needs a name "
        "that is less like it"
    )
    has_it = out().add("edit", NOW, "chen", {name: "y"})
    assert articles.setting(has_it, name, "x") == (name, "x")


@pytest.mark.parametrize("name", ["rack", "site", "asset", "机身编号", "source", "body", "note"])
def test_fields_of_ones_own_are_free(name: str):
    assert articles.setting(out(), name, "x") == (name, "x")


@pytest.mark.parametrize("owner", ["chen", "ada", "lin", None])
@pytest.mark.parametrize("who", ["chen", "ada", "lin", "zhao"])
def test_an_article_is_handed_on_by_its_owner_or_a_reviewer(who: str, owner: str | None):
    article = out()
    article = replace(article, head={**article.head, "owner": owner})
    for to in (value for value in ("mei", None, "chen") if value != owner):
        if who in ("lin", "zhao", owner):
            assert articles.edited(article, act(who), {"owner": to}).head.get("owner") == to
            continue
        with pytest.raises(RefusedError) as refusal:
            articles.edited(article, act(who), {"owner": to, "tags": ["x"]})
        assert str(refusal.value) == (
            f"{who} may not change the owner of others' articles; lin, zhao, mei, root may "
            "(kb.review in `roles`)"
        )
    assert articles.edited(article, act(who), {"owner": owner, "tags": ["x"]}).items("tags") == [
        "x"
    ]


def test_whoever_handed_an_article_on_can_take_that_back():
    given = articles.edited(out(), act("chen"), {"owner": "ada"})
    back = undoing.taken_back(given, act("chen"), given.log[-1])
    assert back.text("owner") == "chen"
    again = articles.edited(given, act("ada"), {"owner": "lin"})
    with pytest.raises(RefusedError):
        undoing.taken_back(again, act("chen"), given.log[-1])


def test_what_is_worked_out_has_no_field():
    assert [*lifecycle.WORKED_OUT] == [*fields.DERIVED]
    assert [*articles.WORKED_OUT] == [*articles.DERIVED, articles.OUTDATED]
    assert not articles.WORKED_OUT.keys() & {*model.ARTICLE_FIELDS}


def test_a_use_is_counted_once_a_ticket_and_is_the_other_side_of_a_link():
    ticket, _ = lifecycle.opened(TICKET, act(), "VPN drops", fields={})
    here, there = lifecycle.linked(ticket, act(), "solved-by", out())
    assert here.head["links"] == [f"solved-by {ID}"]
    assert isinstance(there, Article)
    assert (there.solved, there.links, "links" in there.head) == (
        [TICKET], [("solves", TICKET)], False
    )  # fmt: skip
    assert lifecycle.with_link(there, act(), "solves", TICKET) is there
    apart = lifecycle.unlinked([here, there], act(), "solved-by", ID)
    assert [side.links for side in apart] == [[], []]
    turned = lifecycle.unlinked([there, here], act(), "solves", TICKET)
    assert turned == apart[::-1]


def test_only_a_ticket_is_solved_and_only_by_an_article():
    ticket, _ = lifecycle.opened(TICKET, act(), "VPN drops", fields={})
    for pair in ((ticket, ticket), (out(), ticket), (out(), out())):
        with pytest.raises(RefusedError):
            lifecycle.linked(pair[0], act(), "solved-by", pair[1])


def test_only_what_is_published_solves_a_ticket():
    ticket, _ = lifecycle.opened(TICKET, act(), "VPN drops", fields={})
    for article, way in (
        (draft(), "draft, and tickets are solved by published articles; `desk kb submit`"),
        (in_review(), "review, and tickets are solved by published "
         "articles; `desk kb approve`"),
        (articles.retired(out(), act("zhao")), "retired, and tickets are solved by published "
         "articles; `desk kb submit`"),
    ):  # fmt: skip
        with pytest.raises(RefusedError) as refusal:
            lifecycle.linked(ticket, act(), "solved-by", article)
        assert str(refusal.value) == f"{ID} is {way} is next, or `desk link` it as related"


# --- drafts from tickets -------------------------------------------------------------------

PRIVATE = {"name": "李伟", "email": "li.wei@example.com", "phone": "+86 8021"}


def solved(**more: model.Value) -> Ticket:
    fields: dict[str, model.Value] = {
        "category": "vpn", "tags": ["vpn", "李伟"], "requester": {**PRIVATE, "department": "Sales"},
        "asset": "MARK-custom", **more,
    }  # fmt: skip
    ticket, _ = lifecycle.opened(
        TICKET, act(), "李伟's VPN drops", fields=fields,
        description="LI.WEI@example.com (+86 8021) says that it drops. 李伟先生很着急。",
    )  # fmt: skip
    for said in (lifecycle.noted, lifecycle.replied):
        ticket = said(ticket, act(), "MARK-said")
    ticket = lifecycle.escalated(ticket, act(), because="MARK-because", team="network")
    return lifecycle.resolved(
        ticket, act(), solution="Raised the timeout for 李伟.", cause="A short timeout.",
        code="fixed", steps=["Looked", "Set it"], parts=["MARK-part"],
        config_changes=["MARK-config"],
    )  # fmt: skip


def test_a_draft_has_what_is_meant_for_others():
    title, fields = articles.from_ticket(solved(), RULES)
    assert (title, fields) == (
        "[…]'s VPN drops",
        {
            "symptoms": "[…] ([…]) says that it drops. […]先生很着急。",
            "cause": "A short timeout.",
            "solution": "Raised the timeout for […].",
            "body": "1. Looked\n2. Set it\n",
            "category": "network/vpn",
            "tags": ["vpn", "[…]"],
        },
    )


@pytest.mark.parametrize("ticket", [
    lifecycle.opened(TICKET, act(), "x", fields={})[0],
    lifecycle.reopened(solved(), act(), "again"),
    lifecycle.cancelled(lifecycle.opened(TICKET, act(), "x", fields={})[0], act(), "no"),
])  # fmt: skip
def test_a_ticket_without_a_solution_makes_no_draft(ticket: Ticket):
    with pytest.raises(RefusedError) as refusal:
        articles.from_ticket(ticket, RULES)
    assert str(refusal.value) == (
        f"{TICKET} is {ticket.status} and has no solution to write down; resolve it first, or "
        "make an article without a ticket by `desk kb new`"
    )


def test_a_category_that_is_gone_is_left_out():
    ticket = solved()
    ticket = replace(ticket, head={**ticket.head, "category": "fax"})
    assert articles.from_ticket(ticket, RULES)[1]["category"] is None


@pytest.mark.parametrize(
    ("title", "text", "language"),
    [
        ("打印机卡纸", "", "zh"),
        ("VPN 断线", "重启网关 gw1，然后联系 Omar。", "zh"),
        ("VPN drops", "The menu is called 网络.", None),
        ("123", "", None),
    ],
)
def test_mostly_chinese_is_zh(title: str, text: str, language: str | None):
    assert articles.language_of(title, {"solution": text}) == language


@pytest.mark.parametrize(
    "tag",
    [
        "zh",
        "en",
        "EN-gb",
        "zh-Hans",
        "zh-Hant-TW",
        "zh-cmn-Hans-CN",
        "sl-rozaj-biske",
        "de-CH-1996",
        "es-419",
        "x-desk",
        "en-a-myext-b-another",
        "de-x-in-house",
        "cmn",
        "english",
    ],
)
def test_what_is_a_language_tag(tag: str):
    assert draft(language=tag).text("language") == tag
    assert articles.edited(draft(), act(), {"language": tag}).text("language") == tag


@pytest.mark.parametrize(
    "tag",
    ["中文", "zh_CN", "z", "en ", "en-", "-en", "zh--CN", "en-x", "en-a", "en\n", "français",
     "englisches", "zh-Hans-Hant", "x", "e\u017f", "１"],
)  # fmt: skip
def test_what_is_none(tag: str):
    for write in (lambda: draft(language=tag),
                  lambda: articles.edited(draft(), act(), {"language": tag})):  # fmt: skip
        with pytest.raises(UsageError) as refusal:
            write()
        assert str(refusal.value) == f"language {tag!r} is no tag such as zh, en or pt-BR (BCP 47)"


def test_a_language_that_was_written_before_stays():
    article = replace(draft(), head={**draft().head, "language": "中文"})
    assert articles.edited(article, act(), {"cause": "x", "language": "中文"}).text("cause") == "x"
    assert "language" not in articles.edited(article, act(), {"language": None}).head


# --- who may read it -----------------------------------------------------------------------

READERS = ("visitor", "ada", "chen", "lin", "mei", "zhao", "root", "")
WHO_READS = {
    ("public", "published"): "visitor ada chen lin mei zhao root ",
    ("public", "review"): "ada chen lin mei zhao root",
    ("internal", "published"): "ada chen lin mei zhao root",
    ("internal", "draft"): "ada chen lin mei zhao root",
    ("network", "published"): "chen lin zhao root",
    ("network", "retired"): "chen lin zhao root",
    ("nosuch", "published"): "chen root",
}


@pytest.mark.parametrize(("audience", "status"), WHO_READS)
def test_who_reads_what(audience: str, status: str):
    article = out()
    head = {**article.head, "audience": audience, "status": status}
    article = replace(article, head=head)
    found = [
        who
        for who in READERS
        if as_read_by(article, RULES.rights_of(who) if who else THE_PUBLIC) is not None
    ]
    assert " ".join(found) == WHO_READS[audience, status], "chen wrote it"


def test_an_article_without_an_audience_is_internal():
    article = Article({"id": ID, "title": "x", "status": "published"}, ())
    assert as_read_by(article, THE_PUBLIC) is None
    assert as_read_by(article, RULES.rights_of("ada")) is article


def test_the_public_gets_no_mark():
    head = {name: f"MARK-{name}" for name in (*model.ARTICLE_FIELDS, "asset", "rack")}
    head |= {"id": ID, "audience": "public", "status": "published", "language": "en"}
    article = Article(head, ()).add("edit", NOW, "MARK-by", because="MARK-because")
    shown = as_read_by(article, THE_PUBLIC)
    assert shown == Article(
        {
            "id": ID, "title": "MARK-title", "status": "published", "audience": "public",
            "category": "MARK-category", "tags": "MARK-tags", "language": "en",
            "review_by": "MARK-review_by", "symptoms": "MARK-symptoms", "cause": "MARK-cause",
            "solution": "MARK-solution", "body": "MARK-body",
        },
        (),
    )  # fmt: skip


def test_a_refusal_says_for_whom_it_is():
    article = replace(out(), head={**out().head, "audience": "network"})
    with pytest.raises(RefusedError) as refusal:
        articles.check_readable(article, RULES.rights_of("ada"))
    assert str(refusal.value) == (
        f"{ID} is for team network and ada may not read it; `roles` in desk.yaml say who may"
    )


def test_who_wrote_what_was_rejected_after_an_approval_is_still_its_author():
    written = Article({"id": "KB-261121-7K3FQ"}, ())
    written = written.add("new", NOW, "bob", {"title": "VPN", "status": "draft", "body": "Wait"})
    written = written.add("submit", NOW, "bob", {"status": "review"})
    approved = written.add("approve", NOW, "ann", {})
    assert articles.authors(approved) == []
    rejected = approved.add("reject", NOW, "ann", {"status": "draft"}, because="dangerous")
    assert articles.authors(rejected) == ["bob"]
    again = rejected.add("submit", NOW, "bob", {"status": "review"})
    assert not articles.is_approved(again)
    published = again.add("approve", NOW, "ann", {"status": "published"})
    edited = published.add("edit", NOW, "eve", {"body": "Call", "status": "review"})
    assert articles.authors(edited.add("reject", NOW, "ann", {}, because="no")) == ["eve"]


def test_what_was_ones_own_is_read_as_it_may_be_now():
    own = out(audience="public", owner="visitor")
    handed_on = articles.edited(own, act("zhao", later=2), {"owner": "lin"})
    visitor = RULES.rights_of("visitor")
    before = NOW + timedelta(days=1)
    assert articles.as_read_at(own, visitor, before) == own
    shown = articles.as_read_at(handed_on, visitor, before)
    assert shown == as_read_by(own, THE_PUBLIC)
    assert articles.as_read_at(handed_on, RULES.rights_of("lin"), before) == own
    assert articles.as_read_at(own, RULES.rights_of("lin"), NOW - timedelta(days=1)) is None


@given(st.sampled_from(PEOPLE), st.sampled_from(["public", "internal", "network"]),
       st.sampled_from(["public", "internal", "network"]))  # fmt: skip
def test_nobody_reads_of_the_past_what_they_may_not_read_now(who: str, then: str, now: str):
    article = out(audience=then)
    if now != then:
        article = articles.edited(article, act("zhao", later=2), {"audience": now})
    rights = RULES.rights_of(who)
    stood = model.as_of(article, NOW + timedelta(days=1))
    expected = as_read_by(article, rights) and as_read_by(stood, rights)
    assert articles.as_read_at(article, rights, NOW + timedelta(days=1)) == expected
