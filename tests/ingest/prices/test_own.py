"""Prices that a project sets: before the list, from their day on, for what comes in and for what is stored."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from backend.prices.models import ProjectPrice
from backend.prices.setting import MOST
from backend.projects.models import Project
from backend.store.client import Store
from backend.store.query import Query
from backend.store.rows import insert_all, span_rows
from backend.telemetry.span import Span
from ingest import steps
from ingest.prices.own import OwnPrices, load
from ingest.prices.recompute import recompute
from ingest.prices.table import OwnTable, Price, cost_usd, price_of
from tests.pace import cpu_within

NOON = 1_790_000_000 * 10**9  # 2026-09-21
_DAY = date(2026, 9, 21)


def _span(number: int = 1, **fields: object) -> Span:
    given = {"operation": "chat", "request_model": "gpt-4o-mini", "provider": "openai", "uncached_input_tokens": 1000}
    given |= fields
    return Span(trace_id="a" * 32, span_id=f"{number:016x}", start_time=NOON, end_time=NOON, **given)  # type: ignore[arg-type]


def _price(model: str = "gpt-4o-mini", since: date = date(2026, 1, 1), **fields: float) -> Price:
    figures = {"input": 1.0, "output": 2.0, **fields}
    return Price(model=model, since=since, source="own", checked=since, **figures)


def test_a_projects_own_price_comes_before_the_list() -> None:
    """A contract's price holds, and only for the models that it names and from its day on."""
    own = [_price("gpt-4o-.*", input=7.0)]
    assert cost_usd(_span(), own) == pytest.approx(0.007)
    assert cost_usd(_span(request_model="openai/gpt-4o-mini"), own) == pytest.approx(0.007)
    assert cost_usd(_span(request_model="gpt-4.1-nano"), own) == cost_usd(_span(request_model="gpt-4.1-nano"))
    assert cost_usd(_span(), [_price(since=date(2026, 12, 1), input=7.0)]) == cost_usd(_span())


def test_a_model_that_no_list_knows_gets_a_price() -> None:
    """A model that runs at home costs what its owner says."""
    assert cost_usd(_span(request_model="house-7b")) is None
    assert cost_usd(_span(request_model="house-7b"), [_price("house-.*")]) == pytest.approx(0.001)


def test_cache_writes_cost_by_how_long_they_live() -> None:
    """Anthropic's writes for an hour cost twice the input, those for five minutes a quarter more than it."""
    call = {"request_model": "claude-sonnet-4-5", "provider": "anthropic", "uncached_input_tokens": 0}
    short = cost_usd(_span(**call, cache_write_input_tokens=1000))
    mixed = cost_usd(_span(**call, cache_write_input_tokens=1000, hour_cache_write_input_tokens=400))
    assert (short, mixed) == (pytest.approx(0.00375), pytest.approx((600 * 3.75 + 400 * 6.0) / 1e6))


def test_a_pattern_means_the_same_whatever_the_case() -> None:
    r"""Also one with ``\D``, which in lower case would ask for digits alone."""
    own = [_price(r"House-\D+"), _price(r"lab-\pL", input=7.0)]
    assert cost_usd(_span(request_model="house-XL"), own) == pytest.approx(0.001)
    assert cost_usd(_span(request_model="House-7"), own) is None
    assert cost_usd(_span(request_model="LAB-a"), own) == pytest.approx(0.007)


@pytest.mark.parametrize("pattern", ["(((((a*)*)*)*)*)*b", "(a|aa)+$x", "(.*a){20}b"])
def test_no_pattern_holds_ingest_up(pattern: str) -> None:
    """Patterns over which a backtracking engine would sit for years end with the text."""
    with cpu_within(1):
        assert cost_usd(_span(request_model="a" * 10_000), [_price(pattern)]) is None


def test_a_price_is_looked_up_once_for_all_spans_of_a_model() -> None:
    """With as many prices as a project may have: comparing or hashing each of them anew took longer than a span may."""
    own = OwnTable(_price(f"house-{number}.*") for number in range(MOST))
    assert (hash(own), own) == (hash(tuple(own)), tuple(own))
    span = _span(request_model="house-199b")
    assert cost_usd(span, own) == pytest.approx(0.001)
    hashed = price_of.cache_info().hits
    with cpu_within(0.01):
        for _ in range(1000):
            cost_usd(span, own)
    assert price_of.cache_info().hits == hashed + 1000


