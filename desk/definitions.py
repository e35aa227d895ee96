"""What each measure of `desk summarise` counts, in which unit, and who else counts it so."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """What a measure counts, in which unit, and which tools or bodies count it so."""

    name: str
    unit: str
    text: str
    source: str


_PERCENTILE = "linear interpolation between the closest ranks"
_FIRST_RESPONSE = (
    "from opening to the first public reply, or to the first resolution if that came before "
    "any reply, over the tickets whose first response falls in the period"
)
_FIRST_RESPONSE_SOURCE = (
    "Zendesk (first reply time), Freshdesk and Zoho Desk (first response time); Zendesk leaves "
    "out a ticket that was resolved without a reply"
)
_RESOLUTION = (
    "from opening to the resolution that stands, with time on hold and before a reopening, "
    "over the tickets resolved in the period"
)
_RESOLUTION_SOURCE = (
    "Zendesk (full resolution time), ServiceNow (opened to resolved), Jira (created to resolved): "
    "all by the last resolution, in calendar time"
)
_PERCENTILE_SOURCE = "; the percentile as Excel's PERCENTILE.INC and PostgreSQL's percentile_cont"
_AS_PROMISED = (
    "What was promised is by the rules of desk.yaml for the ticket as it stands at the end; "
    "cancelled tickets do not count."
)
_ATTAINMENT_SOURCE = (
    "Freshdesk (first response SLA %, resolution SLA %), Zendesk (SLA achievement rate); both "
    "count targets met of targets that came to an end"
)
_AGE_SOURCE = "ServiceNow (open incidents by age); the bounds are desk's own"

_DEFINED = (
    Definition(
        "opened",
        "tickets",
        "Tickets opened in the period, whatever became of them.",
        "Zendesk and Freshdesk (tickets created), ServiceNow (new incidents)",
    ),
    Definition(
        "resolved",
        "tickets",
        "Tickets resolved in the period by the resolution that stands at its end, whenever they "
        "were opened. One that was closed without being resolved counts as resolved by the "
        "closing; a cancelled one does not count.",
        "Freshservice (resolved tickets by date of resolution, whenever they were opened)",
    ),
    Definition(
        "closed",
        "tickets",
        "Tickets closed in the period by the closing that stands at its end.",
        "ServiceNow (closed incidents by date of closing)",
    ),
    Definition(
        "backlog",
        "tickets",
        "Tickets that are new, in progress or on hold at the end of the period, whenever they "
        "were opened.",
        "Zendesk (unsolved tickets), Freshservice (backlog tickets), ITIL (size of the backlog)",
    ),
    Definition(
        "backlog_age_mean",
        "seconds",
        "Mean time from opening to the end of the period over the backlog.",
        "ServiceNow (average age of open incidents)",
    ),
    Definition(
        "backlog_age_up_to_1d",
        "tickets",
        "Tickets in the backlog that are up to 1 day (24 hours) old.",
        _AGE_SOURCE,
    ),
    Definition(
        "backlog_age_1d_to_5d",
        "tickets",
        "Tickets in the backlog that are over 1 day and up to 5 days old.",
        _AGE_SOURCE,
    ),
    Definition(
        "backlog_age_5d_to_10d",
        "tickets",
        "Tickets in the backlog that are over 5 and up to 10 days old.",
        _AGE_SOURCE,
    ),
    Definition(
        "backlog_age_10d_to_30d",
        "tickets",
        "Tickets in the backlog that are over 10 and up to 30 days old.",
        _AGE_SOURCE,
    ),
    Definition(
        "backlog_age_over_30d",
        "tickets",
        "Tickets in the backlog that are over 30 days old.",
        _AGE_SOURCE,
    ),
    Definition(
        "first_response_median",
        "seconds",
        f"Median time {_FIRST_RESPONSE}.",
        _FIRST_RESPONSE_SOURCE,
    ),
    Definition(
        "first_response_p90",
        "seconds",
        f"The time within which 90 % were answered ({_PERCENTILE}): {_FIRST_RESPONSE}.",
        _FIRST_RESPONSE_SOURCE + _PERCENTILE_SOURCE,
    ),
    Definition("resolution_median", "seconds", f"Median time {_RESOLUTION}.", _RESOLUTION_SOURCE),
    Definition(
        "resolution_p90",
        "seconds",
        f"The time within which 90 % were resolved ({_PERCENTILE}): {_RESOLUTION}.",
        _RESOLUTION_SOURCE + _PERCENTILE_SOURCE,
    ),
    Definition("resolution_mean", "seconds", f"Mean time {_RESOLUTION}.", _RESOLUTION_SOURCE),
    Definition(
        "work_median",
        "seconds",
        "Median resolution time less the time on hold, over the tickets resolved in the period.",
        "Zendesk (on-hold time) and Jira Service Management (pausing while it waits), both "
        "apart from business hours",
    ),
    Definition(
        "first_contact_resolution_rate",
        "ratio",
        "Of the tickets resolved in the period, the share with at most one public reply that "
        "were never on hold, reassigned, escalated or reopened.",
        "Zendesk (one-touch tickets: fewer than two agent replies; in messaging also never on "
        "hold or reopened), Freshdesk and Zoho Desk (resolved with the first response); it "
        "stands for the first contact resolution of HDI and MetricNet, which judge the contact "
        "itself",
    ),
    Definition(
        "first_level_resolution_rate",
        "ratio",
        "Of the tickets resolved in the period, the share that were never escalated "
        "functionally and never left the first team they were given to. A ticket given to a "
        "higher tier from the start counts as resolved there.",
        "MetricNet and HDI (first level resolution: without escalation to another level), ITIL "
        "(closed without reference to other levels of support)",
    ),
    Definition(
        "reopen_rate",
        "ratio",
        "Of the tickets that were resolved at least once in the period, whether or not that "
        "stands, the share reopened after it by the end of the period.",
        "ITIL and Micro Focus Service Management (reopened of closed incidents), Kaizo "
        "(reopened of solved tickets); what is resolved late has had less time to be reopened",
    ),
    Definition(
        "reassignment_mean",
        "times",
        "Mean number of times that a ticket resolved in the period was taken from the team or "
        "the person that had it. Filling an empty place is no reassignment; team and person "
        "changed at once are one.",
        "Zendesk (assignee and group stations beyond the first); ServiceNow's "
        "reassignment_count differs: it counts every change of the group, the first included, "
        "and none of the person",
    ),
    Definition(
        "escalation_rate",
        "ratio",
        "Of the tickets resolved in the period, the share escalated at least once, functionally "
        "or hierarchically.",
        "ITIL (the two kinds of escalation); escalated of handled tickets is the common form",
    ),
    Definition(
        "respond_attainment",
        "ratio",
        "Of the tickets whose first response (the resolution, if that came first) falls in the "
        "period and that had a time to respond promised, the share in which it was kept, in "
        f"working time. {_AS_PROMISED}",
        _ATTAINMENT_SOURCE,
    ),
    Definition(
        "update_attainment",
        "ratio",
        "Of the tickets resolved (closed, where resolve_until says so) in the period that had "
        "regular news promised, the share in which no interval without a public reply was "
        "longer than that, in working time. "
        f"{_AS_PROMISED}",
        "Zendesk (periodic update target), as a share of tickets instead of replies",
    ),
    Definition(
        "resolve_attainment",
        "ratio",
        "Of the tickets resolved (closed, where resolve_until says so) in the period that had a "
        "time to resolve promised, the share "
        f"in which it was kept, in working time without pauses. {_AS_PROMISED}",
        _ATTAINMENT_SOURCE,
    ),
    Definition(
        "breached",
        "tickets",
        "Tickets of the backlog with at least one clock past its target at the end of the period, "
        "also one that has stopped, such as a late first response.",
        "Freshdesk (overdue tickets), ServiceNow (active task SLAs that have breached, by task)",
    ),
    Definition(
        "at_risk",
        "tickets",
        "Tickets of the backlog with at least one clock past the at-risk share of its target, "
        "but not past the target, at the end of the period.",
        "ServiceNow (the at-risk threshold of task SLAs, 75 % as shipped)",
    ),
    Definition(
        "survey_response_rate",
        "ratio",
        "Of the tickets closed in the period, the share whose survey was answered by its end.",
        "the usual answers of surveys sent (Trengo and others), every closed ticket being asked",
    ),
    Definition(
        "csat",
        "ratio",
        "Of the survey answers given in the period, one a ticket, the share of 4 and 5 out of 5.",
        "the two top boxes of five (Simplesat, Sogolytics and most survey tools)",
    ),
    Definition(
        "csat_mean",
        "score",
        "Mean score, 1 to 5, of the survey answers given in the period, one a ticket.",
        "the plain mean, which survey tools show beside the share of satisfied answers",
    ),
)
DEFINITIONS: Mapping[str, Definition] = {one.name: one for one in _DEFINED}
