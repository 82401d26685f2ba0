"""Detectors of other packages: found by their entry point, off until chosen, and never able to stop the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from analytics.detection.chosen import chosen, named
from analytics.detectors import catalogue
from analytics.pipeline.again import stage_of
from analytics.pipeline.detect import Detect
from backend.detection.choices import Author, Choice, choose
from backend.store.client import Store
from tests.conftest import Cast
from tests.frontend.pages.conftest import insert, turn

_DOCS = Path(__file__).parents[3] / "docs" / "adding-a-plugin.md"
_BASE = "from analytics.detectors.base import Detector, Turn, Verdict\n"
_BODY = "    version = '1'\n    severity = 'low'\n    def judge(self, turn):\n        return None\n"

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package as pip does: its modules, and its metadata with entry points."""

    def put(points: dict[str, str], **modules: str) -> None:
        folder = tmp_path / "assay_test_plugin-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: assay-test-plugin\nVersion: 1.0\n")
        lines = "".join(f"{name} = {value}\n" for name, value in points.items())
        (folder / "entry_points.txt").write_text(f"[{catalogue.GROUP}]\n{lines}")
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        catalogue._installed.cache_clear()

    yield put
    catalogue._installed.cache_clear()


def _documented() -> tuple[str, str]:
    """The module and the entry point that the page on plugins shows."""
    text = _DOCS.read_text().partition("## A detector in a package of its own")[2]
    module, point = re.findall(r"```(?:python|toml)\n(.*?)```", text, re.DOTALL)[:2]
    found = re.search(r'^(\w+) = "([\w.]+:\w+)"$', point, re.MULTILINE)
    assert found
    assert catalogue.GROUP in point
    return module, found[2]


def test_the_documented_package_works(install: Install, cast: Cast, store: Store) -> None:
    """Word for word as the page shows it: off at first, then it flags and stands in the ledger."""
    module, value = _documented()
    install({"shouting": value}, **{value.partition(":")[0]: module})
    project = cast.project.pk
    one = named(chosen(project), "shouting")
    assert one
    assert not one.is_enabled
    insert(store, project, "turn", [turn("t1.0", output_text="WHERE ON EARTH DID YOU PUT MY PARCEL")])
    Detect().run(project, ["t1"])
    asked = "SELECT count() FROM flag FINAL WHERE detector = 'shouting'"
    assert store._client().query(asked).result_rows == [(0,)]
    choose(cast.project, "shouting", Choice(is_enabled=True), Author("owner"))
    Detect().run(project, ["t1"])
    assert store._client().query(asked).result_rows == [(1,)]
    assert stage_of("detector:shouting") == "detect"


def test_the_list_shows_it_and_what_could_not_be_loaded(install: Install, cast: Cast, store: Store) -> None:
    """An owner sees why; its page opens like any other."""
    install(
        {"quiet": "quiet_plugin:Quiet", "broken": "broken_plugin:Nothing"},
        quiet_plugin=f"{_BASE}class Quiet(Detector):\n    'Says nothing.'\n    name = 'quiet'\n{_BODY}",
        broken_plugin="raise RuntimeError('no licence')\n",
    )
    client = Client()
    client.force_login(cast.owner)
    text = client.get("/p/acme/settings/detectors").content.decode()
    assert "Says nothing." in text
    assert "RuntimeError: no licence" in text
    assert client.get("/p/acme/settings/detectors/quiet").status_code == 200


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("empty", f"class One(Detector):\n    'Doc.'\n    name = 'empty'\n{_BODY}", "of the product"),
        ("own_x", f"class One(Detector):\n    'Doc.'\n    name = 'own_rivals'\n{_BODY}", "not with own_"),
        ("loud", f"class One(Detector):\n    'Doc.'\n    name = 'LOUD!'\n{_BODY}", "3 to 60 letters"),
        ("bare", "class One(Detector):\n    'Doc.'\n    name = 'bare'\n    version = '1'\n", "no concrete Detector"),
        ("grave", f"class One(Detector):\n    'Doc.'\n    name = 'grave'\n{_BODY.replace('low', 'fatal')}", "severity"),
        ("mute", f"class One(Detector):\n    name = 'mute'\n{_BODY}", "docstring"),
        ("other", "One = 7\n", "no concrete Detector"),
        ("gone", "pass\n", "AttributeError"),
    ],
)
def test_what_is_no_detector_is_not_taken_and_stops_no_other(install: Install, name: str, text: str, why: str) -> None:
    """Each with its reason."""
    good = f"{_BASE}class Good(Detector):\n    'Good.'\n    name = 'good_one'\n{_BODY}"
    module = f"plugin_{name}"
    install({name: f"{module}:One", "good": "good_plugin:Good"}, **{module: _BASE + text, "good_plugin": good})
    assert list(catalogue.installed_kinds()) == ["good_one"]
    assert why in next(iter(catalogue.refused_plugins().values()))


def test_one_that_breaks_on_a_turn_is_told_of_in_the_ledger(install: Install, cast: Cast, store: Store) -> None:
    """The others judge on."""
    broken = _BODY.replace("return None", "raise ValueError('no idea')")
    install({"b": "breaking:B"}, breaking=f"{_BASE}class B(Detector):\n    'B.'\n    name = 'breaks'\n{broken}")
    choose(cast.project, "breaks", Choice(is_enabled=True), Author("owner"))
    insert(store, cast.project.pk, "turn", [turn("t1.0", output_text="...")])
    assert Detect().run(cast.project.pk, ["t1"])["flags"] >= 1
    asked = "SELECT outcome, reason FROM ledger FINAL WHERE analyser = 'detector:breaks'"
    assert store._client().query(asked).result_rows == [("failed", "ValueError: no idea")]
