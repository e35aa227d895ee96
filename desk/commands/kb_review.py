"""desk kb submit, approve, reject, publish, retire and renew: how an article becomes true."""

import click

from desk import articles
from desk.commands.common import Verb, at_option, change_articles, command, text_option
from desk.commands.reading import articles_argument
from desk.lifecycle import Act
from desk.model import Article
from desk.roles import PUBLISH
from desk.session import Session, pass_session


@command("submit", "desk kb submit 74k30", cls=Verb)
@articles_argument
@at_option
@pass_session
def submit_(session: Session, ids: tuple[str, ...], at: str | None) -> None:
    """Hand drafts, or what was retired, to the reviewers."""
    act = session.act(at)

    def said(article: Article) -> str:
        able = articles.reviewers(article, act.policy)
        who = f"{', '.join(able) or 'nobody in desk.yaml'} may review it"
        return f"waits for a reviewer now ({who})"

    change_articles(session, ids, act, lambda one: articles.submitted(one, act), said)


@command("approve", "desk kb approve 74k30", "desk kb list needs:review -f ids | desk kb approve -",
         cls=Verb)  # fmt: skip
@articles_argument
@at_option
@pass_session
def approve_(session: Session, ids: tuple[str, ...], at: str | None) -> None:
    """Say that articles are right, which somebody who wrote none of their text may do.

    They are published at once if you may publish, else they wait for `desk kb publish`.
    """
    act = session.act(at)
    change_articles(
        session, ids, act, lambda one: articles.approved(one, act), lambda one: _approved(one, act)
    )


def _approved(article: Article, act: Act) -> str:
    if article.status == articles.PUBLISHED:
        return f"is approved and {_published(article)}"
    able = act.policy.who_may(PUBLISH)
    return f"is approved; {', '.join(able) or 'nobody in desk.yaml'} may publish it"


def _published(article: Article) -> str:
    due = article.text("review_by")
    return "published" + (f", to be looked at again by {due[:10]}" if due else "")


@command("reject", 'desk kb reject 74k30 --because "the second step is missing"', cls=Verb)
@articles_argument
@text_option("--because", required=True, help="Why.")
@at_option
@pass_session
def reject_(session: Session, ids: tuple[str, ...], because: str, at: str | None) -> None:
    """Give articles in review back to their owners, as drafts."""
    act = session.act(at)
    change_articles(
        session,
        ids,
        act,
        lambda one: articles.rejected(one, act, because),
        lambda one: f"is a draft again, which is work for {one.text('owner') or 'its author'}",
    )


@command("publish", "desk kb publish 74k30", cls=Verb)
@articles_argument
@at_option
@pass_session
def publish_(session: Session, ids: tuple[str, ...], at: str | None) -> None:
    """Publish articles that were approved; where no review is demanded, any.

    That is so with `knowledge: {review: none}` in desk.yaml.
    """
    act = session.act(at)
    change_articles(
        session,
        ids,
        act,
        lambda one: articles.published(one, act),
        lambda one: f"is {_published(one)}",
    )


@command("retire", 'desk kb retire 74k30 --because "the gateway is gone"', cls=Verb)
@articles_argument
@text_option("--because", help="Why.")
@at_option
@pass_session
def retire_(session: Session, ids: tuple[str, ...], because: str | None, at: str | None) -> None:
    """Take articles out of use; `desk kb submit` takes them up again."""
    act = session.act(at)
    change_articles(
        session,
        ids,
        act,
        lambda one: articles.retired(one, act, because or ""),
        lambda _: "is retired",
    )


@command("renew", "desk kb renew 74k30", "desk kb renew 74k30 --until 2027-06-01", cls=Verb)
@articles_argument
@click.option(
    "--until", metavar="TIME", help="When to look again; as desk.yaml says, unless given."
)
@at_option
@pass_session
def renew_(session: Session, ids: tuple[str, ...], until: str | None, at: str | None) -> None:
    """Say that published articles are still true: somebody has looked."""
    act = session.act(at)
    moment = session.moment(until, ahead=True)
    change_articles(
        session,
        ids,
        act,
        lambda one: articles.renewed(one, act, moment),
        lambda one: f"is still true, to be looked at again by {one.text('review_by')[:10]}",
    )
