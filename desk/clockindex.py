"""How the clocks of live tickets stand, kept in the index for the policy that they go by.

A row says all that time alone will change: until something else happens to its ticket, the state
of its clocks and what is due next are found from it without reading the log.
"""

import math
import sqlite3
from typing import NamedTuple

from desk import fields, stored
from desk.fields import SEVERITY, AsOf
from desk.model import Ticket
from desk.sla import AT_RISK, BREACHED, PAUSED, RUNNING, Clock

# `since` and `until` are the moments between which a row holds: its ticket's last event before
# it was worked out, and the first one that is dated later.
TABLES = (
    "CREATE TABLE clock (number INTEGER PRIMARY KEY, digest TEXT, since REAL, until REAL,"
    " state INTEGER, risky REAL, late REAL, due INTEGER)",
)
# The live tickets whose clocks are not known by the policy of that digest.
MISSING = f"""
FROM file LEFT JOIN clock USING (number)
WHERE rank = {stored.LIVE} AND priority IS NOT NULL
    AND (digest IS NOT :digest OR since > :now OR until <= :now)
"""
_SEVEREST = f"""
SELECT max(state, CASE
    WHEN late <= :now THEN {SEVERITY.index(BREACHED)}
    WHEN risky <= :now THEN {SEVERITY.index(AT_RISK)}
    ELSE state END)
FROM clock WHERE clock.number = file.number
"""  # noqa: S608
# What `fields.sort_key` makes of the fields that follow from clocks, of a row of `file`.
SORT_KEYS = {
    "sla": f"({_SEVEREST})",
    "due": "(SELECT due FROM clock WHERE clock.number = file.number)",
}


class Outlook(NamedTuple):
    """How a ticket's clocks stand, moments in seconds since 1970.

    `state` (a place in fields.SEVERITY) is the worst that it is from `since` until `until`, except
    that it is at risk from `risky` and breached from `late`; None where it has no clock.
    """

    since: float
    until: float
    state: int | None
    risky: float
    late: float
    due: int | None


def forget(connection: sqlite3.Connection, number: int) -> None:
    """Forget the clocks of a ticket."""
    connection.execute("DELETE FROM clock WHERE number = ?", (number,))


def learn(connection: sqlite3.Connection, digest: str, as_of: AsOf) -> None:
    """Work out the clocks that are missing, by the policy of that digest."""
    from desk import factindex  # which is not needed where they are known

    asked = {"digest": digest, "now": as_of.now.timestamp()}
    numbers = connection.execute(f"SELECT file.number {MISSING}", asked).fetchall()
    connection.executemany(
        "INSERT OR REPLACE INTO clock VALUES (?,?,?,?,?,?,?,?)",
        [
            (number, digest, *outlook(factindex.ticket(connection, number), as_of))
            for (number,) in numbers
        ],
    )


def outlook(ticket: Ticket, as_of: AsOf) -> Outlook:
    """How a ticket's clocks stand, and will while nothing happens to it."""
    now = as_of.now.timestamp()
    moments = [ticket.opened.timestamp(), *(event.seconds for event in ticket.log)]
    clocks = as_of.clocks(ticket)
    ahead = [one.ahead(as_of.promises.at_risk) for one in clocks if not one.stopped]
    due = fields.due_of(clocks)
    return Outlook(
        max((one for one in moments if one <= now), default=-math.inf),
        min((one for one in moments if one > now), default=math.inf),
        max((_least(clock) for clock in clocks), default=None),
        min((risky for risky, _ in ahead), default=math.inf),
        min((late for _, late in ahead), default=math.inf),
        None if due is None else int(due),
    )


def _least(clock: Clock) -> int:
    """The mildest state of a clock while nothing happens to its ticket."""
    if not clock.stopped:
        return SEVERITY.index(PAUSED if clock.still else RUNNING)
    return SEVERITY.index(clock.state)
