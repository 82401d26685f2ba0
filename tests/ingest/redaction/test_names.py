"""Where people's names are looked for and where not: content and labels, every way in, and at what cost."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from backend.sensitive.policy import Policy
from backend.sensitive.tokens import TOKEN
from backend.telemetry import semconv as sc
from backend.telemetry.message import Message, Part, dump, load_messages
from backend.telemetry.part import WirePart
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.protocols.base import Decoded
from ingest.redaction import naming
from ingest.redaction.masker import Masker
from ingest.redaction.redacting import FAILED, redacted_part, redacted_reason, redacted_request, redacted_score
from ingest.redaction.spans import redacted
from tests.ingest.redaction.planting import DROP, EMAIL, MASK
from tests.pace import cpu_within

NAMES = Policy("mask", MASK.salt, masks_names=True)
DROPS = Policy("drop", MASK.salt, masks_names=True)
SAID = "My name is Robert Johnson and I live at 12 Baker Street, London."


def _span(**fields: Any) -> Span:
    told: dict[str, Any] = {"trace_id": "a" * 32, "span_id": "b" * 16, "start_time": 1, "end_time": 2}
    return Span(**told | {"protocol": "otlp_http", "operation": "chat"} | fields)


def _has_person(text: str) -> bool:
    return "[PERSON_" in text


def test_names_and_addresses_are_masked_where_that_is_asked_for() -> None:
    """Marked like other kinds, once, and not otherwise; what the finder fails on is refused."""
    span = _span(input_text=f"{SAID} My mail is {EMAIL}.")
    plain, masked = redacted(span, MASK), redacted(span, NAMES)
    assert "Robert Johnson" in plain.input_text
    assert not {"Johnson", "Baker"} & set(masked.input_text.replace(".", " ").split())
    assert json.loads(masked.attributes[sc.ASSAY_MASKED]).keys() == {"PERSON", "EMAIL", "ADDRESS"}
    assert redacted(masked, NAMES).input_text == masked.input_text
    with patch.object(naming, "find", side_effect=RuntimeError):
        done = redacted_request(Decoded([_span(input_text="Anna Berg was here a minute ago")]), NAMES)
    assert (done.spans, done.rejected) == ([], [(FAILED, 1)])


CONTENT = (
    "status_message", "tool_arguments", "tool_result", "retrieval_query", "input_messages", "output_messages",
    "input_text", "output_text", "tool_definitions", "documents", "events",
)  # fmt: skip
LABELS = (
    "name", "environment", "release", "service_name", "error_type", "provider", "request_model", "response_model",
    "agent_name", "tool_name", "prompt_name", "prompt_version", "links", "scope_name", "scope_version",
)  # fmt: skip


def test_every_text_of_a_span_is_content_or_a_label() -> None:
    """A field that is added to the span has to be put into one of the two lists."""
    from ingest.redaction import spans

    assert sorted(CONTENT + LABELS) == sorted(spans._TEXTS)


@pytest.mark.parametrize("field", CONTENT)
def test_content_is_read(field: str) -> None:
    """Whatever it stands in."""
    assert _has_person(getattr(redacted(_span(**{field: SAID}), NAMES), field))


@pytest.mark.parametrize("field", LABELS)
def test_labels_keep_what_looks_like_a_name(field: str) -> None:
    """A model, an agent or a tool may be called like a person; mail addresses in them are masked all the same."""
    masked = getattr(redacted(_span(**{field: f"{SAID} {EMAIL}"}), NAMES), field)
    assert masked.startswith(SAID)
    assert TOKEN.search(masked)


def test_tags_resources_and_names_of_attributes_are_labels_and_other_attributes_are_content() -> None:
    """But for those that are named as what software is called by; who is named by JSON has one token everywhere."""
    told = {"llm.model_name": SAID, "langgraph.nodeName": SAID, "request.model": SAID, SAID: "1", "note": SAID}
    fields: dict[str, Any] = {"tags": (SAID,), "finish_reasons": (SAID,), "resource_attributes": {"team": SAID}}
    user = json.dumps({"who": SAID, "mail": EMAIL})
    one, two = (redacted(_span(attributes=told, user_id=user, trace_id=at * 32, **fields), NAMES) for at in "ab")
    assert {name: getattr(one, name) for name in fields} == fields
    assert {name: _has_person(value) for name, value in one.attributes.items() if name in told} == {
        name: name == "note" for name in told
    }
    assert one.user_id == two.user_id
    assert EMAIL not in one.user_id


def test_names_of_tools_in_messages_stay() -> None:
    """What they are called with is content."""
    call = Part(type="tool_call", id="c", name="Robert Johnson Finder", arguments={"name": "my name is Robert Johnson"})
    answer = Part(type="tool_call_response", id="c", name="Robert Johnson Finder", response={"name": SAID})
    definitions = json.dumps([{"name": "Robert Johnson Finder", "parameters": {}, "description": SAID}])
    span = _span(
        output_messages=dump([Message(role="assistant", parts=(call, answer))]), tool_definitions=definitions
    )  # fmt: skip
    masked = redacted(span, NAMES)
    asked, got = load_messages(masked.output_messages)[0].parts
    assert (asked.name, got.name) == (call.name, answer.name)
    assert _has_person(asked.arguments["name"])
    assert _has_person(got.response["name"])
    (tool,) = json.loads(masked.tool_definitions)
    assert tool["name"] == "Robert Johnson Finder"
    assert _has_person(tool["description"])


UNTOUCHED = (
    '{ "model" : "Sonnet", "ok":true }',
    '[ "it rains in Lisbon today" ,1.50, null]',
    '{"time" : 4539578763621486, "a": "b c"}',
    '{"a": "caf\\u00e9 au lait"}',
    '{"Robert": "Johnson", "list": [ "x y" ]}',
    '{"b": "{ \\"c\\" : \\"d e\\" }" }',
)


@pytest.mark.parametrize("policy", [MASK, NAMES], ids=["mask", "names"])
@pytest.mark.parametrize("text", UNTOUCHED)
def test_json_in_which_nothing_is_masked_keeps_its_bytes(text: str, policy: Policy) -> None:
    """Blanks, escapes and the form of numbers; also where its signs together look like a name."""
    assert Masker(policy, "t").text(text) == text
    span = _span(tool_arguments=text, attributes={"x": text})
    assert redacted(span, policy) == span


def test_a_name_under_a_key_that_stands_twice_is_not_stored() -> None:
    """Whoever reads the JSON sees the last one alone; the first would lie there in clear."""
    text = json.dumps({"a": SAID})[:-1] + ', "a": "b"}'
    assert json.loads(Masker(NAMES, "t").text(text)) == {"a": "b"}
    assert "Robert" not in Masker(NAMES, "t").text(text)
    assert Masker(NAMES, "t").text('{"a": "b c",  "a": "d"}') == '{"a": "b c",  "a": "d"}'


def _part(body: dict[str, Any], **fields: str) -> WirePart:
    told = {"api": "langfuse", "trace_id": "t", "item_id": "i", "kind": "span", "part_id": "p"} | fields
    return WirePart(**told, sent_at=1, body=json.dumps(body))  # type: ignore[arg-type]


def test_parts_of_spans_keep_labels_and_lose_names() -> None:
    """Name, model and tags of a step stay; what was said, also in metadata, does not. A log record is content."""
    model = "Robert Johnson 4"
    body = {
        "name": SAID, "model": model, "tags": [SAID], "input": [{"role": "user", "content": SAID}],
        "output": SAID, "metadata": {"note": SAID, "name": SAID, "ls_model_name": model, "extra": {"run_name": SAID}},
        "statusMessage": SAID,
    }  # fmt: skip
    told = json.loads(redacted_part(_part(body), NAMES).body)
    assert (told["name"], told["model"], told["tags"]) == (SAID, model, [SAID])
    metadata = told["metadata"]
    assert (metadata["ls_model_name"], metadata["extra"]["run_name"]) == (model, SAID)
    for value in (told["input"][0]["content"], told["output"], told["statusMessage"], metadata["note"],
                  metadata["name"]):  # fmt: skip
        assert _has_person(value)
    log = {"span_id": "b" * 16, "time": 1, "place": 0, "event": "e", "body": SAID, "attributes": {"k": SAID}}
    told = json.loads(redacted_part(_part(log, api="otlp", kind="log"), NAMES).body)
    assert _has_person(told["body"])
    assert _has_person(told["attributes"]["k"])
    span = msgspec.to_builtins(_span(input_text=SAID, agent_name=SAID))
    told = json.loads(redacted_part(_part(span, api="otlp"), NAMES).body)
    assert told["agent_name"] == SAID
    assert _has_person(told["input_text"])


def test_of_scores_comments_and_sentences_are_read() -> None:
    """What a score is called, and a label of a word or two, stay."""
    told: dict[str, Any] = {"score_id": "s", "value": 1.0, "source": "client", "trace_id": "t", "time": 1}
    score = Score(name="Robert Johnson Test", label="Mr Robert Johnson", explanation=SAID, **told)
    masked = redacted_score(score, NAMES)
    assert (masked.name, masked.label) == (score.name, score.label)
    assert _has_person(masked.explanation)
    assert _has_person(redacted_score(Score(name="n", label=SAID, **told), NAMES).label)


def test_without_content_nothing_is_left_to_be_read() -> None:
    """Labels stay as they are, in spans, parts and scores; what clients were told is kept without what they sent."""
    span = _span(
        **dict.fromkeys(CONTENT[:-2], SAID), agent_name=SAID, documents=json.dumps([{"id": "d", "content": SAID}]),
        events=json.dumps([{"name": "e", "attributes": {"k": SAID}}]), attributes={"note": SAID, "n": "5"},
    )  # fmt: skip
    kept = redacted(span, DROPS)
    assert kept.agent_name == SAID
    assert msgspec.structs.replace(kept, agent_name="") == redacted(
        msgspec.structs.replace(span, agent_name=""), DROP
    )  # fmt: skip
    assert b"Johnson" not in msgspec.json.encode(msgspec.structs.replace(kept, agent_name=""))
    body = {"name": SAID, "input": SAID, "metadata": {"note": SAID}}
    assert json.loads(redacted_part(_part(body), DROPS).body) == {"name": SAID, "input": {}, "metadata": {}}
    score = Score(score_id="s", name="n", label=SAID, explanation=SAID, source="client", trace_id="t", time=1)
    dropped = redacted_score(score, DROPS)
    assert (dropped.label, dropped.explanation) == ("", "")
    assert redacted_reason(f"name is {SAID!r}; it must be short", DROPS) == "name is '…'; it must be short"
    assert "Johnson" not in redacted_reason(f"name is {SAID!r}; it must be short", NAMES)


def test_long_words_without_punctuation_are_no_file() -> None:
    """Speech as it is written down is read; base64 in lines and a data URL stay, a key of many lines does not."""
    speech = "well my name is Robert Johnson and my number is 415 555 0132 you know " * 20
    masked = Masker(NAMES, "t").text(speech)
    assert not {"Robert", "0132"} & set(masked.split())
    lines = "\n".join(["iVBORw0KGgoAAAANSUhEUgAA" * 3] * 20)
    for kept in (lines, lines.replace("\n", "\r\n"), f"data:image/png;base64,{lines}", "A" * 3000 + "=="):
        assert Masker(NAMES, "t").text(kept) == kept
    key = f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----"
    assert TOKEN.fullmatch(Masker(NAMES, "t").text(key))
    assert "0132" not in Masker(MASK, "t").text("data:;base64,call me at +1 415 555 0132 as soon as you can please now")


def test_what_was_read_once_is_not_read_again() -> None:
    """Agents send the beginning of a conversation again with every step."""
    said = f"{SAID} Nothing else has this beginning: 7c1d."
    with patch.object(naming, "find", wraps=naming.find) as find:
        for at in "abc":
            redacted(_span(trace_id=at * 32, input_text=said, input_messages=json.dumps([{"content": said}])), NAMES)
    assert find.call_count == 2  # as a text by itself, and beside the word "content"


def test_no_more_than_a_bound_is_read_of_one_span() -> None:
    """What stands behind it is left in clear, as the docs say; the next span has a bound of its own."""
    filler = [f". {at} " + "lorem ipsum " * 4000 for at in range(6)]
    span = _span(input_messages=json.dumps([*filler, SAID]))
    with patch.object(naming, "find", wraps=naming.find) as find:
        assert "Robert" in redacted(span, NAMES).input_messages
        assert sum(len(call.args[0]) for call in find.call_args_list) <= naming.READ_OF_ITEM
    assert "Robert" not in redacted(_span(input_messages=json.dumps([SAID])), NAMES).input_messages


HOSTILE = {
    "names": "Anna Berg, ", "streets": "Street 5, ", "breaks": "Anna.\n", "mails": "Anna joe@acme.org ",
    "tokens": "[EMAIL_bcdfg] Anna. ", "dashes": "A-B' ", "cards": "Anna 4111111111111111 ", "quotes": '"Anna B" ',
}  # fmt: skip


def _varied(unit: str, size: int) -> str:
    """Never the same text twice in a row, so that nothing is remembered."""
    return "".join(f"{unit}{at} " for at in range(size // (len(unit) + 6)))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_hostile_text_costs_little_more_with_names(name: str) -> None:
    """In one text, or in a text and JSON of many small values: at most five seconds of CPU, 2.4 of them for shapes."""
    text = _varied(HOSTILE[name], 2**20)
    values = [text[at : at + 400] for at in range(0, len(text), 400)]
    for one in (text, json.dumps(values), json.dumps({value: value for value in values[: len(values) // 2]})):
        Masker(NAMES, "t").text("warm Anna Berg.")
        with cpu_within(5):
            redacted(_span(input_messages=one), NAMES)
