"""A version's API: a form whose request the console signs, and the OpenAPI page in a sandbox."""

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

import msgspec

from fairlead.client.endpoint import Endpoint
from fairlead.errors import FairleadError, MissingPackageError
from fairlead.html import formatting
from fairlead.html.blocks import details, paragraph, section, table
from fairlead.html.elements import Children, e
from fairlead.model.manifest import Manifest
from fairlead.model.signature import Field
from fairlead_cli.console.messages import Response
from fairlead_cli.console.pages.refused import with_code
from fairlead_cli.console.visit import Page, Visit
from fairlead_cli.openapi_page import assets
from fairlead_cli.openapi_page import page as openapi_page
from fairlead_cli.prediction_run import contract
from fairlead_cli.version_files import file_of

DEADLINE = 20.0
"""Seconds within which the endpoint must answer, because a user waits."""
SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""Swagger UI shows the publisher's document by script, in an origin of its own that can load and send nothing."""
EXPLAIN = "explain"
Row = dict[str, Any]


class Tried(NamedTuple):
    """One request: the row as it was typed, and its answer or its error."""

    typed: Mapping[str, str]
    explain: bool
    answer: Row | None = None
    milliseconds: float = 0.0
    error: FairleadError | None = None


def page(visit: Visit) -> Page:
    """Return the form, filled with the example of the stored document, and the document."""
    manifest, _ = visit.registry.manifest(visit.model, visit.version)
    return _page(visit, manifest, Tried(_example(visit, manifest), explain=False))


def answered(visit: Visit) -> Page:
    """Ask the endpoint about the row of the form; return the page with its answer, or with the faults of the form."""
    manifest, _ = visit.registry.manifest(visit.model, visit.version)
    fields = manifest.signature.inputs
    typed = {field.name: visit.form.get(_name(at), "") for at, field in enumerate(fields)}
    explain = EXPLAIN in visit.form
    row = {field.name: value(field, typed[field.name]) for field in fields}
    try:
        answer, milliseconds = _asked(visit, row, explain=explain)
    except FairleadError as error:
        return _page(visit, manifest, Tried(typed, explain, error=error))
    return _page(visit, manifest, Tried(typed, explain, answer, milliseconds))


def document(visit: Visit) -> Response:
    """Return the OpenAPI page of `fairlead docs`, closed in by its policy."""
    manifest, _ = visit.registry.manifest(visit.model, visit.version)
    stored = visit.registry.blob(file_of(manifest, "openapi"))
    return Response(200, openapi_page(stored, assets()).encode(), policy=SANDBOX)


def value(field: Field, typed: str) -> Any:
    """Return a field's value as JSON has it: None for nothing typed, the text itself if it is no value of the kind."""
    if not typed and (field.nullable or field.kind != "text"):
        return None
    if field.kind == "boolean":
        return {"true": True, "false": False}.get(typed, typed)
    if field.kind == "number":
        return _number(typed)
    if field.kind == "integer" or (field.categories and isinstance(field.categories[0], int)):
        return _whole(typed)
    return typed


def _number(typed: str) -> float | str:
    try:
        found = float(typed)
    except ValueError:
        return typed
    return found if math.isfinite(found) else typed


def _whole(typed: str) -> int | float | str:
    try:
        return int(typed)
    except ValueError:
        return _number(typed)


def _asked(visit: Visit, row: Row, *, explain: bool) -> tuple[Row, float]:
    """Return the endpoint's answer to one row, and its milliseconds; raises CallError, SettingsError."""
    endpoint = Endpoint(visit.stack.api_url, deadline=DEADLINE)
    contract(endpoint, visit.model, visit.version)
    started = time.monotonic()
    [answer] = endpoint.predict([row], version=visit.version, explain=explain)
    return answer, 1000 * (time.monotonic() - started)


