"""The requester's name, e-mail and telephone taken out of a text, however they are written (pure).

A single part of a name in letters is hidden as it was given, and with a capital or in capitals:
many names are words too (`will`, `page`). A Chinese surname is hidden before a form of address.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from unicodedata import normalize

from desk.letters import narrow
from desk.model import Value, name_and_email

# What stands where the name, e-mail or telephone stood.
HIDDEN = "[…]"
_FEWEST_DIGITS = 5  # of a telephone number
_FEWEST_NATIONAL = 7  # of one without its country code
_FEWEST_LETTERS = 3  # of a part of a name
_FEWEST_JOINED = 5  # of a name whose parts may stand in any order and close together

# Letters of Latin, Greek and Cyrillic.
_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏͰ-ϿЀ-ӿ\u1e00-\u1fff"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_PART = re.compile(rf"[{_LETTERS}]+(?:['’][{_LETTERS}]+)*")
_GAP = r"[\s,.·_-]*"
_DIGIT_GAP = r"[ \t\u00a0\u3000./()（）‐-―·－-]{0,3}"
_BETWEEN = re.compile("[/,;、，；]")  # two numbers
_EXTENSION = re.compile("(?i)(?:ext|x|#|转|分机)")
_DOUBLE_SURNAMES = (
    "欧阳", "司马", "上官", "诸葛", "夏侯", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐",
    "长孙", "宇文", "端木", "南宫", "独孤", "歐陽", "司馬", "諸葛",
)  # fmt: skip
# `总` begins many words (总数, 总线), and some surnames count or measure (每周, 两张).
_ADDRESSED = (
    "(?=[ \u3000]?(?:先生|女士|小姐|经理|老师|总经理|总监|主任|科长|处长|工程师|医生|"
    "工(?![作具程资資序人业業])|"
    "總經理|總監|經理|老師|[总總](?![数數体體线線量结結计計额額裁共务務览覽])))"
)
_NOT_COUNTED = "(?<![一二两兩三四五六七八九十百几幾每这這那本上下0-9])"


def hider(requester: Mapping[str, Value]) -> Callable[[str], str]:
    """A function that takes the requester's name, e-mail and telephone out of a text."""
    patterns = [*_patterns(requester)]
    if not patterns:
        return lambda text: text
    pattern = re.compile("|".join(patterns), re.IGNORECASE)

    def hidden(text: str) -> str:
        composed = normalize("NFC", text)
        found = [match.span() for match in pattern.finditer(narrow(composed))]  # of equal length
        for start, end in reversed(found):
            composed = composed[:start] + HIDDEN + composed[end:]
        return composed if found else text

    return hidden


def _patterns(requester: Mapping[str, Value]) -> Iterator[str]:
    """What to look for, whole names before their parts."""
    known = {
        name: narrow(normalize("NFC", str(value))).strip()
        for name, value in requester.items()
        if value
    }
    name, email = name_and_email(known.get("name", ""))
    whole = {name, email, *(text for part, text in known.items() if part != "department")}
    for text in sorted((one for one in whole if len(one) > 1), key=len, reverse=True):
        yield _bounded(_escaped(text), text)
    yield from _of_phone(known.get("phone", "").replace("＋", "+"))
    if "@" not in name:
        yield from _of_name_in_letters(_PART.findall(name))
        yield from _of_chinese_name(name)


def _bounded(pattern: str, text: str) -> str:
    """The pattern of a text, which is not found within words.

    Chinese has no spaces that would tell where a name ends, or a Latin one among it begins.
    """
    if not re.fullmatch(rf"(?:[{_LETTERS}]|[^\w]|[\d_])*", text):
        return pattern
    return rf"(?<![{_LETTERS}\d_]){pattern}(?![{_LETTERS}\d_])"


def _escaped(text: str) -> str:
    """The pattern of a text, whichever apostrophe is typed."""
    return re.sub("['’]", "['’]", re.escape(text))


def _of_name_in_letters(parts: list[str]) -> Iterator[str]:
    """The parts of a name in either order (`Lee, Ann`, `ann.lee`), and each alone."""
    if len(parts) > 1 and len("".join(parts)) >= _FEWEST_JOINED:
        for order in (parts, parts[::-1]):
            yield _bounded(_GAP.join(map(_escaped, order)), "")
    for part in parts:
        if len(part) >= _FEWEST_LETTERS:
            forms = dict.fromkeys((part, part.capitalize(), part.upper()))
            yield _bounded(f"(?-i:{'|'.join(map(_escaped, forms))})", "")


def _of_chinese_name(name: str) -> Iterator[str]:
    """A Chinese name within what was given as one, and the surname before a form of address."""
    for found in re.findall(f"[{_HAN}]+", name)[:1]:
        if 2 <= len(found) <= 4:  # characters of a name
            yield "[ \u3000]?".join(found)
            surname = found[:2] if found.startswith(_DOUBLE_SURNAMES) else found[0]
            yield f"{_NOT_COUNTED}{surname}{_ADDRESSED}"
            yield f"[小老]{surname}(?![{_HAN}])"


def _of_phone(phone: str) -> Iterator[str]:
    """Numbers with any separators, with, without or with another country or area code."""
    for number in (one for part in re.split(_BETWEEN, phone) for one in _numbers(part.strip())):
        digits = _DIGIT_GAP.join(number)
        code = rf"(?:(?:[+＋]|00)?\d{{1,3}}{_DIGIT_GAP})?(?:[(（]?0[)）]?{_DIGIT_GAP})?"
        yield rf"(?<!\d){code}{digits}(?!\d)"


def _numbers(phone: str) -> list[str]:
    """The digits of a number, and those that may be left without country code and leading 0."""
    digits = re.sub("[^0-9]", "", re.split(_EXTENSION, phone)[0])
    found = [digits.lstrip("0")]
    if digits.startswith("0"):
        found += [digits[area:] for area in (3, 4) if len(digits) - area >= _FEWEST_NATIONAL]
    if phone.startswith(("+", "00")):
        found = [digits.removeprefix("00")[code:].lstrip("0") for code in (3, 2, 1)]
        found = [one for one in found if len(one) >= _FEWEST_NATIONAL]
    return [one for one in (*found, digits) if len(one) >= _FEWEST_DIGITS]
