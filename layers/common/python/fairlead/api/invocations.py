"""The shapes of MLflow's and SageMaker's `/invocations`: JSON, JSON lines and CSV in, predictions out.

https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#inference-server-specification
https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html
Rows then pass the same checks as those of /predict. The first request imports this module.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Literal

import msgspec

from fairlead.api import lenient_json
from fairlead.api.field_errors import shown
from fairlead.api.open_inference import output_values, outputs
from fairlead.errors import FieldError, InstancesError, MediaTypeError, NotAcceptableError, RequestError
from fairlead.model.answers import Answers
from fairlead.model.signature import Field, Output, Signature, positions

Kind = Literal["json", "jsonlines", "csv"]
TYPES: dict[str, Kind] = {
    "application/json": "json",
    "application/jsonlines": "jsonlines", "application/jsonl": "jsonlines", "application/x-ndjson": "jsonlines",
    "text/csv": "csv",
}  # fmt: skip
CONTENT_TYPES: dict[Kind, str] = {
    "json": "application/json", "jsonlines": "application/jsonlines", "csv": "text/csv; charset=utf-8",
}  # fmt: skip
FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
ONE_FORM = f"the body has exactly one of {', '.join(FORMS)}, and perhaps `params`"
METHOD = "predict_method"
csv.field_size_limit(6 * 1024 * 1024)  # Lambda's largest body


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """One request: rows by field name, the output that it chooses, and whether its JSON is a bare array.

    The rows are read when they are asked for: a small body can hold more of them than memory holds dictionaries.
    """

    instances: Iterable[dict[str, Any]]
    method: str = "predict"
    bare: bool = False


def kind_of(content_type: str) -> tuple[Kind, dict[str, str]]:
    """Return the kind of a content type and its parameters; raises MediaTypeError."""
    name, *rest = (part.strip().lower() for part in (content_type or "application/json").split(";"))
    if name not in TYPES:
        raise MediaTypeError(f"the content type is {name[:100]!r}", hint=f"send {', '.join(TYPES)}")
    parameters = {key.strip(): value.strip(" \"'") for key, _, value in (one.partition("=") for one in rest)}
    if parameters.get("charset", "utf-8") not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        raise MediaTypeError(f"the body's charset is {parameters['charset'][:40]!r}", hint="send UTF-8")
    return TYPES[name], parameters


def accepted(accept: str) -> Kind:
    """Return the kind of the answer: the first known type of the Accept header; raises NotAcceptableError for none."""
    names = [part.partition(";")[0].strip().lower() for part in accept.split(",") if part.strip()]
    for name in names or ["*/*"]:
        if name in {"*/*", "application/*"}:
            return "json"
        if name in TYPES:
            return TYPES[name]
    raise NotAcceptableError(f"the request accepts {accept[:100]!r}", hint=f"there are {', '.join(TYPES)}")


def read(body: bytes | str, content_type: str, signature: Signature) -> Invocation:
    """Read a request; raises MediaTypeError, NotJsonError, RequestError for another shape, InstancesError."""
    kind, parameters = kind_of(content_type)
    if kind == "csv":
        invocation = Invocation(instances=_csv(body, parameters.get("header", ""), signature))
    elif kind == "jsonlines":
        invocation = Invocation(instances=_json_lines(body, signature))
    else:
        invocation = _json(lenient_json.decode(body), signature)
    rows = lenient_json.without_nan(signature.inputs, invocation.instances)
    return msgspec.structs.replace(invocation, instances=rows)


def write(
    invocation: Invocation,
    answers: Answers,
    output: Output,
    *,
    kind: Kind,
    identity: Mapping[str, Any],
    ids: Sequence[str],
) -> str:
    """Write the predictions; in JSON with the exact release and the ids, unless the request was a bare array."""
    available = outputs(output)
    if invocation.method not in available:
        raise RequestError(
            f"there is no {METHOD} {invocation.method[:100]!r}", hint=f"this model has {', '.join(available)}"
        )
    width = available[invocation.method][1]
    flat = output_values(invocation.method, answers, output)
    rows = [flat[at : at + width] for at in range(0, len(flat), width)] if width else flat
    if kind == "csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows if width else ([value] for value in rows))
        return text.getvalue()
    if kind == "jsonlines":
        lines = ({"predictions": row if width else [row]} for row in rows)
        return "".join(msgspec.json.encode(line).decode() + "\n" for line in lines)
    document = rows if invocation.bare else {"predictions": rows, **identity, "prediction_ids": list(ids)}
    return msgspec.json.encode(document).decode()


def _json(document: Any, signature: Signature) -> Invocation:
    if isinstance(document, list):
        return Invocation(instances=_rows(document, signature), bare=True)
    if not isinstance(document, dict):
        raise RequestError(f"{ONE_FORM}, or is an array of rows; got {shown(document)}")
    forms = [name for name in document if name != "params"]
    if len(forms) != 1 or forms[0] not in FORMS:
        raise RequestError(f"{ONE_FORM}; got the members {', '.join(map(repr, document))}"[:500])
    [form] = forms
    given = document[form]
    if form == "dataframe_split":
        instances = _split(given, signature)
    elif form == "inputs" and isinstance(given, dict):
        instances = _columns(given)
    else:
        instances = _rows(_listed(given, form), signature)
    return Invocation(instances=instances, method=_method(document.get("params")))


def _method(params: Any) -> str:
    if params is None or params == {}:
        return "predict"
    method = params.get(METHOD) if isinstance(params, dict) and set(params) == {METHOD} else None
    if not isinstance(method, str):
        raise RequestError(f"`params` takes {METHOD} alone, which names an output")
    return method


def _split(given: Any, signature: Signature) -> Iterator[dict[str, Any]]:
    """Return the rows of pandas' `to_dict("split")`; the index is not read."""
    if not isinstance(given, dict) or "data" not in given or set(given) - {"columns", "index", "data"}:
        raise RequestError("`dataframe_split` has data, and perhaps columns and index")
    columns = given.get("columns")
    if columns is None:
        return _rows(_listed(given["data"], "dataframe_split.data"), signature)
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise RequestError("`dataframe_split.columns` must be an array of names")
    return _named(columns, _listed(given["data"], "data"))


