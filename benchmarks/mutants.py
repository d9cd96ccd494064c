"""Sends randomly mutated requests through the whole predict handler; an answer other than 200 or 4xx is a defect.

    python -m benchmarks.mutants [COUNT] [SEED]

Events are real ones; bodies, headers, paths and queries are changed by byte, token and structure.
"""

import contextlib
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec

from benchmarks.models import Case
from benchmarks.options import parser
from benchmarks.warm import loaded
from fairlead.model.manifest import EngineName
from fairlead.publishing import publish
from fairlead.registry.store import Registry
from testkit import penguins
from testkit.lambda_context import context, event
from testkit.memory import Memory

TOKENS = (
    *("NaN", "-Infinity", "1e999", "-0.0", "1E400", "9" * 30, "9" * 400, "9" * 5000, "2008.0", "1e39", "1e300"),
    *("null", "true", '""', '"\\ud800"', '"\\udfff\\ud800"', '"\ud800"', '"\ufffd"', '"\\u0000"', "{}", "[]", "[[]]"),
    *('{"a":1,"a":2}', "[" * 200, "[" * 5000, '{"a":' * 2000, "{", "}", ",", ":", '"', "\\", "\ufeff", "\x00", "\x1f"),
    *('"instances"', '"outcomes"', '"id"', "\u2028", "/*", "'", "01", "+1", ".5", "5.", "0x1", "Infinity"),
)
HEADERS = (
    *(None, "", "application/json", "APPLICATION/JSON;charset=utf-8", "application/json; charset=latin1", "text/csv"),
    *("application/problem+json", ";", "\ud800", "application/json;;charset", "a" * 9000, "+json"),
)
Change = Callable[[random.Random, str], str]


def spliced(rng: random.Random, text: str) -> str:
    """Put a token somewhere, over some of the text."""
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(TOKENS) + text[at + rng.choice((0, 0, 1, 2, 5, 20)) :]


def value_changed(rng: random.Random, text: str) -> str:
    """Change one value or name of a body that is JSON."""
    try:
        document = json.loads(text)
        row = rng.choice(document["instances"])
        name = rng.choice(list(row))
    except (ValueError, KeyError, IndexError, TypeError):
        return spliced(rng, text)
    marker = "\x07"
    if rng.random() < 0.3:
        row[marker] = row.pop(name)
        return json.dumps(document).replace(json.dumps(marker), rng.choice(TOKENS), 1)
    row[name] = marker
    return json.dumps(document, ensure_ascii=rng.random() < 0.5).replace(json.dumps(marker), rng.choice(TOKENS), 1)


def cut(rng: random.Random, text: str) -> str:
    """Take a piece out, or put one in again."""
    start, stop = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    return text[:start] + text[stop:] if rng.random() < 0.5 else text[:stop] + text[start:]


def bytes_changed(rng: random.Random, text: str) -> str:
    """Change characters, as a broken transfer does."""
    chars = list(text)
    for _ in range(rng.randrange(1, 4)):
        if chars:
            chars[rng.randrange(len(chars))] = chr(
                rng.choice((0, 9, 34, 92, 123, 255, 0xD83D, 0xDC00, 0xFFFD, 0x1F427))
            )
    return "".join(chars)


CHANGES: tuple[Change, ...] = (spliced, *(value_changed,) * 8, cut, bytes_changed)


def mutant(rng: random.Random, plain: dict[str, Any]) -> dict[str, Any]:
    """One mutated event."""
    changed = dict(plain)
    body = str(plain["body"] or "{}")
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        body = rng.choice(CHANGES)(rng, body)
    changed["body"] = rng.choice((body,) * 30 + (None, ""))
    changed["isBase64Encoded"] = rng.random() < 0.02
    if rng.random() < 0.05:
        changed["headers"] = rng.choice((None, {}, {"content-type": rng.choice(HEADERS)}, {"Content-Encoding": "gzip"}))
    if rng.random() < 0.03:
        changed["queryStringParameters"] = {"version": rng.choice((None, "", "1", "2", "\ud800", "9" * 99, "1e0"))}
    if rng.random() < 0.03:
        changed["path"] = rng.choice(("/ml/predict", "/predict/", "/\ud800", "", "//", "/predict/x" * 99))
    return changed


def run(handler: Callable[[Any, Any], Any], count: int, seed: int) -> tuple[Counter[str], list[dict[str, Any]]]:
    """Send mutants; returns the count of each status and code, and the events with a 5xx or without an answer."""
    rng, found, broken = random.Random(seed), Counter[str](), []  # noqa: S311 - no secrets
    plains = [event(name) for name in ("predict", "predict_batch", "predict_base64", "predict_pinned")]
    with Path(os.devnull).open("w") as sink, contextlib.redirect_stdout(sink):
        for _ in range(count):
            # Lambda reads the event from JSON, in which half a surrogate pair is a character like others.
            changed = json.loads(json.dumps(mutant(rng, rng.choice(plains))))
            try:
                answer = handler(changed, context())
                body = msgspec.json.decode(answer["body"].encode())
                found[f"{answer['statusCode']} {body.get('code', '')}".strip()] += 1
            except Exception as error:  # noqa: BLE001 - each is a finding
                answer = {"statusCode": 502}
                found[f"no answer: {type(error).__name__}"] += 1
            if answer["statusCode"] >= 500:
                broken.append(changed)
    return found, broken


def handler_of(engine: EngineName) -> Callable[[Any, Any], Any]:
    """Penguins, released with an engine, as Lambda loads them; every request is captured."""
    objects = Memory()
    _, held_out = penguins.split()
    published = publish.publish(
        penguins.estimator(),
        name="penguins",
        X=held_out.drop(columns=penguins.TARGET),
        y=held_out[penguins.TARGET],
        registry=Registry(objects),
        engine=engine,
        force=True,
        reason="only its answers to requests are of interest",
    )
    case = Case("penguins", None, published, objects, [])
    os.environ |= {"FAIRLEAD_CAPTURE_RATE": "1", "FAIRLEAD_PSEUDONYM_KEY": "key"}
    handler: Callable[[Any, Any], Any] = loaded(case).handler
    return handler


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the counts of answers, and the first events that were answered wrongly."""
    options = parser(__doc__)
    options.add_argument("count", nargs="?", type=int, default=30_000)
    options.add_argument("seed", nargs="?", type=int, default=0)
    args = options.parse_args(arguments)
    count, seed = 40 if args.smallest else args.count, args.seed
    failed = False
    for engine in get_args(EngineName):
        found, broken = run(handler_of(engine), count // 2, seed)
        print(f"{engine}:")
        for name, times in found.most_common():
            print(f"{times:7,} {name}")
        for changed in broken[:5]:
            print(json.dumps({name: changed[name] for name in ("path", "headers", "body")})[:600])
        failed |= bool(broken)
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
