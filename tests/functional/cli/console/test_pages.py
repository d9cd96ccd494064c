"""The console over HTTP: which requests it answers, and the contents of its pages."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
import typer

from fairlead.errors import NotFoundError, StorageError
from fairlead.model.signature import Field
from fairlead.publishing.publish import Published
from fairlead.settings import Operator
from fairlead_cli.console.pages import api
from tests.functional.cli.conftest import monitored_stack
from tests.functional.cli.consoles import HOSTILE, TOKEN, Asked, AtRelease2, running, second_version
from tests.functional.command_line import fairlead
from tests.functional.conftest import Store
from tests.functional.ledger_fixture import Loop
from tests.functional.loopback_api import Script, serving
from tests.functional.monitored import stocked


@pytest.fixture(scope="module")
def store(s3_url: str, here: Loop, published: Published) -> Store:
    """A registry whose model has two versions."""
    made = stocked(s3_url, here.store)
    second_version(made, published)
    return made


@pytest.fixture
def name(store: Store, here: Loop, monkeypatch: pytest.MonkeyPatch) -> str:
    """A stack of that registry, at release 2."""
    monkeypatch.setattr("fairlead.aws.lambda_function.PredictFunction", AtRelease2)
    monkeypatch.setattr("fairlead.fleet.listing.PredictFunction", AtRelease2)
    return monitored_stack(store, here.table, monkeypatch)


@pytest.fixture
def console(name: str) -> Iterator[Asked]:
    with running(Operator(stack=name)) as found:
        yield found


@pytest.fixture
def model(name: str) -> str:
    return f"stacks/{name}/models/penguins"


def said(page: str) -> str:
    """Return a page's text: tags as spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# --- access ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare() -> Iterator[Asked]:
    """A console that opens no stack."""
    with running(Operator(stack="none")) as found:
        yield found