def _example(visit: Visit, manifest: Manifest) -> dict[str, str]:
    """Return the example row of the stored document as form fields; empty without a document."""
    blob = manifest.blobs.get("openapi")
    if blob is None:
        return {}
    read = msgspec.json.decode(visit.registry.blob(blob), type=Row)
    content = read["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    [row] = content["example"]["instances"]
    return {name: _typed(one) for name, one in row.items()}


def _typed(one: object) -> str:
    if one is None:
        return ""
    return one if isinstance(one, str) else msgspec.json.encode(one).decode()


def _page(visit: Visit, manifest: Manifest, tried: Tried) -> Page:
    named = f"API of {visit.model} version {visit.version}"
    outcome = _outcome(tried)
    title = named if outcome is None else f"{'Answer' if tried.answer else 'No answer'} · {named}"
    return Page(
        title,
        [
            e("h1", named),
            section("Try it", _form(visit, manifest, tried), outcome),
            section("Contract", _contract(visit, manifest, named)),
        ],
    )


def _form(visit: Visit, manifest: Manifest, tried: Tried) -> list[Element]:
    path = f"/versions/{visit.version}/predict"
    wrong = _wrong(tried.error)
    off = manifest.explanation is None or manifest.explanation.method == "off"
    check = e("input", type="checkbox", name=EXPLAIN, checked=tried.explain, id=EXPLAIN)
    return [
        paragraph(
            f"The console signs the request with your credentials and sends it to POST {path}, as any caller does. "
            "An empty field is sent as null."
        ),
        e(
            "form",
            e(
                "div",
                [
                    _field(at, field, tried.typed.get(field.name, ""), wrong.get(field.name, ""))
                    for at, field in enumerate(manifest.signature.inputs)
                ],
                class_="fields",
            ),
            None if off else e("p", check, e("label", "With reasons", for_=EXPLAIN), class_="check"),
            e("div", e("button", "Sign and send", type="submit"), class_="buttons"),
            method="post",
            action=f"{visit.of_version(visit.version, 'api')}#outcome",
        ),
    ]


def _field(at: int, field: Field, typed: str, wrong: str) -> Element:
    name = _name(at)
    described = f"{name}-wrong" if wrong else None
    common: dict[str, Any] = {
        "id": name, "name": name, "aria_describedby": described, "aria_invalid": "true" if wrong else None
    }  # fmt: skip
    return e(
        "div",
        e("label", field.name, e("span", ", ".join(_about(field))), for_=name),
        list(_control(field, typed, common)),
        e("p", wrong, class_="wrong", id=described) if wrong else None,
    )


def _control(field: Field, typed: str, common: dict[str, Any]) -> Iterator[Element]:
    choices = ["true", "false"] if field.kind == "boolean" else [str(one) for one in field.categories or ()]
    if field.kind == "boolean" or field.closed:
        known = ["", *choices, *([typed] if typed not in choices and typed else [])]
        yield e("select", [e("option", one, value=one, selected=one == typed) for one in known], **common)
    elif field.kind == "text":
        yield e("textarea", typed, rows=3, **common)
    else:
        suggested = f"{common['id']}-known" if choices else None
        numeric = field.kind in {"number", "integer"}
        mode = "decimal" if numeric else None
        yield e("input", type="text", value=typed, inputmode=mode, list=suggested, autocomplete="off", **common)
        if suggested:
            yield e("datalist", [e("option", value=one) for one in choices], id=suggested)


def _about(field: Field) -> Iterator[str]:
    yield field.kind
    if field.minimum is not None and field.maximum is not None:
        yield f"{formatting.figure(field.minimum)} to {formatting.figure(field.maximum)} seen"
    if field.nullable:
        yield "may be empty"


def _name(at: int) -> str:
    return f"input-{at}"


def _wrong(error: FairleadError | None) -> dict[str, str]:
    """Return the fault of each field that the endpoint named."""
    found = getattr(error, "errors", [])
    return {one["field"]: f"expected {one['expected']}, got {one['got']}" for one in found if one["field"]}


def _outcome(tried: Tried) -> Element | None:
    if tried.error is not None:
        hint = e("p", e("b", "Hint: "), with_code(tried.error.hint), class_="hint") if tried.error.hint else None
        return e("div", e("h3", "No answer"), e("p", str(tried.error), class_="wrong"), hint, id="outcome")
    if tried.answer is None:
        return None
    [prediction] = tried.answer["predictions"]
    return e(
        "div",
        e("h3", "Answer"),
        e("p", f"Release {tried.answer['release']} answered in {formatting.figure(tried.milliseconds)} ms."),
        _table("answer", _told(prediction)),
        _table("class", prediction.get("probabilities", {}).items(), "probability"),
        _reasons(prediction),
        details("As JSON", e("pre", msgspec.json.format(msgspec.json.encode(tried.answer), indent=2).decode())),
        id="outcome",
    )


def _told(prediction: Row) -> Iterator[tuple[str, object]]:
    for name in ("label", "value", "score"):
        found = prediction.get(name)
        if isinstance(found, Mapping):
            yield from found.items()
        elif found is not None:
            yield name, found


def _reasons(prediction: Row) -> Children:
    if "explanation" not in prediction:
        return None
    found = sorted(prediction["explanation"]["contributions"].items(), key=lambda one: -abs(one[1]))
    return _table("input", found, "contribution")


def _table(head: str, rows: Any, figure: str = "value") -> Element | None:
    shown = [(str(name), formatting.figure(one) if isinstance(one, float) else str(one)) for name, one in rows]
    return table((head, figure), shown, numbers=(1,)) if shown else None


def _contract(visit: Visit, manifest: Manifest, named: str) -> Element:
    if "openapi" not in manifest.blobs:
        return paragraph("The version was published without an OpenAPI document.")
    try:
        assets()
    except MissingPackageError as error:
        return paragraph(str(error))
    return e("iframe", src=visit.of_version(visit.version, "api.html"), title=f"OpenAPI document: {named}")
