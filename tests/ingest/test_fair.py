"""Places are given to projects in turn, whoever has the larger crowd."""

from __future__ import annotations

import asyncio

import pytest

from ingest.fair import Turns


def _order(arrivals: list[tuple[int, str]], places: int = 1) -> list[str]:
    """Who got in, in order, where all came while the first was in."""
    seen: list[str] = []

    async def come(turns: Turns, project_id: int, name: str) -> None:
        async with turns.turn(project_id):
            seen.append(name)
            await asyncio.sleep(0)

    async def all_of_them() -> None:
        turns = Turns(places)
        await asyncio.gather(*(come(turns, project_id, name) for project_id, name in arrivals))

    asyncio.run(all_of_them())
    return seen


def test_one_project_does_not_wait_behind_anothers_crowd() -> None:
    """The single request of project 2 is second, though a hundred of project 1 came before it."""
    crowd = [(1, f"a{number}") for number in range(100)]
    seen = _order([*crowd, (2, "b")])
    assert seen.index("b") == 2  # one was in, one was next already


def test_projects_take_turns_and_keep_their_order() -> None:
    """However they came."""
    arrivals = [(1, "a0"), (1, "a1"), (1, "a2"), (1, "a3"), (2, "b0"), (2, "b1"), (3, "c0")]
    assert _order(arrivals) == ["a0", "a1", "b0", "c0", "a2", "b1", "a3"]


def test_as_many_as_there_are_places_are_in_at_once() -> None:
    """No more, and a place that is left is used."""
    inside: list[int] = []

    async def come(turns: Turns, project_id: int) -> None:
        async with turns.turn(project_id):
            inside.append(inside[-1] + 1 if inside else 1)
            await asyncio.sleep(0.001)
            inside.append(inside[-1] - 1)

    async def all_of_them() -> None:
        turns = Turns(3)
        await asyncio.gather(*(come(turns, number % 2) for number in range(20)))
        await asyncio.gather(*(come(turns, number % 2) for number in range(20)))

    asyncio.run(all_of_them())
    assert max(inside) == 3
    assert inside[-1] == 0


@pytest.mark.parametrize("granted", [False, True])
def test_who_gives_up_holds_no_place(granted: bool) -> None:
    """Neither while waiting nor in the moment in which the place was given."""

    async def give_up() -> None:
        turns = Turns(1)

        async def hold(until: asyncio.Event) -> None:
            async with turns.turn(1):
                await until.wait()

        leave = asyncio.Event()
        first = asyncio.create_task(hold(leave))
        await asyncio.sleep(0)
        waits = asyncio.create_task(hold(asyncio.Event()))
        await asyncio.sleep(0)
        if granted:
            leave.set()
            await first
        waits.cancel()
        leave.set()
        await first
        async with asyncio.timeout(1), turns.turn(2):
            pass

    asyncio.run(give_up())


def test_a_fault_frees_the_place() -> None:
    """What happens inside is not the gate's business."""

    async def fail() -> None:
        turns = Turns(1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                async with turns.turn(1):
                    raise ZeroDivisionError

    asyncio.run(fail())
