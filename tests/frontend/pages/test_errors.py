"""What an address that is not ours and a form that is not ours are answered with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from backend.accounts.models import User
from frontend.errors import server_error
from tests.conftest import Cast

SignIn = Callable[[User], Client]
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/nowhere", "/p/acme/nowhere", "/p/acme/topics/", "/api/v1/nowhere"])
def test_browsers_get_a_page_of_ours(cast: Cast, signed_in: SignIn, address: str) -> None:
    """Signed in or not, with a way back."""
    for client in (signed_in(cast.member), Client()):
        answer = client.get(address, headers=BROWSER)
        assert answer.status_code == 404
        assert "There is no page at this address." in answer.content.decode()
        assert 'href="/"' in answer.content.decode()


@pytest.mark.parametrize("accept", [{}, {"Accept": "*/*"}, {"Accept": "application/json"}])
@pytest.mark.parametrize("method", ["get", "post"])
def test_programs_get_json_that_names_the_address(method: str, accept: dict[str, str]) -> None:
    """An SDK with a wrong path logs a sentence, not a page."""
    answer = getattr(Client(), method)("/api/v1/nowhere", headers=accept)
    assert answer.status_code == 404
    assert answer.json() == {
        "error": {"code": "not_found", "message": f"nothing is served at {method.upper()} /api/v1/nowhere"}
    }


def test_a_hostile_address_is_cut_and_stays_text() -> None:
    """Of a path of any length 200 characters come back, as JSON and encoded."""
    answer = Client().get("/<script>" + "x" * 5_000)
    assert answer["Content-Type"] == "application/json"
    assert len(answer.json()["error"]["message"]) < 300
    assert "<" not in answer.content.decode()
    page = Client().get("/<script>", headers=BROWSER).content.decode()
    assert "<script>" not in page[page.index("<main") :]


def test_a_form_without_its_token_is_told_what_to_do(cast: Cast) -> None:
    """In our words, not in those of the framework."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    answer = client.post("/p/acme/settings/keys", {"name": "k"}, headers=BROWSER)
    assert answer.status_code == 403
    assert "The form was open for too long" in answer.content.decode()


@pytest.mark.parametrize(("headers", "kind"), [(BROWSER, "text/plain"), ({}, "application/json")])
def test_a_fault_of_ours_says_where_to_look(headers: dict[str, str], kind: str) -> None:
    """Without what failed: that stands in the log."""
    request: HttpRequest = RequestFactory().get("/", headers=headers)
    answer = server_error(request)
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (500, kind)
    assert "log of the web server" in answer.content.decode()
