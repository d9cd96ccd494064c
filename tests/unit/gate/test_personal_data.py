"""Personal data is named by its column's name or its values; measurements are left alone."""

import numpy as np
import pytest

from fairlead.gate.personal_data import by_name, by_values, is_card, is_phone


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("email", "an e-mail address"),
        ("Customer E-Mail", "an e-mail address"),
        ("homePhone", "a phone number"),
        ("credit_card_number", "a card or account number"),
        ("lastName", "a person's name"),
        ("ssn", "an official number"),
        ("birth date", "a date of birth"),
        ("ip_address", "an address"),
        ("patient_id", "an identifier"),
    ],
)
def test_names_of_personal_data_are_recognised(name: str, what: str) -> None:
    assert by_name(name) == what


@pytest.mark.parametrize(
    "name", ["age", "island", "bill_length_mm", "humidity", "width", "valid", "paid", "mean radius", "card_type", "zip"]
)
def test_ordinary_names_are_left_alone(name: str) -> None:
    assert by_name(name) is None


def test_card_numbers_have_a_check_digit() -> None:
    assert is_card("4111 1111 1111 1111")
    assert is_card("5500-0000-0000-0004")
    assert not is_card("4111 1111 1111 1112")
    assert not is_card("9111111111111111")
    assert not is_card("41111111")


@pytest.mark.parametrize(("text", "phone"), [("+49 30 1234567", True), ("(030) 123 4567", True), ("+4930123456", True)])
def test_phone_numbers(text: str, phone: bool) -> None:
    assert is_phone(text) is phone


@pytest.mark.parametrize("text", ["2024-01-31", "31.12.2024", "12345678", "3.14159265", "1/2", "ab-cd", "1 2 3 4"])
def test_dates_and_figures_are_no_phone_numbers(text: str) -> None:
    assert not is_phone(text)


def test_values_speak_for_a_column_with_any_name() -> None:
    assert by_values(["Dream", "jo@example.org", "Biscoe"]) == ("an e-mail address", 1, 3)
    match = by_values(["4111111111111111"] * 9 + ["0"])
    assert match is not None
    assert match.kind == "a card or account number"
    assert by_values(["Dream", "Biscoe"]) is None
    assert by_values([]) is None


def test_random_sixteen_digits_are_no_cards() -> None:
    numbers = np.random.default_rng(9).integers(10**15, 10**16, size=500)
    assert by_values([str(number) for number in numbers]) is None
