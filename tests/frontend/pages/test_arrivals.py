"""Why don't I see my trace? The page says what is wrong, and shows the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

import ingest.asgi  # noqa: F401 - all errors of the face for SDKs
from analytics.questions.newest import NewTrace
from backend.accounts.models import User
from backend.arrivals.counted import SPANS, Addition, Counted, Outcome
from backend.arrivals.counting import add_counts
from backend.arrivals.days import ArrivalReason, Arrivals
from backend.errors import AssayError
from backend.projects.models import ApiKey
from backend.store.client import Store
from backend.store.rows import insert_block, span_rows
from backend.store.spool import Waiting
from frontend.pages.arrivals_found import ADVICE, Looked, findings
from ingest.routing import match
from tests.backend.api.conftest import chat_trace
from tests.conftest import Cast
from tests.frontend.pages.conftest import HOSTILE

PATH = "/p/acme/settings/arrivals"
NOW = datetime.now(UTC)
# Said before the sender is known, or by other faces.
ELSEWHERE = {
    "method_not_allowed", "not_allowed", "not_authenticated", "not_found", "not_served", "query_too_heavy",
    "sample_refused", "setting", "start",
}  # fmt: skip
SignIn = Callable[[User], Client]


def _add(cast: Cast, outcome: str, reason: str, count: int, message: str = "") -> None:
    key = ApiKey.objects.get(public_key=cast.public_key)
    what = Counted(key.pk, datetime.now(UTC).date(), outcome, reason)
    add_counts({what: Addition(count, timezone.now(), message)})


def _looked(**fields: object) -> Looked:
    well = Looked(
        slug="acme",
        is_owner=True,
        endpoint="http://localhost/v1/traces",
        keys=1,
        last_used_at=NOW,
        found=Arrivals((), (), NOW),
        today=NOW.date(),
        store_is_up=True,
        waiting=Waiting(0, None),
        newest=NewTrace("t" * 32, "chat", NOW),
    )
    return replace(well, **fields)  # type: ignore[arg-type]  # what each test says


def _said(**fields: object) -> list[tuple[str, str]]:
    return [(one.tone, f"{one.text} {one.advice}") for one in findings(_looked(**fields))]


def test_who_belongs_sees_it(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Owner and member; a stranger and nobody learn nothing."""
    for person in (cast.owner, cast.member):
        assert signed_in(person).get(PATH).status_code == 200
    assert signed_in(cast.stranger).get(PATH).status_code == 404
    assert Client().get(PATH).status_code == 302


def test_settings_and_set_up_lead_there(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Who waits for a trace finds the page."""
    for path in ("/p/acme/settings", "/p/acme/setup"):
        assert f'href="{PATH}"' in signed_in(cast.member).get(path).content.decode()


def test_where_nothing_came_the_page_says_what_to_look_at(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """The address to send to, the 401 that cannot be counted, and the way to set-up; no empty tables."""
    text = signed_in(cast.owner).get(PATH).content.decode()
    assert "No request with a key of this project ever came" in text
    assert "/v1/traces" in text
    assert "Nothing came in the last fourteen days" in text
    assert 'href="/p/acme/setup"' in text
    assert "<table" not in text


def test_counts_reasons_and_the_newest_trace_are_shown(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """By day and by reason, with what the client was told; what clients sent is never markup."""
    insert_block(store, [span_rows(cast.project.pk, chat_trace())])
    ApiKey.objects.filter(public_key=cast.public_key).update(last_used_at=timezone.now())
    _add(cast, Outcome.ACCEPTED, SPANS, 1234)
    _add(cast, Outcome.REPEATED, SPANS, 56)
    _add(cast, Outcome.SPOOLED, "away", 78)
    _add(cast, Outcome.REJECTED, "with a missing or all-zero span id", 9)
    _add(cast, Outcome.REFUSED, "bad_request", 3, HOSTILE)
    text = signed_in(cast.member).get(PATH).content.decode()
    for figure in ("1,234", ">56<", ">78<", ">9<", ">3<"):
        assert figure in text
    assert "3 requests could not be read" in text
    assert "with a missing or all-zero span id" in text
    assert f'href="/p/acme/traces/{"a" * 32}"' in text
    assert cast.public_key in text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_another_projects_counts_are_not_shown(store: Store, cast: Cast, signed_in: SignIn) -> None:
    """Each project has its own."""
    _add(cast, Outcome.ACCEPTED, SPANS, 1234)
    assert "1,234" not in signed_in(cast.stranger).get("/p/elsewhere/settings/arrivals").content.decode()


def test_when_all_is_well_it_says_so() -> None:
    """The last spans, where the newest trace is, and that lists show a time range."""
    (_, used), (tone, text) = _said()
    assert "last used" in used
    assert tone == "ok"
    assert "time range and environment" in text


@pytest.mark.parametrize(
    ("fields", "tone", "words"),
    [
        ({"store_is_up": False, "waiting": Waiting(3 * 2**20, NOW)}, "error", "ClickHouse does not answer; 3 MiB"),
        ({"waiting": Waiting(2**20, NOW - timedelta(minutes=5))}, "warn", "1 MiB of all projects wait on disk"),
        ({"keys": 0}, "error", "Make one in Settings"),
        ({"keys": 0, "is_owner": False}, "error", "Ask an owner"),
        ({"last_used_at": None}, "warn", "answered with 401"),
        ({"newest": None}, "info", "No trace is stored yet"),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, object], tone: str, words: str) -> None:
    """With its weight and what to do."""
    assert any(tone == shown and words in text for shown, text in _said(**fields))


def test_a_moment_on_disk_is_nothing_to_tell() -> None:
    """Everything is there for a moment."""
    assert not any("disk" in text for _, text in _said(waiting=Waiting(2**20, timezone.now())))


def test_only_refusals_of_today_are_findings() -> None:
    """Older ones stand in the table; the newest four are told."""
    old = ArrivalReason("refused", "too_large", NOW - timedelta(days=2), 5)
    assert len(_said(found=Arrivals((), (old,), NOW))) == 2
    many = tuple(ArrivalReason("refused", code, NOW, 1) for code in ADVICE)
    said = _said(found=Arrivals((), many, NOW))
    assert len(said) == 2 + 4
    assert any(text.startswith("1 request came with a key that was revoked") for _, text in said)


def _codes(kind: type[AssayError]) -> Iterator[str]:
    if not kind.__module__.startswith("analytics."):  # which other tests of this process may have imported
        yield kind.code
    for below in kind.__subclasses__():
        yield from _codes(below)


def test_each_refusal_has_words_and_advice() -> None:
    """A new error of the face for SDKs is explained here, too."""
    match("POST", "/v1/traces")  # imports all protocols
    assert set(_codes(AssayError)) - ELSEWHERE <= set(ADVICE)
