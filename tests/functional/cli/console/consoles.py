"""A console on loopback for tests, over a stack on moto whose model has two versions."""

import http.client
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import msgspec

from fairlead.model.manifest import Finding, Manifest, Metric, Parent
from fairlead.model.release import Release
from fairlead.model.signature import Field
from fairlead.publishing.publish import Published
from fairlead.settings import Operator
from fairlead_cli.console.app import Console
from fairlead_cli.console.server import Server
from tests.functional.conftest import Store

TOKEN = "of-this-test"
HOSTILE = "<script>document.title='owned'</script>"


class Asked:
    """A running console; `url` is the start URL."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/{TOKEN}/"

    def ask(
        self, path: str, *, method: str = "GET", form: Mapping[str, str] | None = None, **headers: str
    ) -> tuple[int, str, Mapping[str, str]]:
        """Return status, body and headers of the answer; keywords are headers, as `sec_fetch_site`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=urlencode(form) if form is not None else None, headers=sent)
        answer = connection.getresponse()
        found = answer.status, answer.read().decode(), dict(answer.headers.items())
        connection.close()
        return found

    def page(self, path: str) -> str:
        """Return a page below the start URL, which must be there."""
        status, body, _ = self.ask(f"/{TOKEN}/{path}")
        assert status == 200, body
        return body

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> tuple[int, str, Mapping[str, str]]:
        """Send a form as a page of the console does."""
        own = {"origin": f"http://127.0.0.1:{self.port}", "sec_fetch_site": "same-origin"}
        return self.ask(f"/{TOKEN}/{path}", method="POST", form=form, **{**own, **headers})


@contextmanager
def running(home: Operator, *, actions: bool = False) -> Iterator[Asked]:
    """Run a console until the block ends."""
    server = Server(0)
    server.answer = Console(home, token=TOKEN, port=server.port, actions=actions).answer
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Asked(server.port)
    server.shutdown()
    server.server_close()


def said(page: str) -> str:
    """Return a page's text: tags as spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


class AtRelease2:
    """A function at release 2, the penguins' version 1; before it at release 1, their version 2."""

    def __init__(self, _: Any, name: str) -> None:
        self.name = name

    def alias(self, name: str) -> Any:
        return type("Alias", (), {"version": {"live": "2", "previous": "1"}[name], "weights": {}})()

    def release(self, version: str) -> Release:
        number = {"1": 2, "2": 1}[version]
        return Release(release=version, model="penguins", version=number, digest="", code_sha256="", modified="")

    def named(self, alias: str) -> Release:
        return self.release(self.alias(alias).version)


def second_version(store: Store, published: Published) -> None:
    """Store a version 2 that differs from version 1: its metrics, its slices, its signature."""
    first = published.manifest

    def build(version: int, parent: Parent | None) -> Manifest:
        year, *rest = sorted(first.signature.inputs, key=lambda field: field.name != "year")
        inputs = (*rest, Field(name="colony", kind="category", nullable=False, categories=("a", HOSTILE)))
        metrics = first.metrics | {"accuracy": Metric(value=0.5, low=0.4, high=0.6)}
        broken = Finding(
            check="slices", finding="sex = male", verdict="warn", figures={"rows": 40.0, "loss": 0.25, "others": 0.1}
        )
        assert year.name == "year"
        return msgspec.structs.replace(
            first,
            version=version,
            parent=parent,
            signature=msgspec.structs.replace(first.signature, inputs=inputs),
            metrics=metrics,
            findings=(*(one for one in first.findings if one.check != "slices"), broken),
            created_by=HOSTILE,
        )

    store.registry.commit(first.model, build)
