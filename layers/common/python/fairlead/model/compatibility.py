"""Compares a new signature with the live one: which differences break callers.

Additive: every valid request stays valid, and every answer keeps its members. All other differences are breaking.
Descriptions of the data (ranges, open categories, precision) and the order of fields are not part of the contract.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from fairlead.model.signature import Field, Output, Signature

WIDER: dict[str, frozenset[str]] = {
    "integer": frozenset({"number"}),
    "category": frozenset({"text"}),
    "text": frozenset({"category"}),
}
"""Kinds that accept every value of the kind they replace; integer categories are handled in `_accepts`."""


class Difference(NamedTuple):
    """One difference between two signatures, and what callers must change; empty for an additive one."""

    kind: Literal["additive", "breaking"]
    what: str
    change: str = ""


def compare(live: Signature, new: Signature) -> list[Difference]:
    """Return every difference that callers can notice; an empty list means that the contracts are identical."""
    before = {field.name: field for field in live.inputs}
    after = {field.name: field for field in new.inputs}
    found = list(_gone(live, new))
    unchecked = {column.name for column in live.ignored}
    for name, field in after.items():
        if name in before:
            found += _field(before[name], field)
        elif name in unchecked:
            found.append(Difference("breaking", f"input {name!r} is now used", f"send it: {_kind(field)}"))
        elif field.nullable:
            found.append(Difference("additive", f"input {name!r} is new and may be left out"))
        else:
            found.append(Difference("breaking", f"input {name!r} is new and required", f"send it: {_kind(field)}"))
    return found + list(answers(live.output, new.output))


def comparable(live: Output, new: Output) -> list[Difference]:
    """Return the differences that make answers incomparable; empty if the new version's answers hold all of live's."""
    return [one for one in answers(live, new) if one.kind == "breaking"]


def _gone(live: Signature, new: Signature) -> Iterator[Difference]:
    """Yield the differences of the live version's inputs and ignored columns that the new version does not use."""
    inputs, ignored = {field.name for field in new.inputs}, {column.name for column in new.ignored}
    for field in live.inputs:
        if field.name in ignored:
            yield Difference("additive", f"input {field.name!r} is no longer used and may be left out")
        elif field.name not in inputs:
            yield Difference("breaking", f"input {field.name!r} was removed", "stop sending it")
    for column in live.ignored:
        if column.name not in inputs | ignored:
            yield Difference("breaking", f"the ignored column {column.name!r} was removed", "stop sending it")


def _field(live: Field, new: Field) -> Iterator[Difference]:
    name = f"input {live.name!r}"
    if _kind(live) != _kind(new):
        if _accepts(live, new):
            yield Difference("additive", f"{name} takes {_kind(new)}, took {_kind(live)}")
        else:
            yield Difference("breaking", f"{name} takes {_kind(new)}, took {_kind(live)}", f"send {_kind(new)}")
    if live.nullable and not new.nullable:
        yield Difference("breaking", f"{name} may no longer be missing", "always send a value")
    if new.nullable and not live.nullable:
        yield Difference("additive", f"{name} may be missing")
    yield from _categories(name, live, new)


def _categories(name: str, live: Field, new: Field) -> Iterator[Difference]:
    before, after = set(live.categories or ()), set(new.categories or ())
    if not new.closed:
        if live.closed:
            yield Difference("additive", f"{name} takes any category")
        return
    if not live.closed:
        yield Difference("breaking", f"{name} takes only {_listed(after)}", "send no other value")
        return
    if before - after:
        yield Difference("breaking", f"{name} no longer takes {_listed(before - after)}", "send no such value")
    if after - before:
        yield Difference("additive", f"{name} also takes {_listed(after - before)}")


def answers(live: Output, new: Output) -> Iterator[Difference]:
    """Yield every difference between two outputs that callers can notice."""
    if live.task != new.task:
        yield Difference("breaking", f"the model answers {new.task}, answered {live.task}", "read the new answer")
        return
    before, after = live.classes or (), new.classes or ()
    if set(after) - set(before):
        text = _listed(set(after) - set(before))
        yield Difference("breaking", f"there are new labels: {text}", "expect them in `label` and `probabilities`")
    if set(before) - set(after):
        text = _listed(set(before) - set(after))
        yield Difference("breaking", f"there are no more labels {text}", "do not read their probabilities")
    if live.probabilities and not new.probabilities:
        yield Difference("breaking", "answers have no `probabilities`", "do not read them")
    if new.probabilities and not live.probabilities:
        yield Difference("additive", "answers have `probabilities`")
    yield from _targets(live.names, new.names)


def _targets(live: tuple[str, ...] | None, new: tuple[str, ...] | None) -> Iterator[Difference]:
    if (live is None) != (new is None):
        shape = "a number" if new is None else "an object of numbers"
        yield Difference("breaking", f"`value` is {shape}", "read it as such")
        return
    gone, added = set(live or ()) - set(new or ()), set(new or ()) - set(live or ())
    if gone:
        yield Difference("breaking", f"`value` lacks {_listed(gone)}", "do not read it")
    if added:
        yield Difference("additive", f"`value` also has {_listed(added)}")


def _kind(field: Field) -> str:
    if field.kind == "category" and field.categories and isinstance(field.categories[0], int):
        return "an integer category"
    return {"integer": "an integer", "category": "a category"}.get(field.kind, f"a {field.kind}")


def _accepts(live: Field, new: Field) -> bool:
    """Return whether the new field's kind takes every value of the live one's; `_categories` compares categories."""
    if _kind(live) == "an integer category":
        return new.kind in {"integer", "number"}
    if _kind(new) == "an integer category":
        return live.kind == "integer"
    return new.kind in WIDER.get(live.kind, frozenset())


def _listed(values: set[str | int] | set[str] | set[str | int | float | bool]) -> str:
    texts = sorted(str(value) for value in values)
    return ", ".join(texts[:10]) + (f" and {len(texts) - 10} more" if len(texts) > 10 else "")