def _listed(given: Any, form: str) -> list[Any]:
    if not isinstance(given, list):
        raise RequestError(f"`{form}` must be an array of rows, got {shown(given)}")
    return given


def _rows(given: Iterable[Any], signature: Signature) -> Iterator[dict[str, Any]]:
    """Return rows that came as objects, or as values in the signature's order; the first says which."""
    rest = iter(given)
    head = list(islice(rest, 1))
    rows = chain(head, rest)
    if head and isinstance(head[0], dict):
        return _objects(rows)
    single = len(signature.inputs) == 1
    return _named(_order(signature, head), (row if isinstance(row, list) or not single else [row] for row in rows))


def _objects(rows: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for at, row in enumerate(rows):
        if not isinstance(row, dict):
            raise _wrong_row(at, "an object of fields", shown(row))
        yield row


def _order(signature: Signature, rows: Iterable[Any]) -> list[str]:
    """Return the fields' names in order, with those of ignored columns where the rows hold them too."""
    names = [field.name for field in signature.inputs]
    first = next(iter(rows), None)
    if signature.ignored and isinstance(first, list) and len(first) == len(names) + len(signature.ignored):
        order = {place: field.name for place, field in zip(positions(signature), signature.inputs, strict=True)}
        order |= {column.position: column.name for column in signature.ignored}
        return [order[place] for place in range(len(order))]
    return names


def _named(names: Sequence[str], rows: Iterable[Any], hint: str = "") -> Iterator[dict[str, Any]]:
    """Yield rows of values by these names; raises InstancesError, with `hint`, for a row of another length."""
    if len(set(names)) < len(names):
        raise InstancesError("two columns have one name")
    for at, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(names):
            got = f"{len(row)} values" if isinstance(row, list) else shown(row)
            raise _wrong_row(at, f"{len(names)} values", got, hint)
        yield dict(zip(names, row, strict=True))


def _wrong_row(at: int, expected: str, got: str, hint: str = "") -> InstancesError:
    fault = FieldError(row=at, field="", expected=expected, got=got)
    return InstancesError(f"row {at}: expected {expected}, got {got}", errors=[fault], hint=hint)


def _columns(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the rows of columns by name; a column is `[N]` or `[N, 1]`."""
    columns = {name: values if isinstance(values, list) else [values] for name, values in given.items()}
    if len({len(values) for values in columns.values()}) > 1:
        counts = ", ".join(f"{name[:100]!r} has {len(values)}" for name, values in list(columns.items())[:10])
        raise InstancesError(f"the columns of `inputs` differ in their number of rows: {counts}")
    return (
        {
            name: value[0] if isinstance(value, list) and len(value) == 1 else value
            for name, value in zip(columns, row, strict=True)
        }
        for row in zip(*columns.values(), strict=True)
    )


def _json_lines(body: bytes | str, signature: Signature) -> Iterator[dict[str, Any]]:
    """Return one row for each line: an object of fields, an array of values, or SageMaker's `{"features": […]}`."""
    text = body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else body
    values = (lenient_json.decode(line) for line in text.split("\n") if line.strip())
    taken = "features" not in {field.name for field in signature.inputs}
    return _rows(
        (row["features"] if taken and isinstance(row, dict) and set(row) == {"features"} else row for row in values),
        signature,
    )


def _csv(body: bytes | str, header: str, signature: Signature) -> Iterator[dict[str, Any]]:
    """Return the rows of a CSV file; `header` is the content type's parameter: present, absent or empty.

    Without it, the first line is a header only if it holds exactly the names of the fields, and perhaps names of
    columns that the model ignores.
    """
    if header not in {"", "present", "absent"}:
        raise MediaTypeError(
            f"the content type says header={header[:40]!r}", hint="send header=present or header=absent"
        )
    lines = _csv_lines(body, single=len(signature.inputs) == 1)
    fields = {field.name: field for field in signature.inputs}
    ignored = {column.name for column in signature.ignored}
    first = list(islice(lines, 1))
    if first and (header == "present" or (not header and set(first[0]) - ignored == set(fields))):
        named = _named(first[0], lines)
    else:
        hint = "" if header else "if the first line names fields, send Content-Type: text/csv; header=present"
        named = _named(_order(signature, first), chain(first, lines), hint)
    return ({name: _parsed(fields.get(name), text) for name, text in row.items()} for row in named)


def _csv_lines(body: bytes | str, *, single: bool) -> Iterator[list[str]]:
    """Yield the lines' values; an empty line is a missing value where there is one field, else nothing."""
    try:
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else body.removeprefix("\ufeff")
        for line in csv.reader(io.StringIO(text, newline=""), strict=True):
            if line or single:
                yield line or [""]
    except (UnicodeError, csv.Error) as error:
        raise RequestError(f"the body is no CSV in UTF-8: {error}") from error


def _parsed(field: Field | None, text: str) -> Any:
    """Return the value that a text means in a field; the reader names a text that means none."""
    if field is None:
        return text
    if not text and (field.nullable or field.kind not in {"text", "category"}):
        return None
    if field.kind == "boolean":
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    whole = field.kind == "category" and field.categories and isinstance(field.categories[0], int)
    if field.kind in {"text", "category"} and not whole:
        return text
    return _number(text)


def _number(text: str) -> Any:
    if "_" in text or len(text) > 400:  # Python's numbers may have underscores
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
