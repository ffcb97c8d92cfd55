"""Make Salesforce record ids: three letters of the object, a number, and the case checksum.

The last three characters say which of the first fifteen are capitals, so that an id survives a
program that ignores case. Which object has which prefix is data here; who needs an id asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECKSUM_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
INSTANCE = "bm0"
"""Pod and reserved character of the organisation, the same in all of its ids."""
IDS_PER_DIVISION = 10_000_000
"""Divisions are simulated apart from each other, so each has numbers of its own."""
NO_LOOKUP = "000000000000000AAA"
"""What the export writes where a lookup is empty."""

PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "User": "005",
    "Opportunity": "006",
    "Task": "00T",
    "OpportunityFieldHistory": "017",
    "OpportunityHistory": "008",
    "OpportunitySplit": "1Hk",
    "OpportunitySplitType": "1Hl",
    "UserRole": "00E",
    "Profile": "00e",
    "OpportunityLineItem": "00k",
    "Lead": "00Q",
    "CampaignMember": "00v",
    "Pricebook2": "01s",
    "Product2": "01t",
    "PricebookEntry": "01u",
    "Campaign": "701",
}


class IdFactory:
    """Hands out the ids of one object in ascending order."""

    def __init__(self, object_name: str, division: int = 0) -> None:
        head = PREFIXES[object_name] + INSTANCE
        self._ids = _count_up(head, 1 + division * IDS_PER_DIVISION)

    def __call__(self) -> str:
        return next(self._ids)


def _count_up(head: str, number: int) -> Iterator[str]:
    """All ids from a number on; 62 in a row differ in one character and in what checks it."""
    while True:
        short = salesforce_id(head, number)[:14]
        checks = _check(short[:5]) + _check(short[5:10])
        with_other, with_capital = (
            checks + _check(f"{short[10:]}0"),
            checks + _check(f"{short[10:]}A"),
        )
        for digit in ALPHABET[number % 62 :]:
            yield short + digit + (with_capital if "A" <= digit <= "Z" else with_other)
        number += 62 - number % 62


def salesforce_id(head: str, number: int) -> str:
    """The 18-character id that starts with `head` and counts up in base 62."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    short = head + digits.rjust(15 - len(head), "0")
    return short + checksum(short)


def checksum(short_id: str) -> str:
    """Three characters; each tells the capitals among five characters of a 15-character id."""
    return _check(short_id[:5]) + _check(short_id[5:10]) + _check(short_id[10:])


@cache
def _check(five: str) -> str:
    return CHECKSUM_ALPHABET[sum(1 << place for place in range(5) if "A" <= five[place] <= "Z")]
