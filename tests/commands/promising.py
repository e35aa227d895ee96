"""A desk that promises: calendars, targets, rules, and people with shifts and skills."""

from pathlib import Path

import pytest

from tests.support import Ran, Shell

MONDAY = "2026-11-23T10:00:00+08:00"
POLICY = """\
format: 1
name: Help desk
timezone: Asia/Shanghai
people:
  chen: {name: 陈伟, email: chen@example.com, teams: [service-desk], manager: zhao}
  lin: {name: 林静, teams: [network], skills: [vpn, wifi], capacity: 3, manager: zhao}
  wei: {name: 魏强, teams: [network], skills: [wifi], capacity: 2, away: [2026-12-24..2027-01-02]}
  omar: {name: Omar, teams: [network], skills: [vpn], hours: nights}
  zhao: {name: 赵敏, teams: [service-desk], tier: 2}
teams:
  service-desk: {name: Service desk, tier: 1, lead: zhao, escalates_to: network}
  network: {name: Network, tier: 2, lead: lin, categories: [network]}
  vendor: {name: External vendor, tier: 3, vendor: true, categories: [hardware/printer]}
kinds: [incident, request, change]
channels: [phone, email]
categories:
  hardware: [computer, printer]
  network: [vpn, wifi]
  software: []
impacts: [organisation, department, person]
urgencies: [high, medium, low]
matrix:
  organisation: [P1, P2, P3]
  department: [P2, P3, P4]
  person: [P3, P4, P4]
defaults: {kind: incident, channel: phone, impact: person, urgency: medium}
codes: [fixed]
calendars:
  office:
    hours: {mon-fri: [09:00-12:00, 13:00-18:00]}
    holidays: [2026-12-25]
    working_days: {2026-11-28: mon}
  nights: {hours: {daily: [22:00-06:00]}}
calendar: office
targets:
  - {name: major incident, when: {major: true}, respond: 15m, update: 30m, resolve: 4h,
     calendar: 24x7}
  - {when: {priority: [P1, P2]}, respond: 30m, update: 2h, resolve: 8h}
  - {when: {kind: change}, resolve: none}
  - {name: all others, respond: 4h, resolve: 16h}
rules:
  - {clock: respond, at: 75%, do: tell-assignee}
  - {clock: resolve, at: 75%, do: tell-manager}
  - {clock: resolve, at: 100%, do: raise-tier, when: {priority: [P1, P2]}}
stale_after: 10d
remind_before: 1d
close_after: 5d
survey: {after: 1d, every: 30d}
major:
  - {when: {priority: P1}, do: propose, plan: KB-261012-74K30}
assignment:
  - {name: vpn work, when: {category: network/vpn}, team: network, skills: [vpn]}
"""


class Office(Shell):
    """A shell on that desk, on a Monday morning at ten unless a moment is given."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, policy: str = POLICY) -> None:
        super().__init__(folder, monkeypatch, policy)

    def run(self, *words: str, stdin: str | bytes = "", at: str = MONDAY, who: str = "chen") -> Ran:
        return super().run(*words, stdin=stdin, at=at, who=who)
