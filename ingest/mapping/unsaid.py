"""What a value holds that is said nowhere else, so that nothing is kept twice and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from backend.telemetry import semconv as sc
from backend.telemetry.message import Message
from ingest.mapping.values import from_json

WORTH_LEAVING_OUT: Final = 8
"""Numbers in a row from which a list is a vector, of which only the length is kept."""

_FORM: Final = frozenset({"type", "object", "role", "lc", "index", sc.GEN_AI_EVENT_MESSAGE_INDEX})
_WORDS: Final = frozenset({
    "user", "assistant", "system", "tool", "developer", "human", "ai", "model", "function", "message", "text",
    "input_text", "output_text", "refusal", "image", "image_url", "input_image", "input_audio", "file", "input_file",
    "tool_call", "tool_call_response", "tool_use", "tool_result", "tool-call", "tool-result", "function_call",
    "function_call_output", "reasoning", "thinking", "constructor", "not_implemented", "list", "embedding",
    "chat.completion", "text_completion", "response", "ChatGeneration", "ChatGenerationChunk", "LLMResult",
})  # fmt: skip
"""Words under those names that tell the form of a message, which ours has too."""


_JSON: Final = frozenset("{[")


class Said:
    """Everything that is said already: texts wherever they stand, numbers and truths under their name."""

    def __init__(self, messages: Iterable[Message] = (), values: Iterable[Any] = ()) -> None:
        """Take messages, and values of any shape; texts that are JSON count as what they hold too."""
        self._texts: set[str] = set()
        self._pairs: set[tuple[str, Any]] = set()
        for message in messages:
            self._texts.add(message.finish_reason)
            for part in message.parts:
                self._texts.update((part.id, part.name, part.mime_type))
                for value in (part.content, part.arguments, part.response):
                    if value:
                        self.add(value)
                if part.type in {"blob", "file"}:
                    self._texts.add(f"data:{part.mime_type};base64,{part.content}")
        for value in values:
            self.add(value)

    def add(self, value: Any, name: str = "") -> None:
        """Take one value more, of any depth.

        Args:
            value: any JSON value.
            name: under which it stands.
        """
        try:
            self._add(value, name)
        except RecursionError:
            return  # what was not reached counts as unsaid

    def left(self, value: Any) -> Any:
        """The same value without what is said, in its own shape: a list keeps its places.

        Returns:
            None where nothing is left. Words that tell only the form of a message are nothing, and neither is a value
            that is empty; of vectors their length is left.
        """
        try:
            return self._left(value, "")
        except RecursionError:
            return value

    def _add(self, value: Any, name: str) -> None:
        if isinstance(value, str):
            if value not in self._texts:
                self._texts.add(value)
                if value[:1] in _JSON and (inner := _opened(value)) is not None:
                    self._add(inner, name)
        elif isinstance(value, dict):
            for key, item in value.items():
                self._add(item, key)
        elif isinstance(value, list | tuple):
            for item in value:
                self._add(item, name)
        elif value is not None:
            self._pairs.add((name, value))

    def _left(self, value: Any, name: str) -> Any:
        if isinstance(value, str):
            if not value or value in self._texts or (name in _FORM and value in _WORDS):
                return None
            inner = _opened(value) if value[0] in _JSON else None
            return value if inner is None else self._left(inner, name)
        if isinstance(value, dict):
            form = {"lc", "type", "id"} if "lc" in value else frozenset()  # LangChain's class of an object
            kept = {
                key: rest
                for key, item in value.items()
                if key not in form and (rest := self._left(item, key)) is not None
            }
            return kept or None
        if isinstance(value, list):
            if len(value) >= WORTH_LEAVING_OUT and all(type(item) in {int, float} for item in value):
                return f"[{len(value)} numbers left out]"
            rests = [self._left(item, name) for item in value]
            return None if all(rest is None for rest in rests) else rests
        return None if value is None or name in _FORM or (name, value) in self._pairs else value


def _opened(text: str) -> Any:
    """The structure that a text holds as JSON; None where it holds none."""
    try:
        inner = from_json(text)
    except (ValueError, RecursionError):
        return None
    return inner if isinstance(inner, dict | list) else None
