"""What a policy makes of spans, parts and scores: tokens, marks, readable forms, and refusal when it fails."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from backend.sensitive.own import own_pattern
from backend.sensitive.policy import AS_SENT, Policy
from backend.sensitive.tokens import TOKEN, counted
from backend.telemetry import semconv as sc
from backend.telemetry.message import Document, Message, Part, dump, load_documents, load_messages
from backend.telemetry.score import Score
from backend.telemetry.span import Span
from ingest.protocols.base import Answer, Decoded
from ingest.redaction import dropping, redacting
from ingest.redaction.masker import Masker
from ingest.redaction.redacting import FAILED, NotRedacted, redacted_reason, redacted_request, redacted_score
from ingest.redaction.spans import redacted
from tests.ingest.redaction.planting import CARD, DROP, EMAIL, KEY, MASK

START = 1_795_000_000 * 10**9


def _span(**fields: Any) -> Span:
    told: dict[str, Any] = {"trace_id": "a" * 32, "span_id": "b" * 16, "start_time": START, "end_time": START + 1}
    return Span(**told | {"protocol": "otlp_http", "operation": "chat"} | fields)


def _tokens(text: str) -> list[str]:
    return [match.group() for match in TOKEN.finditer(text)]


def test_one_value_is_one_token_wherever_it_stands_in_a_trace() -> None:
    """However it is written; another value, trace or project has another."""
    said = f"I am {EMAIL}, card 4539 5787 6362 1486 ({CARD})"
    span = redacted(_span(input_text=said, output_text=f"Noted: {EMAIL.upper()}"), MASK)
    mail, first, second = _tokens(span.input_text)
    assert first == second
    assert _tokens(span.output_text) == [mail]
    other = redacted(_span(input_text="x@leak-corp.org"), MASK)
    assert _tokens(other.input_text) != [mail]
    for elsewhere in (
        redacted(_span(trace_id="c" * 32, input_text=EMAIL), MASK),
        redacted(_span(input_text=EMAIL), Policy("mask", b"another project ")),
    ):
        assert _tokens(elsewhere.input_text) != [mail]


def test_a_user_keeps_one_token_in_all_traces() -> None:
    """Else nobody could say what one user did; in texts beside it the same token stands."""
    one = redacted(_span(user_id=EMAIL, input_text=f"from {EMAIL}"), MASK)
    two = redacted(_span(trace_id="c" * 32, user_id=EMAIL), MASK)
    assert one.user_id == two.user_id == _tokens(one.input_text)[0]
    assert json.loads(one.attributes[sc.ASSAY_MASKED]) == {"EMAIL": [one.user_id[7:-1]]}


def test_what_was_masked_is_told_on_the_span() -> None:
    """By kind, and by the tokens, so that a trace can be counted together."""
    span = redacted(_span(input_text=f"{EMAIL} and b@c.org", output_text=KEY), MASK)
    other = redacted(_span(input_text=EMAIL), MASK)
    told = [json.loads(one.attributes[sc.ASSAY_MASKED]) for one in (span, other)]
    assert counted(told) == {"EMAIL": 2, "API_KEY": 1}
    many = redacted(_span(input_text=" ".join(f"p{at}@leak-corp.org" for at in range(60))), MASK)
    assert json.loads(many.attributes[sc.ASSAY_MASKED]) == {"EMAIL": 60}
    assert counted([{"EMAIL": 60}, *told]) == {"EMAIL": 60, "API_KEY": 1}


def test_a_span_with_nothing_to_mask_stays_the_same_object() -> None:
    """Most are such; ids, times and hashes are nobody's."""
    span = _span(
        input_text="Where is order 4711?", attributes={"http.url": "https://x.org/a", "size": "1234"},
        input_messages=dump([Message(role="user", parts=(Part(type="text", content="Hi"),))]),
    )  # fmt: skip
    assert redacted(span, MASK) is span


def test_tokens_counts_and_cost_stay() -> None:
    """They were told by the client or worked out before."""
    numbers: dict[str, Any] = {"uncached_input_tokens": 4539578763621486, "cost_usd": 0.25, "client_cost_usd": 0.3}
    span = redacted(_span(input_text=EMAIL, **numbers), MASK)
    assert {name: getattr(span, name) for name in numbers} == numbers


def test_messages_and_documents_keep_their_form() -> None:
    """Values are masked in place, also in arguments that are JSON within JSON, in names and in long numbers."""
    call = Part(type="tool_call", id="c1", name="pay", arguments={"card": int(CARD), EMAIL: 1, "n": 3.5})
    inner = Part(type="tool_call_response", id="c1", response=json.dumps({"to": [EMAIL], "password": "hunter2"}))
    image = Part(type="blob", mime_type="image/png", content="iVBORw0KGgo" * 200)
    messages = [Message(role="user", parts=(Part(type="text", content=f"pay\n{CARD}"), image, call, inner))]
    documents = [Document(id="d1", content=f"ask {EMAIL}", score=0.5, metadata={"token": KEY})]
    span = redacted(_span(input_messages=dump(messages), documents=dump(documents)), MASK)
    text, picture, asked, got = load_messages(span.input_messages)[0].parts
    assert [TOKEN.fullmatch(text.content.split("\n")[1]), picture, asked.id] != [None, image, "c1"]
    assert picture == image
    assert TOKEN.fullmatch(asked.arguments.pop("card"))
    assert asked.arguments.pop("n") == 3.5
    assert TOKEN.fullmatch(*asked.arguments)
    answer = json.loads(got.response)
    assert TOKEN.fullmatch(answer["to"][0])
    assert answer["password"].startswith("[SECRET_")
    document = load_documents(span.documents)[0]
    assert (document.id, document.score) == ("d1", 0.5)
    assert TOKEN.fullmatch(document.metadata["token"])


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ('{"a": "joe\\u0040leak-corp.org"}', "joe@"),
        ('{"a": "planted.person@leak-corp.org", "a": "b"}', EMAIL),
        ('"say planted.person@leak-corp.org"', EMAIL),
        ('{"a": {"b": "{\\"c\\": \\"planted.person@leak-corp.org\\"}"}}', EMAIL),
        ('[{"planted.person@leak-corp.org": NaN}]', EMAIL),
        ('{"broken": "planted.person@leak-corp.org', EMAIL),
    ],
)
def test_json_is_masked_as_it_will_be_read(text: str, gone: str) -> None:
    """Escapes, names that stand twice, JSON in JSON; what is none is masked as text."""
    masked = Masker(MASK, "t").text(text)
    assert gone not in masked
    assert "leak-corp" not in masked
    if "broken" not in text:
        json.loads(masked)