def test_steps_price_by_what_the_project_set() -> None:
    """Also where the list knows another price."""
    kept, _ = steps.run([_span()], [_price(input=7.0)])
    assert kept[0].cost_usd == pytest.approx(0.007)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"model": "("}, {"model": "a(?=b)"}, {"model": ""}, {"model": "x" * 201}, {"model": "((a{99}){99}){9}"},
        {"input": -1.0}, {"output": float("inf")}, {"input": float("nan")}, {"cached_input": 1e7},
        {"since": date(2014, 12, 31)}, {"since": date(2199, 1, 1)},
    ],
)  # fmt: skip
def test_a_price_that_cannot_be_one_is_refused(fields: dict[str, object]) -> None:
    """Patterns that could hang or grow without end, figures that are none, days that nobody meant."""
    project = Project.objects.create(name="a", slug="a")
    given = {"model": "m", "since": _DAY, "input": 1.0, "output": 1.0, **fields}
    with pytest.raises(ValidationError):
        ProjectPrice(project=project, **given).full_clean()


@pytest.mark.django_db
def test_prices_are_read_by_project_the_latest_first() -> None:
    """Another project's price holds for nobody else."""
    one, two = (Project.objects.create(name=name, slug=name) for name in "ab")
    for since, dollars in ((date(2026, 1, 1), 1.0), (date(2026, 6, 1), 2.0)):
        ProjectPrice.objects.create(project=one, model="m", since=since, input=dollars, output=0.0)
    assert [price.input for price in load()[one.pk]] == [2.0, 1.0]
    assert load(two.pk) == {}
    known = OwnPrices()
    known._read()
    assert len(known.of(one.pk)) == 2
    assert known.of(two.pk) == ()
    first = known.of(one.pk)
    known._read()
    assert known.of(one.pk) is first
    ProjectPrice.objects.filter(input=1.0).delete()
    known._read()
    assert [price.input for price in known.of(one.pk)] == [2.0]


@dataclass(frozen=True, slots=True)
class _Cost:
    cost_usd: float | None


_COSTS = Query(
    "test_costs", "SELECT cost_usd FROM span FINAL WHERE project_id = {project_id:UInt32} ORDER BY span_id", _Cost
)


def test_stored_calls_are_priced_anew(store: Store) -> None:
    """Exactly as they would be if they came in now, in every bucket, and twice is once."""
    spans = [
        _span(1, cost_usd=9.0),
        _span(2, request_model="house-7b"),
        _span(3, request_model="claude-sonnet-4-5", provider="anthropic", cached_input_tokens=64,
              cache_write_input_tokens=100, hour_cache_write_input_tokens=40, reasoning_output_tokens=12),
        _span(4, audio_input_tokens=5),
        _span(5, operation="invoke_agent", cost_usd=3.0),
        _span(6, uncached_input_tokens=0, status="error"),
    ]  # fmt: skip
    insert_all(store, [span_rows(1, spans), span_rows(2, spans)])
    own = [_price("house-.*")]
    time.sleep(0.01)
    for _ in range(2):
        recompute(store, 1, own, _DAY, date(2026, 9, 22), lambda _: None)
    wanted = [cost_usd(span, own) for span in spans]
    wanted[4] = 3.0
    assert [row.cost_usd for row in store.fetch(_COSTS, project_id=1)] == [
        None if cost is None else pytest.approx(cost, abs=1e-12) for cost in wanted
    ]
    assert store.fetch(_COSTS, project_id=2)[0].cost_usd == 9.0


@pytest.mark.django_db
def test_the_command_sets_lists_and_removes(capsys: pytest.CaptureFixture[str]) -> None:
    """And says what is wrong."""
    Project.objects.create(name="Acme", slug="acme")
    price = ("set", "House-.*", "--from", "2026-01-01", "--input", "0.5", "--output", "1")
    call_command("prices", "--project", "acme", *price)
    call_command("prices", "--project", "acme", "list")
    assert "House-.* from 2026-01-01: input 0.5, output 1.0" in capsys.readouterr().out
    call_command("prices", "--project", "acme", "remove", "House-.*", "--from", "2026-01-01")
    assert not ProjectPrice.objects.exists()
    with pytest.raises(CommandError, match="no regular expression"):
        call_command("prices", "--project", "acme", "set", "(", *price[2:])
    with pytest.raises(CommandError, match="no project"):
        call_command("prices", "--project", "nobody", "list")


@pytest.mark.django_db
def test_the_command_compares_with_what_clients_say(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Only calls with both costs are added up; those without a price here are counted."""
    project = Project.objects.create(name="Acme", slug="acme")
    spans = [_span(1, cost_usd=0.5, client_cost_usd=0.75), _span(2, client_cost_usd=9.0), _span(3, cost_usd=0.5)]
    insert_all(store, [span_rows(project.pk, spans), span_rows(project.pk + 1, spans)])
    call_command("prices", "--project", "acme", "compare", "--start", "2026-09-01", "--end", "2026-10-01")
    told = capsys.readouterr().out
    assert "openai gpt-4o-mini: 2 calls, clients say 0.750000 USD, the price table 0.500000; 1 without" in told
