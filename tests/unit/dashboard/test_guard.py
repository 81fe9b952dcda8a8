"""The page changes nothing for other sites, answers to its own names only, and off this machine wants a token."""

from __future__ import annotations

import pytest

flask = pytest.importorskip("flask", reason="the extra journeyman[dashboard] is not installed")

from journeyman.dashboard.guard import Guard, guarded  # noqa: E402 - after the part was found to be there

JSON = {"Content-Type": "application/json"}


def client(guard: Guard) -> object:
    server = flask.Flask(__name__)
    server.add_url_rule("/", "page", lambda: "page", methods=["GET", "POST"])
    guarded(server, guard)
    return server.test_client()


OPEN = Guard(frozenset({"localhost"}))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({**JSON, "Origin": "http://localhost"}, 200),
        ({**JSON, "Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200),
        ({**JSON, "Origin": "http://localhost", "Sec-Fetch-Site": "same-site"}, 403),
        ({**JSON, "Origin": "http://localhost:9999"}, 403),
        ({**JSON, "Origin": "http://localhost.evil.example"}, 403),
        ({**JSON, "Origin": "null"}, 403),
        (JSON, 403),
        ({"Content-Type": "text/plain", "Origin": "http://localhost"}, 403),
    ],
)
def test_only_the_page_itself_may_change_something(headers: dict[str, str], status: int) -> None:
    assert client(OPEN).post("/", data="{}", headers=headers).status_code == status


def test_a_name_that_somebody_points_at_this_machine_is_refused() -> None:
    assert client(OPEN).get("/", headers={"Host": "evil.example:8050"}).status_code == 421
    assert client(OPEN).get("/", headers={"Host": "localhost:8050"}).status_code == 200


def test_a_token_is_shown_once_and_then_kept_as_a_cookie_that_scripts_cannot_read() -> None:
    guard = Guard(frozenset(), "open sesame")
    assert client(guard).get("/").status_code == 401
    assert client(guard).get("/?token=other").status_code == 401
    visitor = client(guard)
    shown = visitor.get("/?token=open%20sesame")
    assert (shown.status_code, shown.headers["Location"]) == (302, "/")
    assert "HttpOnly" in shown.headers["Set-Cookie"]
    assert "SameSite=Strict" in shown.headers["Set-Cookie"]
    assert visitor.get("/").status_code == 200


def test_every_answer_forbids_frames_and_foreign_scripts() -> None:
    headers = client(Guard(frozenset(), scripts=("'sha256-abc'",))).get("/").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "script-src 'self' 'sha256-abc';" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