def test_names_tell_what_a_value_is() -> None:
    """A password is one whatever it looks like; a number beside `phone` is one, and beside `count` none."""
    told = {"db.password": "abc", "http.request.header.authorization": "x y", "count": "491511234567"}
    told |= {"contact.mobilePhone": "491511234567", "ssn": "123456789"}
    span = redacted(_span(attributes=told), MASK)
    kinds = {name: TOKEN.fullmatch(value) for name, value in span.attributes.items() if name != sc.ASSAY_MASKED}
    assert {name: found[1] for name, found in kinds.items() if found} == {
        "db.password": "SECRET", "http.request.header.authorization": "SECRET", "contact.mobilePhone": "PHONE",
        "ssn": "SSN",
    }  # fmt: skip


def test_without_content_only_what_is_no_content_is_left() -> None:
    """Ids, names, times, models, tokens, ranks and numbers."""
    fields: dict[str, Any] = {
        "name": "chat", "user_id": "u1", "request_model": "gpt-4o", "status": "error", "error_type": "Timeout",
        "uncached_input_tokens": 5, "cost_usd": 0.1, "tool_name": "find", "finish_reasons": ("stop",),
        "resource_attributes": {"service.version": "1"}, "conversation_id": "c1",
    }  # fmt: skip
    content: dict[str, Any] = dict.fromkeys(dropping.CONTENT, "secret words")
    span = redacted(
        _span(
            **fields, **content, documents=dump([Document(id="d", content="secret words", score=0.5)]),
            events='[{"name":"e","time":1,"attributes":{"x":"secret words"}}]',
            attributes={"n": "5", "flag": "true", "text": "secret words", "temperature": "0.7"},
        ),
        DROP,
    )  # fmt: skip
    assert b"secret words" not in msgspec.json.encode(span)
    assert {name: getattr(span, name) for name in fields} == fields
    assert load_documents(span.documents) == [Document(id="d", score=0.5)]
    assert json.loads(span.events) == [{"name": "e", "time": 1}]
    assert span.attributes == {"n": "5", "flag": "true", "temperature": "0.7", sc.ASSAY_DROPPED: "content"}


def test_scores_lose_their_words() -> None:
    """A comment is as personal as what it is about."""
    score = Score(score_id="s", name="csat", value=1.0, label="good", explanation=f"ask {EMAIL}", source="client",
                  author=EMAIL, trace_id="t", time=1)  # fmt: skip
    masked, dropped = redacted_score(score, MASK), redacted_score(score, DROP)
    assert TOKEN.fullmatch(masked.explanation[4:])
    assert EMAIL not in masked.author
    assert (dropped.explanation, dropped.label, dropped.value) == ("", "good", 1.0)


def test_patterns_of_the_project_are_masked_too() -> None:
    """Also where nothing else is there to be masked."""
    policy = Policy("mask", MASK.salt, (own_pattern("CUSTOMER", r"KD-\d{4}"),))
    assert redacted(_span(input_text="of KD-1234"), policy).input_text.startswith("of [CUSTOMER_")


def test_what_cannot_be_redacted_is_refused_and_never_stored() -> None:
    """Alone where the answer can say so; with its request where it cannot."""
    good, bad = _span(input_text="Hi"), _span(span_id="c" * 16, input_text="Hi there")
    score = Score(score_id="s", name="n", value=1.0, explanation="well", source="client", trace_id="t", time=1)
    act = redacting.redacted

    def failing(span: Span, policy: Policy) -> Span:
        if span is bad:
            raise RuntimeError("no")
        return act(span, policy)

    with patch.object(redacting, "redacted", failing):
        done = redacted_request(Decoded([good, bad], scores=[score], rejected=[("of old", 1)]), MASK)
        assert (done.spans, done.rejected) == ([good], [("of old", 1), (FAILED, 1)])
        with pytest.raises(NotRedacted, match="could not be redacted"):
            redacted_request(Decoded([good, bad], answer=Answer(200, "", b"")), MASK)
        assert redacted_request(Decoded([good, bad]), AS_SENT).spans == [good, bad]


def test_what_is_nested_too_deeply_is_refused() -> None:
    """A walk that would overflow is a failure like any other."""
    deep = '{"a":' * 700 + f'"{EMAIL}"' + "}" * 700
    done = redacted_request(Decoded([_span(input_messages=deep)]), MASK)
    assert EMAIL.encode() not in msgspec.json.encode(done.spans)


def test_what_clients_were_told_is_kept_without_what_they_sent() -> None:
    """Messages quote it."""
    told = f"line 3: name is {EMAIL!r}; it must be short"
    assert EMAIL not in redacted_reason(told, MASK)
    assert redacted_reason(told, DROP) == "line 3: name is '…'; it must be short"
    assert redacted_reason(told, AS_SENT) == told
