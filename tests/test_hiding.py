"""What is taken out of a text for the requester's sake, and what is left in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import model
from desk.hiding import HIDDEN, hider

ANN = {"name": "Ann Lee", "email": "Ann.Lee@corp.cn", "phone": "+86 138-0013-8000"}
WANG = {"name": "王芳", "email": "wang@corp.cn", "phone": "010 8888 6666", "department": "财务部"}


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Ann Lee and ANN LEE", "[…] and […]"),
        ("Lee, Ann; Lee Ann; ann_lee; annlee", "[…]; […]; […]; […]"),
        ("Ask Lee, or Lee's boss", "Ask […], or […]'s boss"),
        ("ANN called", "[…] called"),
        ("请联系Lee处理，Ann已确认", "请联系[…]处理，[…]已确认"),
        ("Mail ann.lee@CORP.CN or (ANN.LEE@corp.cn)", "Mail […] or ([…])"),
        ("login ann.lee", "login […]"),
        ("Call 13800138000", "Call […]"),
        ("Call 138 0013 8000.", "Call […]."),
        ("Call (138)0013.8000 or 138/0013/8000", "Call ([…] or […]"),
        ("Call 86-138-0013-8000, +8613800138000, 0086 138 0013 8000", "Call […], […], […]"),
        ("电话１３８００１３８０００。", "电话[…]。"),
        ("138—0013—8000", "[…]"),
    ],
)
def test_other_writings(text: str, hidden: str):
    assert hider(ANN)(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "The annual fleet needs sleep; a planned annex, Annex B, Leeds and Leech",
        "lee side, ann",
        "13800138001, 1380013800, 138001380005, 8000, 0013",
        "Version 1.3.8, port 8000, code 138-0013",
        "corp.cn, other@corp.cn",
        "先生 老师 经理 总",
    ],
)
def test_ordinary_words_and_numbers_stay(text: str):
    assert hider(ANN)(text) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Will Page", "If you will, mark the page and bill it; it will long for grace."),
        ("Mark Long", "mark it; as long as the line; landmark; bookmark"),
        ("Li Wei", "Lithium, li, weird, we, Wi-Fi"),
        ("高明", "提高总量，最高经济，高总线负载，总是明白"),
        ("周洁", "每周总结，本周总数，周一总会好，清洁"),
        ("张三", "两张经理签字的单子，一张老师用的表，开张"),
        ("于总", "于是总线坏了"),
    ],
)
def test_names_that_are_words(name: str, text: str):
    assert hider({"name": name})(text) == text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("王芳说，王女士很急，王 小姐也说", "[…]说，[…]女士很急，[…] 小姐也说"),
        ("请找王经理或王老师，王总和王总监", "请找[…]经理或[…]老师，[…]总和[…]总监"),
        ("王总：请处理。王总经理", "[…]总：请处理。[…]总经理"),
        ("国王很高，王码输入法，李经理", "国王很高，王码输入法，李经理"),
        ("+86 10 8888 6666，01088886666，(010)88886666", "[…]，[…]，[…]"),
        ("财务部", "财务部"),
    ],
)
def test_a_chinese_name(text: str, hidden: str):
    assert hider(WANG)(text) == hidden


def test_a_name_in_small_letters():
    assert hider({"name": "ann lee"})("lee, Lee and LEE; fleet") == "[…], […] and […]; fleet"


def test_a_surname_of_two_characters():
    assert hider({"name": "欧阳娜"})("欧阳老师，阳老师，欧老师") == "[…]老师，阳老师，欧老师"


def test_a_name_with_its_email_in_one():
    hide = hider({"name": "Ann Lee <ann@corp.cn>"})
    assert hide("Ann Lee <ann@corp.cn>: ann@corp.cn, Lee") == "[…]: […], […]"
    assert hider({"name": "王芳（财务）"})("王芳的财务软件") == "[…]的财务软件"


def test_a_short_name_is_not_hidden_within_words():
    hide = hider({"name": "Al", "email": "", "phone": "80"})
    assert hide("Al said: all 80 of 8021, also al.") == "[…] said: all […] of 8021, also […]."


def test_nobody_is_hidden_where_nobody_is_known():
    for nobody in ({}, {"department": "Sales"}, {"name": "x"}, {"name": None}):
        assert hider(nobody)("x in Sales") == "x in Sales"


@given(st.text(min_size=2), st.text(), st.text())
def test_a_name_is_found_wherever_it_stands(name: str, before: str, behind: str):
    private = f"李{name.strip()}"
    text = hider({"name": private})(f"{before}{private}{behind}")
    assert private not in text or private in HIDDEN


@given(st.text(), st.text())
def test_any_name_and_phone_can_be_looked_for(name: str, phone: str):
    assert isinstance(hider({"name": name, "phone": phone})("x"), str)


@given(st.text('Ann <>@.＜ "', max_size=12))
def test_what_is_taken_apart_loses_no_letter(text: str):
    name, email = model.name_and_email(text)
    if email:
        assert not {*email} & {*" <>＜"}
        assert email.count("@") == 1
        assert name in text
    else:
        assert name == text


@pytest.mark.parametrize(
    ("requester", "text", "hidden"),
    [
        ({"name": "Nguyễn Văn An"}, "call Nguyễn now", "call […] now"),
        ({"name": "José García"}, "Jose\u0301 Garci\u0301a called", "[…] called"),
        ({"name": "Jose\u0301 García"}, "José called", "[…] called"),
        ({"name": "Sean O'Brien"}, "ask O’Brien or O'Brien", "ask […] or […]"),
        ({"name": "Ann Lee"}, "ＡＮＮ ＬＥＥ 说 ＶＰＮ", "[…] 说 ＶＰＮ"),
        ({"name": "Иванов Пётр"}, "Пётр Иванов, Иванов", "[…], […]"),
        ({"name": "王芳"}, "王主任、王工、小王，王 芳", "[…]主任、[…]工、[…]，[…]"),
        ({"name": "王芳"}, "王工作，小王子，老王村", "王工作，小王子，老王村"),
        ({"phone": "010-8888 6666"}, "ring 88886666 or 01088886666", "ring […] or […]"),
        ({"phone": "138 0013 8000 / 010-88886666"}, "13800138000, 88886666", "[…], […]"),
        ({"phone": "010-88886666 / +86 138 0013 8000"}, "13800138000", "[…]"),
        ({"phone": "13800138000 ext 12"}, "13800138000 转 12", "[…] 转 12"),
        ({"phone": "010 8888 6666"}, "error 6666, 8888", "error 6666, 8888"),
    ],
)
def test_writings_of_other_countries(requester: dict[str, str], text: str, hidden: str):
    assert hider(requester)(text) == hidden
