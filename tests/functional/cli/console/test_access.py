"""The requests that the console answers, and the command that starts it."""

import re
import socket
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import typer

from tests.functional.cli.console.consoles import TOKEN, Asked
from tests.functional.command_line import fairlead


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
