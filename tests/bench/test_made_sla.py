"""How well the resolve clock tells a real desk's own count of promises kept (`made_sla`).

The policy was written after looking at one half of the tickets (by a hash of their number) and
is judged on the other. That desk kept its promise if the ticket was closed, not resolved, in
time, and counted weekdays around the clock without pauses.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desk import policy, sla, store
from desk.model import Ticket
from tests.conftest import SHARED
from tests.support import process

EXPORT = SHARED / "data" / "servicenow_incident_events.csv.gz"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC).timestamp()
WRITTEN = """\
format: 1
timezone: UTC
impacts: [all]
urgencies: [a, b, c, d]
matrix: {all: [P1, P2, P3, P4]}
calendars: {weekdays: {hours: {mon-fri: [00:00-24:00]}}}
calendar: weekdays
pauses: {resolve: []}
resolve_until: closed
targets:
  - {when: {priority: P1}, resolve: 5h}
  - {when: {priority: P2}, resolve: 6m}
  - {when: {priority: P3}, resolve: 154h}
  - {when: {priority: P4}, resolve: 346h}
"""
# The best that stopping at the resolution can do on the first half, for comparison.
UNTIL_RESOLVED = (
    WRITTEN.replace("resolve_until: closed", "resolve_until: resolved")
    .replace("hours: {mon-fri: [00:00-24:00]}", "hours: 24x7")
    .replace("154h", "91h")
    .replace("346h", "329h")
    .replace("5h", "5m")
)


def in_second_half(ticket: Ticket) -> bool:
    return hashlib.sha256(ticket.text("external").encode()).digest()[-1] % 2 == 1


def agreement(tickets: Sequence[Ticket], rules: str) -> tuple[int, int]:
    """For how many the clock says what that desk counted, and for how many it differs."""
    promises = policy.load(rules).promises
    same = 0
    for ticket in tickets:
        [clock] = sla.clocks(ticket, promises, NOW)
        same += (clock.state == "met") == (ticket.head["made_sla"] == "true")
    return same, len(tickets) - same


@pytest.mark.long
@pytest.mark.shared
@pytest.mark.skipif(not EXPORT.exists(), reason="needs the real data in ../shared")
def test_made_sla_is_told_by_the_resolve_clock(
    tmp_path: Path, figures: Callable[[str], None]
) -> None:
    desk = store.make(str(tmp_path / "desk"), WRITTEN)
    done = process("-C", desk.root, "import", str(EXPORT), "--from", "servicenow", timeout=300)
    assert done.returncode == 0, done.stderr
    tickets = [one for one in desk.tickets(pytest.fail) if in_second_half(one)]
    for priority in ("P1", "P2", "P3", "P4"):
        own = [one for one in tickets if one.text("priority") == priority]
        made = sum(one.head["made_sla"] == "true" for one in own)
        majority = max(made, len(own) - made) / len(own)
        same, differs = agreement(own, WRITTEN)
        resolved, _ = agreement(own, UNTIL_RESOLVED)
        figures(
            f"made_sla {priority}: {same / len(own):.4f} agree ({differs} of {len(own)} differ), "
            f"majority class {majority:.4f}, clock to the resolution {resolved / len(own):.4f}"
        )
        assert same / len(own) >= majority
    assert agreement(tickets, WRITTEN)[0] / len(tickets) >= 0.99
