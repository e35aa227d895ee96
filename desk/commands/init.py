"""desk init."""

import os

import click

from desk.commands.common import command, tell
from desk.session import Session, login, pass_session


@command(
    "init",
    "desk init",
    "desk init ~/helpdesk --prefix IT --timezone Asia/Shanghai",
)
@click.argument("directory", metavar="[DIR]", required=False)
@click.option("--prefix", default="T", show_default=True, help="What ids of tickets begin with.")
@click.option("--timezone", metavar="ZONE", help="IANA name; this machine's if left out.")
@pass_session
def init_(session: Session, directory: str | None, prefix: str, timezone: str | None) -> None:
    """Make a new desk in DIR (here if left out) and enrol you in it.

    Writes a commented desk.yaml that works as it is, the folders tickets and kb, and a
    .gitattributes.
    """
    from desk import dates, git, policy, store
    from desk.commands import merge_driver
    from desk.errors import UsageError

    if session.dry_run:
        raise UsageError("init cannot be tried in a dry run; take its line out, or run it before")
    root = os.path.normpath(os.path.join(session.folder, directory or "."))
    zone = timezone or dates.local_zone_name()
    dates.zone(zone)
    if not policy.valid_prefix(prefix):
        raise UsageError(policy.PREFIX_RULE.format(prefix))
    name, email = git.identity(_existing(root))
    person = session.options.get("user") or person_id(email.partition("@")[0] or name or login())
    text = policy.template(
        name=os.path.basename(root) or "desk",
        prefix=prefix,
        timezone=zone,
        person=person,
        person_name=name or person,
        person_email=email,
    )
    store.make(root, text)
    tell(
        f"{root} is a desk now and {person} is enrolled; look through its desk.yaml, "
        "then: desk open TITLE"
    )
    merge_driver.offer(root)


def person_id(text: str) -> str:
    """An id for a person made from a name or login: letters, digits, `.`, `-`, `_`."""
    kept = "".join(c if c.isalnum() or c in "._-" else "-" for c in text.strip().lower())
    return kept.strip("-.") or "admin"


def _existing(folder: str) -> str:
    """The folder, or the nearest above it that exists."""
    while not os.path.isdir(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return folder
