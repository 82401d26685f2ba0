"""Where values of tool calls come from: said, given back or declared; numbers and codes exactly, words about."""

import json

import pytest

from analytics.scores.arguments import Known, Value, declared, values


def share(told, text, name="value"):
    """How much of a value these texts tell."""
    return Known.of([told] if isinstance(told, str) else told).share(Value(name, text))


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("Where is order LF-47797?", "LF-47797"),
        ("where is order lf 47797", "LF-47797"),
        ("It was $1,200.50 in all", "1200.5"),
        ("for four of us", "4"),
        ("a couple of Cortados", "2"),
        ("on the 2nd of March", "2019-03-02"),
        ("I fly 2024-05-20 in the morning", "2024-05-20"),
        ("let's meet tomorrow", "2026-11-30"),
        ("at 10:30 pm", "22:30"),
        ("around 5 in the evening", "17:00"),
        ("to LA please", "Los Angeles"),
        ("in NYC", "New York"),
        ('{"menu_item_id": "latte-0002"}', "latte-0002"),
        ("a decaffeinated latte with caramell", "decaf caramel"),
        ("Wo ist meine Bestellung 4711?", "4711"),
        ("我的订单号是 88231，谢谢", "88231"),
        ("from San Francisco", "SFO"),
    ],
)
def test_what_was_told_in_another_form_was_told(told, text):
    """Blanks, case, words for numbers, days and hours said otherwise, and abbreviations."""
    assert share(told, text) >= 0.8


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("Where is order LF-47797?", "LF-47798"),
        ("It was $1,200 in all", "1250"),
        ("on the 2nd of March", "2019-04-17"),
        ("at 10:30 pm", "19:15"),
        ("a latte please", "mocha"),
        ("", "R-785067"),
        ("to Berlin", "Hamburg"),
    ],
)
def test_another_value_was_not_told(told, text):
    """One digit more or less is another order."""
    assert share(told, text) < 0.5


def test_values_are_found_where_they_stand():
    """Nested ones too, with the innermost name and the place in the arguments."""
    arguments = json.dumps({"who": {"name": "Ann Mü"}, "rows": [{"order_id": "LF-1"}, {"order_id": "LF-2"}], "n": 12})
    found = values(arguments)
    assert [(one.name, one.text) for one in found] == [
        ("name", "Ann Mü"), ("order_id", "LF-1"), ("order_id", "LF-2"), ("n", "12"),
    ]  # fmt: skip
    assert [arguments[one.start : one.end] for one in found[1:]] == ["LF-1", "LF-2", "12"]


@pytest.mark.parametrize(
    "value",
    [True, None, 1, 0, "x", "SELECT name FROM orders WHERE id = 77", "def total(x):\n    return x + 42",
     "| a | 7 |\n| b | 9 |",
     " ".join(["Dear Ms Holt, your parcel is on its way and will arrive soon."] * 3), "true"],
)  # fmt: skip
def test_what_the_model_writes_itself_need_not_be_told(value):
    """Switches, code, tables and letters are its own work."""
    assert values(json.dumps({"value": value})) == []


@pytest.mark.parametrize("arguments", ["", "{", "[" * 5_000, '"text"', "nonsense", '{"a": "\ud800"}'])
def test_arguments_of_any_form_are_read(arguments):
    """What is no JSON has no values."""
    assert [one.text for one in values(arguments)] in ([], ["text"])


def test_a_schema_names_values_itself():
    """By enumeration, constant, default and example, wherever they stand; a broken schema names none."""
    schema = {"properties": {"scope": {"enum": ["order", "item"]}, "v": {"const": "v2"}, "n": {"default": 25}}}
    assert declared(json.dumps(schema)) == {"order", "item", "v2", "25"}
    assert declared("{") == frozenset()
