"""Writes a draft out: every message, search, call and answer of a conversation, with its times."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from backend.telemetry.message import Message
from ingest.sample import asking, library
from ingest.sample.answering import good_answer, spoiled_answer, with_manner
from ingest.sample.bench import Bench, arguments, asked_tool, said, told_by_tool
from ingest.sample.facts import Facts, derive, draw_facts, product_facts
from ingest.sample.llms import FALLBACK, SECOND
from ingest.sample.outline import Beat, Outline, digest
from ingest.sample.script import Conversation, Fault, Kind, Request, Turn
from ingest.sample.texts import Case, Failure, Move, Poisoned, Product, Shop, Want

_NEEDS_TOOL: Final = {Kind.TOOL_LOOP, Kind.TOOL_ERROR}
_IDLE: Final = {Kind.RETRIEVAL_MISS, Kind.JAILBREAK, Kind.BAD_PROMPT}  # no tool is called then
_NO_FAULT: Final = Fault(Kind.DISSATISFACTION)  # leaves an answer as it is


def write(shop: Shop, outline: Outline) -> Conversation:
    """Write the conversation of a draft; the same draft gives the same conversation."""
    pen = _Pen(shop, outline)
    turns = tuple(pen.turn(number, beat) for number, beat in enumerate(outline.beats))
    return Conversation(
        id=f"conv_{digest('conversation', outline.key)[:12]}",
        user_id=outline.user_id,
        environment=outline.environment,
        release=outline.release,
        prompt_version=outline.prompt_version,
        want=turns[0].want,
        turns=turns,
    )


@dataclass(slots=True)
class _Question:
    """What is asked in a turn and what it takes to answer it."""

    template: str
    case: Case
    documents: tuple[str, ...]
    tools: tuple[str, ...]


@dataclass(slots=True)
class _Round:
    """The agent at work within one turn."""

    bench: Bench
    request: Request
    fault: Fault
    failed: Failure | None = None


@dataclass
class _Pen:
    """The state of a conversation while it is written."""

    shop: Shop
    outline: Outline
    dice: Random = field(init=False)
    facts: Facts = field(init=False)
    now_ns: int = field(init=False)
    history: tuple[Message, ...] = ()
    last: tuple[_Question, str] | None = None

    def __post_init__(self) -> None:
        outline = self.outline
        self.dice = Random(f"writing/{outline.key}")
        product = _product(self.shop, outline.beats[0].want, outline.beats[0].move, self.dice)
        self.facts = draw_facts(self.shop, product, outline.user_id, outline.started, self.dice)
        self.now_ns = round(outline.started.timestamp() * 1_000_000) * 1_000

    def turn(self, number: int, beat: Beat) -> Turn:
        """Write the next turn."""
        question = self._question(beat)
        self.facts = derive({**self.facts, **question.case.facts}, self.dice)
        ask = self._ask(number, beat, question)
        trace_id = digest("trace", self.outline.key, str(number))[:32]
        bench = Bench(self.shop, trace_id, self.now_ns, self.dice)
        started_ns = self.now_ns
        answer, failure = self._work(bench, beat, question, ask)
        self.now_ns = bench.now_ns
        self._remember(beat, question, ask, answer)
        turn = Turn(
            trace_id=trace_id,
            number=number,
            started_ns=started_ns,
            ended_ns=bench.now_ns,
            want="" if beat.attack else beat.want.slug,
            move="" if beat.attack else beat.move.name,
            ask=ask,
            answer=answer,
            steps=tuple(bench.steps),
            faults=beat.faults,
            failure=failure,
        )
        self.now_ns += round((6 + len(answer) / 25 + self.dice.lognormvariate(3.2, 0.8)) * SECOND)
        return turn

    def _question(self, beat: Beat) -> _Question:
        if beat.complaint and self.last:
            return self.last[0]
        self._meet_product(beat)
        move = beat.move
        pool = [
            (ask, case)
            for ask, only in move.questions()
            for case in ([only] if only else [case for case in move.cases if case.general])
        ]
        if any(fault.kind in _NEEDS_TOOL for fault in beat.faults):
            pool = [(ask, case) for ask, case in pool if move.tools_of(case)]
        asks = list(dict.fromkeys(ask for ask, _ in pool))
        template = self.dice.choice(asks)
        case = self.dice.choice([case for ask, case in pool if ask == template])
        return _Question(template, case, move.documents_of(case), move.tools_of(case))

    def _meet_product(self, beat: Beat) -> None:
        """Turn to another product where this question is not about the present one."""
        kinds = beat.move.kinds or beat.want.kinds
        if kinds and self.facts["kind"] not in kinds:
            self.facts.update(product_facts(self.shop, _product(self.shop, beat.want, beat.move, self.dice), self.dice))

    def _ask(self, number: int, beat: Beat, question: _Question) -> str:
        shop, facts, mood, dice = self.shop, self.facts, self.outline.mood, self.dice
        if beat.attack:
            return asking.attack(shop, facts, dice, beat.faults[0].detail == "obeyed")
        if beat.complaint and self.last:
            return asking.complaint(shop, self.last[1], facts, dice)
        write_message = asking.later_message if number else asking.first_message
        return write_message(shop, question.template, facts, mood, dice)

    def _work(self, bench: Bench, beat: Beat, question: _Question, ask: str) -> tuple[str, Failure | None]:
        """Let the agent search, call tools and answer; returns the answer and why there is none."""
        fault = beat.faults[0] if beat.faults else _NO_FAULT
        poisoned = self.dice.choice(self.shop.faults.poisoned) if fault.kind is Kind.DOCUMENT_INJECTION else None
        prompt = self.shop.setting.prompts[self.outline.prompt_version]
        case = question.case
        found: library.Found = ()
        if question.documents:
            found, case = self._search(fault, poisoned, question)
            bench.retrieve(self._query(beat, ask), found)
        system = (prompt, library.as_context(found)) if found else (prompt,)
        messages = (*self.history, said("user", ask))
        work = _Round(bench, Request(self.outline.model, system, messages, question.tools), fault)
        for tool in () if fault.kind in _IDLE else question.tools:
            self._use(work, tool)
        good = self._good(beat, case)
        answer = spoiled_answer(self.shop, fault, good, self.facts, prompt, poisoned, self.dice)
        self._answer(work, answer)
        return ("", work.failed) if work.failed else (answer, None)

    def _good(self, beat: Beat, case: Case) -> str:
        shop, dice = self.shop, self.dice
        text = good_answer(shop, case, self.facts, dice)
        if beat.complaint:
            return f"{dice.choice(shop.faults.apologies)} {text}"
        if not beat.move.documents:
            return text
        return with_manner(shop, text, self.outline.mood, self.outline.prompt_version, not self.history, dice)

    def _search(self, fault: Fault, poisoned: Poisoned | None, question: _Question) -> tuple[library.Found, Case]:
        """What the retriever finds, and the case that is answered from it."""
        shop, dice = self.shop, self.dice
        if fault.kind is Kind.RETRIEVAL_MISS:
            if fault.detail == "nothing found":
                return (), question.case
            if fault.detail == "vague":
                return library.miss(shop, question.documents, (), dice), question.case
            other = _stranger(shop, question, self.facts["kind"], dice)
            self.facts = derive({**self.facts, **other.cases[0].facts}, dice)
            return library.miss(shop, question.documents, other.documents, dice), other.cases[0]
        if fault.kind is Kind.JAILBREAK:
            return library.miss(shop, question.documents, (), dice), question.case
        found = library.search(shop, question.documents, self.facts, dice)
        return (library.poison(found, poisoned, self.facts, dice) if poisoned else found), question.case

    def _query(self, beat: Beat, ask: str) -> str:
        """A follow-up is rewritten so that it stands alone."""
        return f"{beat.want.name}: {ask}" if self.history and not beat.attack else ask

    def _use(self, work: _Round, tool: str) -> None:
        """Let the model ask for a tool, once or, stuck in a loop, many times, and run it."""
        times = self.dice.randint(6, 11) if work.fault.kind is Kind.TOOL_LOOP else 1
        failures = [self.dice.choice(self.shop.faults.tool_errors)] if work.fault.kind is Kind.TOOL_ERROR else []
        for failure in (*failures, *[None] * times):
            call_id = work.bench.call_id(work.request.model)
            wish = asked_tool(tool, call_id, arguments(self.shop.tools[tool], self.facts))
            self._call(work, wish)
            if work.failed:
                return
            told = told_by_tool(call_id, work.bench.use_tool(tool, call_id, self.facts, failure))
            work.request = replace(work.request, messages=(*work.request.messages, wish, told))

    def _answer(self, work: _Round, answer: str) -> None:
        looped = work.fault.kind is Kind.REPETITION and work.fault.detail == "phrase"
        reason = "length" if looped or work.fault.kind is Kind.TRUNCATION else "stop"
        self._call(work, said("assistant", answer, reason))

    def _call(self, work: _Round, reply: Message) -> None:
        """One call of the model; in an outage two tries in vain and then another model or nothing."""
        if work.failed:
            return
        if work.fault.kind is Kind.OUTAGE and work.request.model is self.outline.model:
            failure = self.dice.choice(self.shop.faults.outages)
            for _ in range(2):
                work.bench.call_in_vain(work.request, failure)
            if work.fault.detail == "failed":
                work.failed = failure
                return
            work.request = replace(work.request, model=FALLBACK)
        work.bench.call(work.request, reply)

    def _remember(self, beat: Beat, question: _Question, ask: str, answer: str) -> None:
        self.history = (*self.history, said("user", ask), *([said("assistant", answer)] if answer.strip() else []))
        if not beat.complaint and not beat.attack:
            self.last = (question, ask)


def _product(shop: Shop, want: Want, move: Move, dice: Random) -> Product:
    kinds = move.kinds or want.kinds
    return dice.choice([item for item in shop.products if not kinds or item.kind in kinds])


def _stranger(shop: Shop, question: _Question, kind: str, dice: Random) -> Move:
    """An opening move that has nothing to do with a question but could be about the same product."""
    return dice.choice(
        [
            move
            for want in shop.wants.values()
            for move in want.moves
            if move.opening
            and not want.late
            and (not want.kinds or kind in want.kinds)
            and (not move.kinds or kind in move.kinds)
            and not set(move.documents) & set(question.documents)
        ]
    )
