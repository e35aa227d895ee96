"""desk kb helpful and unhelpful."""

from desk import articles
from desk.commands.common import Verb, at_option, change_articles, command, text_option
from desk.commands.reading import articles_argument
from desk.session import Session, pass_session


@command("helpful", "desk kb helpful 74k30", cls=Verb)
@articles_argument
@text_option("--because", help="What helped.")
@at_option
@pass_session
def helpful_(session: Session, ids: tuple[str, ...], because: str | None, at: str | None) -> None:
    """Say that articles helped; each person has one vote, the last."""
    _vote(session, ids, because, at, helpful=True)


@command(
    "unhelpful", 'desk kb unhelpful 74k30 --because "the menu is called Network now"', cls=Verb
)
@articles_argument
@text_option("--because", help="What is wrong or missing.")
@at_option
@pass_session
def unhelpful_(session: Session, ids: tuple[str, ...], because: str | None, at: str | None) -> None:
    """Say that articles did not help, which is work for their owners.

    It is done when the text is edited or the article renewed: `desk kb list needs:work owner:me`.
    """
    _vote(session, ids, because, at, helpful=False)


def _vote(
    session: Session, ids: tuple[str, ...], because: str | None, at: str | None, *, helpful: bool
) -> None:
    act = session.act(at)
    change_articles(
        session,
        ids,
        act,
        lambda one: articles.voted(one, act, helpful=helpful, because=because or ""),
        lambda one: (
            "helped"
            if helpful
            else f"did not help, which is work for {one.text('owner') or 'whoever takes it'}"
        ),
    )
