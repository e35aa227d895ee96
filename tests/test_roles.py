"""Who may do what, as desk.yaml says."""

import pytest

from desk import policy
from desk.errors import DamagedError
from desk.roles import (
    ABILITIES,
    IMPORT,
    PUBLISH,
    READ_PUBLIC,
    REQUEST,
    REVIEW,
    WORK,
    WRITE,
)
from tests.support import POLICY

REQUESTER = {READ_PUBLIC, REQUEST}
AGENT = {*REQUESTER, "kb.read-internal", "kb.read-team", WRITE, WORK}
LEAD = {*AGENT, REVIEW, PUBLISH, IMPORT}


def rights(who: str, text: str = POLICY) -> set[str]:
    return set(policy.load(text).rights_of(who).abilities)


def with_roles(roles: str) -> str:
    """The policy where chen has those roles."""
    return POLICY.replace("chen@example.com, ", f"chen@example.com, roles: {roles}, ")


def test_a_desk_without_roles_goes_on_working():
    assert rights("chen") == AGENT
    assert rights("zhao") == LEAD, "is the lead of a team and somebody's manager"
    assert rights("lin") == LEAD, "is the lead of a team"
    assert rights("stranger") == AGENT
    assert policy.load(POLICY).who_may(REVIEW) == ["lin", "zhao"]


@pytest.mark.parametrize(
    ("roles", "able"),
    [
        ("[agent]", AGENT),
        ("[reviewer]", {*AGENT, REVIEW}),
        ("[lead]", LEAD),
        ("[admin]", {*ABILITIES}),
        ("[requester]", REQUESTER),
        ("[requester, reviewer]", {*AGENT, REVIEW}),
        ("[]", AGENT),
    ],
)
def test_the_roles_that_are_built_in(roles: str, able: set[str]):
    assert rights("chen", with_roles(roles)) == able


def test_a_person_with_roles_has_no_others():
    text = POLICY.replace("zhao@example.com, ", "zhao@example.com, roles: [agent], ")
    assert rights("zhao", text) == AGENT


def test_strangers_are_requesters_where_the_desk_says_what_roles_are():
    for roles in ("{}", "{auditor: [kb.read-internal]}"):
        assert rights("stranger", f"{POLICY}roles: {roles}\n") == REQUESTER
    assert rights("stranger", with_roles("[lead]")) == AGENT


def test_a_desk_says_what_a_role_may_do():
    text = f"{with_roles('[auditor, agent]')}roles: {{auditor: [kb.review], agent: [kb.write]}}\n"
    assert rights("chen", text) == {REVIEW, WRITE}
    assert policy.load(text).who_may(PUBLISH) == ["lin", "zhao"]


def test_teams_come_with_the_person():
    found = policy.load(POLICY)
    assert found.rights_of("zhao").teams == {"service-desk", "network"}
    assert found.rights_of("stranger").teams == frozenset()


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILuO0TtyOl2poj01GsyxXKqsPOmzt50t1L1704abmN9q"
NO_KEY = "this is no SSH public key; write the line of an id_….pub, ssh-ed25519 AAAA…"


def with_keys(person: str, *keys: str) -> str:
    """The policy where somebody has those keys."""
    listed = ", ".join(f"'{key}'" for key in keys)
    return POLICY.replace(f"{person}@example.com, ", f"{person}@example.com, keys: [{listed}], ")


def test_keys_are_kept_without_what_their_owners_call_them():
    found = policy.load(with_keys("chen", f"{KEY} 陈伟的电脑"))
    assert found.people["chen"].keys == (KEY,)
    assert found.people["lin"].keys == ()


def test_signatures_are_demanded_where_the_desk_says_so():
    assert not policy.load(POLICY).must_sign
    assert not policy.load(f"{POLICY}remote: {{signed: none}}\n").must_sign
    assert policy.load(f"{POLICY}remote: {{signed: required}}\n").must_sign


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (with_roles("[agnt]"), "5: 'agnt' is not known here; did you mean agent?"),
        (f"{POLICY}roles: {{auditor: [kb.reed-all]}}\n",
         "27: 'kb.reed-all' is not known here; did you mean kb.read-all or kb.read-team?"),
        (f"{POLICY}knowledge: {{review: never}}\n",
         "27: 'never' is not known here; known are required, none"),
        (f"{POLICY}knowledge: {{reviews: none}}\n",
         "27: 'reviews' is no setting here; did you mean review or review_every?"),
        (f"{POLICY}knowledge: {{review_every: soon}}\n",
         "27: 'soon' is no length of time such as 90m, 4h, 3d or 2w"),
        (f"{POLICY}remote: {{signed: always}}\n",
         "27: 'always' is not known here; known are required, none"),
        (f"{POLICY}remote: {{sign: required}}\n",
         "27: 'sign' is no setting here; did you mean signed?"),
        (with_keys("chen", "ssh-ed25519 AAAA"), f"5: {NO_KEY}"),
        (with_keys("chen", KEY.replace("ssh-ed25519", "ssh-rsa")), f"5: {NO_KEY}"),
        (with_keys("chen", KEY[:-1]), f"5: {NO_KEY}"),
        (with_keys("chen", "*"), f"5: {NO_KEY}"),
        (with_keys("chen", KEY, KEY + " chen@home").replace("lin@example.com, ",
                                                            f"lin@example.com, keys: [{KEY}], "),
         "6: chen has this key too; each is one person's"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_line(text: str, sentence: str):
    with pytest.raises(DamagedError) as caught:
        policy.load(text)
    assert str(caught.value) == f"desk.yaml:{sentence}"


def test_what_is_demanded_of_articles_unless_the_desk_says_otherwise():
    found = policy.load("format: 1\n").knowledge
    assert (found.must_review, str(found.review_every)) == (True, "365 days, 0:00:00")
    found = policy.load('format: 1\nknowledge: {review: none, review_every: ""}\n').knowledge
    assert (found.must_review, found.review_every) == (False, None)