@pytest.mark.parametrize(
    "path", ["/", "/wrong/", "//", f"/{TOKEN}x/", f"/{TOKEN[:-1]}/", f"/x/{TOKEN}/", "/console.css"]
)
def test_a_request_without_the_token_is_refused(bare: Asked, path: str) -> None:
    status, body, headers = bare.ask(path)

    assert (status, TOKEN in body) == (403, False)
    assert "open the URL that `fairlead console` printed" in body
    assert headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize("host", ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil:{port}", ""])
def test_a_request_under_another_name_is_refused(bare: Asked, host: str) -> None:
    """A name that an attacker points at loopback (DNS rebinding) is not the console's."""
    status, body, _ = bare.ask(f"/{TOKEN}/console.css", host=host.format(port=bare.port))

    assert status == 403
    assert "answers only under" in body


@pytest.mark.parametrize("line", ["GET x", f"GET http://127.0.0.1/{TOKEN[1:]}/", "GET *", "DELETE /"])
def test_a_request_line_of_another_form_gets_an_answer(bare: Asked, line: str) -> None:
    with socket.create_connection(("127.0.0.1", bare.port), timeout=60) as connection:
        connection.sendall(f"{line} HTTP/1.1\r\nHost: 127.0.0.1:{bare.port}\r\n\r\n".encode())
        status = connection.makefile("rb").readline().split()[1]
    assert status in {b"403", b"501"}


def test_both_names_of_loopback_are_answered(bare: Asked) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert bare.ask(f"/{TOKEN}/console.css", host=f"{host}:{bare.port}")[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_a_request_of_another_origin_is_refused(bare: Asked, origin: str) -> None:
    for method in ("GET", "POST"):
        status, _, _ = bare.ask(f"/{TOKEN}/console.css", method=method, origin=origin.format(port=bare.port))
        assert status == 403


def test_a_form_needs_an_origin_and_comes_from_a_page_of_the_console(bare: Asked) -> None:
    assert bare.ask(f"/{TOKEN}/", method="POST", form={})[0] == 403
    for site in ("cross-site", "same-site", "none"):
        assert bare.post("", {}, sec_fetch_site=site)[0] == 403
    assert bare.post("", {})[0] == 404  # it passes the guard; the fleet takes no form


def test_answers_are_closed_in_and_not_kept(bare: Asked) -> None:
    _, _, headers = bare.ask(f"/{TOKEN}/nothing")

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert headers["Referrer-Policy"] == "same-origin"
    assert not {"Server", "Set-Cookie"} & set(headers)


def test_too_large_a_form_is_not_read(bare: Asked) -> None:
    for size in ("1000001", "-1", "x"):
        status, _, _ = bare.ask(f"/{TOKEN}/", method="POST", content_length=size)
        assert status == 413


def test_the_console_logs_nothing(bare: Asked, capfd: pytest.CaptureFixture[str]) -> None:
    bare.ask(f"/{TOKEN}/nothing")
    assert capfd.readouterr() == ("", "")


# --- errors ------------------------------------------------------------------------------------------


def test_an_error_is_a_page_with_its_hint(console: Asked, name: str, model: str) -> None:
    cases = {
        "nothing": "the console has no such page",
        "stacks/absent": "there is no stack 'absent' in this region",
        f"stacks/{name}/models/pengins": "did you mean penguins?",
        f"{model}/versions/7": "did you mean 1 or 2?",
        f"{model}/versions/0": "the console has no such page",
        f"{model}/compare?a=1": "a comparison needs two versions",
        f"{model}?before=1": "no version older than 1",
        f"stacks/{name}/models/pengins/timeline": "did you mean penguins?",
    }
    for path, expected in cases.items():
        status, body, _ = console.ask(f"/{TOKEN}/{path}")
        assert (status >= 400, "Traceback" in body) == (True, False), path
        assert expected in said(body).replace("&#x27;", "'"), path


def test_a_defect_is_a_page_that_says_how_to_report_it(
    console: Asked, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("fairlead_cli.console.pages.version.facts", fail)
    status, body, _ = console.ask(f"/{TOKEN}/{model}/versions/1")

    assert status == 500
    assert "unexpected RuntimeError: a defect" in body
    assert "fairlead --debug console" in body


# --- pages -------------------------------------------------------------------------------------------


def test_the_fleet_leads_to_the_stack_and_the_stack_to_its_model(console: Asked, name: str, model: str) -> None:
    fleet, stack = console.page(""), console.page(f"stacks/{name}")

    assert f'href="/{TOKEN}/stacks/{name}"' in fleet
    assert "penguins 1" in said(fleet)
    assert f'href="/{TOKEN}/{model}"' in stack
    assert "Live penguins 1 release 2" in said(stack)
    assert f"{name}-label-coverage ALARM" in said(stack)


def test_without_the_right_to_list_stacks_the_first_page_leads_to_the_commands_own(
    console: Asked, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policies of a stack grant its description alone."""

    def refuse(_: object) -> None:
        raise StorageError("could not list the stacks", hint="your role needs this `permission`")

    monkeypatch.setattr("fairlead.aws.stack.every", refuse)
    page = console.page("")

    assert f'href="/{TOKEN}/stacks/{name}"' in page
    assert "could not list the stacks" in page
    assert "<code>permission</code>" in page


def test_versions_stand_side_by_side_with_their_metrics(console: Asked, model: str) -> None:
    page = console.page(model)
    text = said(page)

    assert "2 versions. Version 1 is live." in text
    assert re.search(r"version 2 .*0\.5 0\.4 to 0\.6.* version 1 live", text)
    assert re.search(r'name="a" value="1" checked', page)
    assert re.search(r'name="b" value="2" checked', page)
    assert "<script>document" not in page


def test_older_versions_are_a_page_further(console: Asked, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead_cli.console.pages.versions.SHOWN", 1)

    first, second = console.page(model), console.page(f"{model}?before=2")

    assert "1 older" in said(first)
    assert "version 1" in said(second).partition("Versions")[2]
    assert "older" not in said(second)


def test_two_versions_are_compared(console: Asked, model: str) -> None:
    text = said(console.page(f"{model}/compare?a=1&b=2"))

    assert re.search(r"Accuracy .*0\.5 0\.4 to 0\.6 .*lower", text)
    assert "Log loss" in text
    assert "intervals overlap" in text
    assert re.search(r"sex = male [\d–]+ 40 [\d.–]+ 0\.75", text)
    assert "2 differences break callers of version 1" in text
    assert "input &#x27;colony&#x27; is new and required" in text or "input 'colony' is new and required" in text
    assert "input 'year' was removed" in text.replace("&#x27;", "'")
    assert re.search(r"flipper_length_mm [\d.−]+ ", text.partition("Importance of inputs")[2])


def test_a_version_shows_its_facts_and_its_report_in_a_closed_frame(console: Asked, model: str) -> None:
    facts, page = console.page(f"{model}/versions/1"), console.page(f"{model}/versions/1/report")
    status, report, headers = console.ask(f"/{TOKEN}/{model}/versions/1/report.html")

    assert "sklearn.pipeline.Pipeline" in facts
    assert "Findings of the gate" in facts
    assert f'<iframe src="/{TOKEN}/{model}/versions/1/report.html"' in page
    assert (status, report.startswith("<!doctype html>")) == (200, True)
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_a_missing_report_is_an_error_of_its_page(console: Asked, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> bytes:
        raise NotFoundError("the report was deleted")

    monkeypatch.setattr("fairlead_cli.console.visit.Registry.blob", gone)
    status, body, _ = console.ask(f"/{TOKEN}/{model}/versions/1/report")

    assert (status, "the report was deleted" in body, "<iframe" in body) == (404, True, False)


def test_the_timeline_and_the_decisions_show_who_why_and_evidence(console: Asked, model: str) -> None:
    moves, decisions = said(console.page(f"{model}/timeline")), said(console.page(f"{model}/decisions"))

    assert re.search(r"Moved live r2 penguins@1 the first one [\d-]+ [\d:]+Z by user/ada · record 1", moves)
    assert "too few outcomes" not in moves
    assert re.search(r"Decided penguins@1 too few outcomes are known [\d-]+ [\d:]+Z by respond · record 2", decisions)
    assert re.search(r"alarm drift facts cause drift standing yes labelled 12 error share –", decisions)
    assert "the first one" not in decisions


def test_the_monitor_refreshes_itself_by_a_script_of_the_console(console: Asked, model: str) -> None:
    page = console.page(f"{model}/monitor?hours=3")

    assert f'<script src="/{TOKEN}/live.js" defer' in page
    assert "3 hours to" in said(page)
    assert "Outcomes known" in said(page)
    assert "unsafe-inline" not in page
    status, script, headers = console.ask(f"/{TOKEN}/live.js")
    assert (status, headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
    assert "fetch(location.href" in script


def test_names_of_users_stay_text(console: Asked, model: str) -> None:
    for path in (model, f"{model}/compare?a=1&b=2", f"{model}/versions/2"):
        page = console.page(path)
        assert HOSTILE not in page
        assert "&lt;script&gt;document" in page


# --- the command -------------------------------------------------------------------------------------


def test_the_command_prints_its_url_opens_a_file_of_this_user_and_ends(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arguments of a process can be read by every user, so the browser gets no URL with the token."""
    launched: list[Path] = []

    def launch(url: str) -> None:
        launched.append(Path(unquote(urlsplit(url).path)))
        assert launched[0].parent.stat().st_mode & 0o077 == 0
        launched.append(Path(re.findall(r"url=(http[^\"]+)", launched[0].read_text())[0]))

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(typer, "launch", launch)
    monkeypatch.setattr("fairlead_cli.console.server.Server.serve_forever", interrupted)

    done = fairlead("console", "--open", "--stack", name)

    assert (done.exit_code, "the console has ended" in done.stderr) == (0, True)
    [url] = done.stdout.split()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{43}/", url)
    assert str(launched[1]) == str(Path(url))
    assert not launched[0].exists()


def test_a_port_that_is_taken_is_an_error_with_a_hint(bare: Asked, name: str) -> None:
    done = fairlead("console", "--port", bare.port, "--stack", name)

    assert (done.exit_code, done.stdout) == (2, "")
    assert f"cannot listen on port {bare.port}" in done.stderr
    assert "name another with --port" in done.stderr


# --- the form that signs -----------------------------------------------------------------------------

ROW = {"island": "Dream", "bill_length_mm": "39.1", "sex": "", "year": "2007"}


@pytest.fixture
def scripted(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """An API of penguins that answers by script; the console's own stack is at its address."""
    manifest, digest = store.registry.manifest("penguins", 1)
    described = {"model": "penguins", "version": 1, "digest": f"sha256:{digest}", "most_rows": 10}
    with serving() as script:
        script.answers["/versions/1"] = (200, described | {"signature": msgspec.to_builtins(manifest.signature)})
        yield script


@pytest.fixture
def trying(name: str, scripted: Script) -> Iterator[Asked]:
    with running(Operator(stack=name, api_url=scripted.url)) as found:
        yield found


def form(store: Store, **more: str) -> dict[str, str]:
    """Return the form's fields for ROW."""
    manifest, _ = store.registry.manifest("penguins", 1)
    return {f"input-{at}": ROW.get(field.name, "") for at, field in enumerate(manifest.signature.inputs)} | more


def test_the_form_is_filled_with_the_example_and_the_document_is_in_a_sandbox(console: Asked, model: str) -> None:
    page = console.page(f"{model}/versions/1/api")
    status, document, headers = console.ask(f"/{TOKEN}/{model}/versions/1/api.html")

    assert re.search(r'<label for="input-0">island', page)
    assert re.search(r'id="input-0"[^>]* value="\w+"|value="\w+"[^>]* id="input-0"', page)
    assert f'<iframe src="/{TOKEN}/{model}/versions/1/api.html"' in page
    assert (status, "SwaggerUIBundle" in document) == (200, True)
    assert headers["Content-Security-Policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in headers["Content-Security-Policy"]


def test_a_row_is_sent_as_its_kinds_and_the_answer_is_shown(
    trying: Asked, scripted: Script, store: Store, model: str
) -> None:
    prediction = {
        "id": "1-0",
        "label": HOSTILE,
        "probabilities": {"Adelie": 0.75, "Gentoo": 0.25},
        "explanation": {"contributions": {"year": 0.001, "island": -0.4}},
    }
    scripted.answers["/versions/1/predict"] = (200, {"release": "2", "predictions": [prediction]})

    status, body, _ = trying.post(f"{model}/versions/1/api", form(store, explain="on"))

    [sent] = scripted.received["/versions/1/predict"]
    row = sent["instances"][0]
    assert (status, sent["parameters"]) == (200, {"explain": True})
    assert (row["island"], row["bill_length_mm"], row["sex"], row["year"]) == ("Dream", 39.1, None, 2007)
    assert re.search(r"Release 2 answered in [\d.]+ ms", said(body))
    assert re.search(r"Adelie 0\.75 Gentoo 0\.25 input contribution island −0\.4 year 0\.001", said(body))
    assert HOSTILE not in body
    assert "39.1" in body


def test_a_wrong_value_is_named_beside_its_field(trying: Asked, scripted: Script, store: Store, model: str) -> None:
    wrong = {"row": 0, "field": "bill_length_mm", "expected": "a number", "got": '"long"'}
    problem = {"code": "invalid_instances", "detail": "row 0: wrong", "errors": [wrong], "hint": "look at it"}
    scripted.answers["/versions/1/predict"] = (422, problem)

    fields = {name: "long" if one == "39.1" else one for name, one in form(store).items()}
    status, body, _ = trying.post(f"{model}/versions/1/api", fields)

    assert scripted.received["/versions/1/predict"][0]["instances"][0]["bill_length_mm"] == "long"
    assert (status, "No answer" in said(body)) == (200, True)
    [identifier] = re.findall(r'<p class="wrong" id="([\w-]+)">expected a number, got "long"</p>', body)
    assert f'aria-describedby="{identifier}"' in body
    assert 'value="long"' in body


def test_an_api_of_another_model_is_not_asked(trying: Asked, scripted: Script, store: Store, model: str) -> None:
    scripted.answers["/versions/1"][1]["model"] = "churn"

    _, body, _ = trying.post(f"{model}/versions/1/api", form(store))

    assert "churn is live, not penguins" in said(body)
    assert "/versions/1/predict" not in scripted.received


def test_without_swagger_ui_the_page_says_what_to_install(
    console: Asked, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead_cli.openapi_page.PACKAGE", "no_such_package")

    page = console.page(f"{model}/versions/1/api")

    assert "pip install &#x27;fairlead[docs]&#x27;" in page or "pip install 'fairlead[docs]'" in page
    assert "<iframe" not in page
    assert "Sign and send" in page


@pytest.mark.parametrize(
    ("field", "typed", "sent"),
    [
        (Field(name="x", kind="number"), "1e3", 1000.0),
        (Field(name="x", kind="number"), "inf", "inf"),
        (Field(name="x", kind="number"), "", None),
        (Field(name="x", kind="integer"), "7", 7),
        (Field(name="x", kind="integer"), "7.5", 7.5),
        (Field(name="x", kind="boolean"), "true", True),
        (Field(name="x", kind="boolean"), "yes", "yes"),
        (Field(name="x", kind="category", categories=(1, 2)), "2", 2),
        (Field(name="x", kind="category", categories=("1", "2")), "2", "2"),
        (Field(name="x", kind="text"), "", ""),
        (Field(name="x", kind="text", nullable=True), "", None),
    ],
)
def test_what_is_typed_becomes_the_fields_kind_or_stays_as_it_is(field: Field, typed: str, sent: object) -> None:
    assert api.value(field, typed) == sent
    assert type(api.value(field, typed)) is type(sent)


# --- actions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["versions/1/release", "rollback"])
def test_without_the_option_nothing_acts(console: Asked, model: str, path: str, method: str) -> None:
    ask = console.post if method == "POST" else lambda path, _: console.ask(f"/{TOKEN}/{path}")
    status, body, _ = ask(f"{model}/{path}", {"confirm": "penguins 1", "seen": "2"})

    assert status == 403
    assert "fairlead console --allow-actions" in body


def test_without_the_option_no_page_leads_to_an_action(console: Asked, model: str) -> None:
    for path in (model, f"{model}/versions/1"):
        assert not re.search(r'href="[^"]*/(release|rollback)"', console.page(path))
    assert "fairlead release penguins 1" in console.page(f"{model}/versions/1")
