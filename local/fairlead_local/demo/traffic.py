"""The demo's traffic: rows of real penguins and their species; the same seed gives the same traffic."""

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

Row = dict[str, Any]

STEP = 300.0
"""Seconds of the cloud's clock from one round of requests to the next."""
TEAMS = 5
ROWS = 2
"""Rows of a team in one round."""
CHANGE = 10
"""The first round with lengths in centimetres."""
DELAY = 24
"""Rounds until a laboratory reports the species: two hours."""
SPREAD = 0.01
"""The relative standard deviation of repeated measurements."""

TARGET = "species"
LENGTHS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm")
MEASURED = (*LENGTHS, "body_mass_g")


class TeamRequest(NamedTuple):
    """One team's request in a round, and the true species of its rows."""

    team: int
    rows: list[Row]
    truth: list[str]


class Traffic:
    """Draws penguins without replacement, and measures each again with a small error."""

    def __init__(self, penguins: Sequence[Row], *, seed: int = 0) -> None:
        self._penguins = penguins
        self._dice = random.Random(seed)  # noqa: S311 - a demo's dice
        self._deck: list[Row] = []

    def round(self, number: int) -> list[TeamRequest]:
        """Return the requests of a round; call it with rounds in order."""
        return [self._request(team, centimetres=number >= CHANGE) for team in range(TEAMS)]

    def _request(self, team: int, *, centimetres: bool) -> TeamRequest:
        rows = [self._measured(self._deal()) for _ in range(ROWS)]
        truth = [str(row.pop(TARGET)) for row in rows]
        return TeamRequest(team, [in_centimetres(row) for row in rows] if centimetres else rows, truth)

    def _deal(self) -> Row:
        if not self._deck:
            self._deck = self._dice.sample(list(self._penguins), len(self._penguins))
        return self._deck.pop()

    def _measured(self, penguin: Row) -> Row:
        again = {
            name: round(penguin[name] * self._dice.gauss(1, SPREAD), 1)
            for name in MEASURED
            if penguin[name] is not None
        }
        return penguin | again


def in_centimetres(row: Row) -> Row:
    """Return a row as the new app sends it: lengths in centimetres, under the old names."""
    return row | {name: round(row[name] / 10, 2) for name in LENGTHS if row[name] is not None}


def penguins() -> list[Row]:
    """Return the rows of palmerpenguins, with None for missing values."""
    from palmerpenguins import load_penguins

    records: list[Row] = load_penguins().to_dict("records")
    return [{name: None if value != value else value for name, value in row.items()} for row in records]  # noqa: PLR0124 - NaN
