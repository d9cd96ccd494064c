"""Patterns that recognise personal data by column name and by value. Functions return counts, never a value."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*[A-Za-z]{2,}")
PHONE = re.compile(r"[+(]\d[\d ()./-]{5,}\d|\d{2,5}(?:[ ./-]\d{2,5}){1,4}")
DIGITS = re.compile(r"[\d -]+")
DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")

NAMES = {
    "an e-mail address": r"e_?mail(_addr(ess)?)?",
    "a phone number": r"(tele)?phone(_?(no|nr|num(ber)?))?|mobile(_?(no|nr|num(ber)?))?|fax",
    "a card or account number": r"(credit_?)?card_?(no|nr|num(ber)?)|iban|account_?(no|nr|num(ber)?)",
    "a person's name": r"(first|last|sur|family|given|full|middle|maiden)_?name|customer_?name|patient_?name",
    "an official number": r"ssn|social_security(_num(ber)?)?|passport(_?(no|nr|num(ber)?))?|national_id|tax_id|nino",
    "a date of birth": r"dob|birth_?(day|date)|date_of_birth",
    "an address": r"(street|home|postal|ip)_?addr(ess)?|ip",
    "an identifier": r"(.+_)?(id|uuid|guid)|id_.+|.*identifier",
}
BY_NAME = {what: re.compile(rf"(?:.+_)?(?:{pattern})(?:_\d+)?") for what, pattern in NAMES.items()}


class Match(NamedTuple):
    """A kind of personal data, and how many of the `checked` values match it (0: only the column's name does)."""

    kind: str
    values: int
    checked: int


def by_name(name: str) -> str | None:
    """Return the kind of personal data that a column's name suggests; None for an ordinary name.

    Words are split at capitals and punctuation.
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    plain = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
    return next((what for what, pattern in BY_NAME.items() if pattern.fullmatch(plain)), None)


def by_values(texts: Sequence[str]) -> Match | None:
    """Return the kind of personal data among values; None if there is none.

    One e-mail address is enough; card or phone numbers must be at least half of the values.
    """
    count = len(texts)
    if count == 0:
        return None
    emails = sum(bool(EMAIL.search(text)) for text in texts)
    if emails:
        return Match("an e-mail address", emails, count)
    cards = sum(is_card(text) for text in texts)
    if cards >= max(1, count / 2):
        return Match("a card or account number", cards, count)
    phones = sum(is_phone(text) for text in texts)
    if phones >= max(1, count / 2):
        return Match("a phone number", phones, count)
    return None


def is_card(text: str) -> bool:
    """Return whether a text is a card number: 13 to 19 digits with an issuer's first digit and a valid check digit.

    ISO/IEC 7812; the check digit is Luhn's.
    """
    if not DIGITS.fullmatch(text):
        return False
    digits = [int(character) for character in text if character.isdigit()]
    return 13 <= len(digits) <= 19 and digits[0] in {2, 3, 4, 5, 6} and luhn(digits)


def luhn(digits: Sequence[int]) -> bool:
    """Return whether the last digit is the Luhn check digit of the others."""
    doubled: Iterable[int] = (2 * digit if at % 2 else digit for at, digit in enumerate(reversed(digits)))
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0


def is_phone(text: str) -> bool:
    """Return whether a text looks like a telephone number: 8 to 15 digits (E.164), in groups or after + or (."""
    digits = sum(character.isdigit() for character in text)
    return 8 <= digits <= 15 and bool(PHONE.fullmatch(text.strip())) and not DATE.fullmatch(text.strip())
