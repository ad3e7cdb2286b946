"""What is due is done once and stands in the ledger; what is off, late or in the way stands there with its reason."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models.function import AgentInfo
from standing_world import LEAD, MONDAY_0859, Served, World, answers, minutes, nothing_stays_open, serving, world_in

from personae.errors import InvalidFileError
from personae.run.record import journal
from personae.run.record.runs import get_run
from personae.standing import table
from personae.standing.beat import QUIET
from personae.standing.server import ENDED_BEFORE
from personae.standing.table import EVERYBODY
from personae.standing.timer import NOT_SERVED, OVERLAP
from personae.testing import said

__all__ = ["nothing_stays_open"]

NINE = MONDAY_0859 + minutes(1)
WEEK = timedelta(days=7)
HOURLY = LEAD.replace("0 9 * * 1", "0 * * * *")


def test_a_beat_fires_at_its_time_and_never_twice(tmp_path: Path) -> None:
    async def script(served: Served) -> None:
        await served.at(MONDAY_0859 + minutes(0.9))
        assert served.beats == []
        await served.at(NINE)
        await served.at(NINE + minutes(1))
        await served.at(NINE + WEEK)

    world = world_in(tmp_path)
    served = serving(world, script)
    assert served.became == [("Mon 09:00", "ran", ""), ("Mon 09:00", "ran", "")]
    id = served.beats[0].run
    run = served.record.database.run(lambda tx: get_run(tx, id))
    assert (run.id[:27], run.kind, run.status, run.title) == (
        "beat-20261130-0900-gtm-lead", "beat", "done", "Monday standup",
    )  # fmt: skip
    assert [event.status for event in world.events if event.kind == "ended"] == ["ran", "ran"]


def test_it_sees_stance_prompt_and_the_word_for_silence_and_nothing_else(tmp_path: Path) -> None:
    served = serving(world_in(tmp_path), lambda served: served.at(NINE))
    run = served.beats[0].run
    start = served.record.database.run(lambda tx: journal.find(tx, run, "beat/start"))
    assert start is not None
    assert start.body["system"] == "You lead launches."
    assert start.body["user"] == (
        "If you find nothing to report, answer with the one word NOTHING_TO_REPORT and nothing else.\n\n"
        "What changed since Friday?"
    )


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (QUIET, "quiet"),
        (f"  `{QUIET}`.\n", "quiet"),
        ("Nothing to report.", "quiet"),
        (f"The tool said: {QUIET}", "ran"),
        ("All on time.", "ran"),
    ],
)
def test_a_quiet_beat_is_told_by_its_whole_answer(tmp_path: Path, answer: str, status: str) -> None:
    world = world_in(tmp_path)
    world.reply = answers(answer)
    assert serving(world, lambda served: served.at(NINE)).became == [("Mon 09:00", status, "")]


def test_model_and_effort_of_a_beat_beat_those_of_the_persona(tmp_path: Path) -> None:
    lead = LEAD.replace("    prompt", "    model: embedded\n    effort: low\n    prompt").replace(
        "type: lead", "type: lead\nmodel: claude-opus-5-5\neffort: high"
    )
    served = serving(world_in(tmp_path, lead=lead), lambda served: served.at(NINE))
    (beat,) = served.beats
    assert beat.status == "ran"
    start = served.record.database.run(lambda tx: journal.find(tx, beat.run, "beat/start"))
    assert start is not None
    assert (start.body["model"]["provider"], start.body["model"]["effort"]) == ("embedded", "low")


def test_a_model_that_is_not_here_fails_the_beat_and_says_so(tmp_path: Path) -> None:
    lead = LEAD.replace("type: lead", "type: lead\nmodel: claude-opus-5-5")
    ((_, status, reason),) = serving(world_in(tmp_path, lead=lead), lambda served: served.at(NINE)).became
    assert status == "failed"
    assert reason.startswith("model 'anthropic:claude-opus-5-5' is not available")


def test_after_sleep_what_was_missed_is_one_line_and_there_is_no_burst(tmp_path: Path) -> None:
    async def script(served: Served) -> None:
        await served.at(NINE)
        await served.at(NINE + timedelta(hours=10, minutes=30))
        await served.at(NINE + timedelta(hours=11))

    served = serving(world_in(tmp_path, lead=HOURLY), script)
    assert served.became == [("Mon 09:00", "ran", ""), ("Mon 10:00", "missed", NOT_SERVED), ("Mon 20:00", "ran", "")]
    assert served.beats[1].count == 10


@pytest.mark.parametrize(
    ("late", "policy", "expected"),
    [
        (minutes(0.5), "skip", ["ran"]),
        (minutes(2), "skip", ["missed"]),
        (minutes(20), "once", ["ran"]),
        (minutes(31), "once", ["missed"]),
    ],
)
def test_a_late_beat_follows_the_policy(tmp_path: Path, late: timedelta, policy: str, expected: list[str]) -> None:
    toml = f'[standing]\nmissed = "{policy}"\nwindowMinutes = 30\n'
    served = serving(world_in(tmp_path, toml=toml), lambda served: served.at(NINE + late))
    assert [status for _, status, _ in served.became] == expected


def test_what_was_missed_while_nothing_served_is_found_at_the_next_start_and_nothing_fires_twice(
    tmp_path: Path,
) -> None:
    world = world_in(tmp_path, lead=HOURLY, toml='[standing]\nmissed = "once"\n')
    serving(world, lambda served: served.at(NINE)).stop()
    world.clock.move(timedelta(hours=3, minutes=10))

    async def script(served: Served) -> None:
        await served.at(world.clock.moment)
        await served.at(world.clock.moment)

    first, second = world.open(), None
    first.stop()
    second = serving(world, script)
    assert [(when, status) for when, status, _ in second.became] == [
        ("Mon 09:00", "ran"), ("Mon 10:00", "missed"), ("Mon 12:00", "ran"),
    ]  # fmt: skip
    assert [beat.count for beat in second.beats] == [1, 2, 1]


def test_a_heartbeat_that_is_new_or_rescheduled_counts_from_now_on(tmp_path: Path) -> None:
    world = world_in(tmp_path)

    async def script(served: Served) -> None:
        world.write("gtm-lead", LEAD.replace("0 9 * * 1", "30 8 * * 1"))
        await served.at(NINE)
        await served.at(NINE + minutes(30))

    assert serving(world, script).became == []


def test_a_beat_that_has_not_ended_keeps_the_next_one_from_beginning(tmp_path: Path) -> None:
    world = world_in(tmp_path, lead=HOURLY)
    hold = asyncio.Event()

    def reply(messages: list[ModelMessage], info: AgentInfo) -> object:
        async def slowly() -> ModelResponse:
            await hold.wait()
            return answers()(messages, info)  # type: ignore[return-value]

        return slowly()

    world.reply = reply  # type: ignore[assignment]

    async def script(served: Served) -> None:
        for hour in range(3):
            world.clock.moment = NINE + timedelta(hours=hour)
            await served.server.turn()
            await asyncio.sleep(0)
        hold.set()
        await served.server.settled()
        await served.at(NINE + timedelta(hours=3))

    served = serving(world, script)
    assert served.became == [("Mon 09:00", "ran", ""), ("Mon 10:00", "skipped", OVERLAP), ("Mon 12:00", "ran", "")]
    assert served.beats[1].count == 2


def test_a_clock_that_is_set_back_fires_nothing_again_and_one_set_forward_bursts_nothing(tmp_path: Path) -> None:
    async def script(served: Served) -> None:
        await served.at(NINE)
        await served.at(NINE - minutes(30))
        await served.at(NINE)
        await served.at(NINE + timedelta(days=1, minutes=30))

    served = serving(world_in(tmp_path, lead=HOURLY), script)
    assert served.became == [("Mon 09:00", "ran", ""), ("Mon 10:00", "missed", NOT_SERVED)]
    assert served.beats[1].count == 24


def test_a_clock_that_was_years_ahead_does_not_silence_a_heartbeat_for_years(tmp_path: Path) -> None:
    world = world_in(tmp_path, lead=HOURLY)
    serving(world, lambda served: served.at(datetime(2030, 1, 1, 0, 30, tzinfo=UTC))).stop()
    world.clock.moment = MONDAY_0859
    served = serving(world, lambda served: served.at(NINE + minutes(60)))
    assert ("Mon 10:00", "ran", "") in served.became


class TestOffIsOff:
    """Around the moment of switching: just before, at, and just after the beat is due."""

    @pytest.mark.parametrize("when", [minutes(-0.01), minutes(0), minutes(0.01)])
    @pytest.mark.parametrize("what", ["beat", "project", "persona", "everybody"])
    def test_what_was_switched_off_before_it_is_looked_at_never_fires(
        self, tmp_path: Path, what: str, when: timedelta
    ) -> None:
        world = world_in(tmp_path)

        async def script(served: Served) -> None:
            world.clock.moment = NINE + when
            switch_off(world, served, what)
            await served.at(NINE + minutes(0.02))
            await served.at(NINE + minutes(5))

        ((due, status, reason),) = serving(world, script).became
        assert (due, status) == ("Mon 09:00", "skipped")
        assert reason in (
            "disabled: enabled: false",
            "disabled: [standing] enabled = false",
            "paused: gtm-lead is",
            "paused: everybody is",
        )

    def test_what_is_switched_off_while_it_waits_for_its_turn_never_begins(self, tmp_path: Path) -> None:
        world = world_in(tmp_path)

        async def script(served: Served) -> None:
            world.clock.moment = NINE
            async with served.server._turns_of["gtm-lead"]:  # as if another beat of it was being done
                await served.server.turn()
                switch_off(world, served, "beat")
            await served.server.settled()

        assert serving(world, script).became == [("Mon 09:00", "skipped", "disabled: enabled: false")]

    def test_what_is_switched_on_again_does_not_fire_for_the_time_it_was_off(self, tmp_path: Path) -> None:
        world = world_in(tmp_path, toml='[standing]\nmissed = "once"\n')

        async def script(served: Served) -> None:
            switch_off(world, served, "beat")
            await served.at(NINE - minutes(0.5))
            await served.at(NINE + minutes(1))
            world.write("gtm-lead", LEAD)
            await served.at(NINE + minutes(2))
            await served.at(NINE + WEEK)

        assert serving(world, script).became == [
            ("Mon 09:00", "skipped", "disabled: enabled: false"), ("Mon 09:00", "ran", ""),
        ]  # fmt: skip

    def test_a_heartbeat_that_is_off_for_long_is_one_line(self, tmp_path: Path) -> None:
        world = world_in(tmp_path, lead=HOURLY.replace("    label", "    enabled: false\n    label"))

        async def script(served: Served) -> None:
            for hour in range(48):
                await served.at(NINE + timedelta(hours=hour))

        served = serving(world, script)
        assert served.became == [("Mon 09:00", "skipped", "disabled: enabled: false")]
        assert served.beats[0].count == 48


def switch_off(world: World, served: Served, what: str) -> None:
    if what == "beat":
        world.write("gtm-lead", LEAD.replace("    label", "    enabled: false\n    label"))
    elif what == "project":
        world.settings("[standing]\nenabled = false\n")
    else:
        who = EVERYBODY if what == "everybody" else "gtm-lead"
        served.record.database.run(lambda tx: table.pause(tx, who, who="a test", at=0))


def test_nothing_starts_beside_a_broken_file(tmp_path: Path) -> None:
    world = world_in(tmp_path, lead=LEAD.replace("0 9 * * 1", "every monday"))
    with pytest.raises(InvalidFileError) as caught:
        world.open()
    assert str(caught.value).startswith(
        'Error: .agents/gtm-lead/persona.md:6:11\n  heartbeats[0].cron: invalid cron expression "every monday"\n'
    )


def test_a_heartbeat_whose_mode_is_left_out_is_refused_at_boot(tmp_path: Path) -> None:
    world = world_in(tmp_path, lead=LEAD.replace("type: lead", "type: lead\nmodes: [interactive]"))
    served = world.open()
    with pytest.raises(InvalidFileError, match="heartbeats are worn in the mode 'loop', which its modes leave out"):
        asyncio.run(served.server.boot())


def test_a_bad_edit_is_shown_and_the_last_good_version_goes_on(tmp_path: Path) -> None:
    world = world_in(tmp_path)

    async def script(served: Served) -> None:
        world.write("gtm-lead", LEAD.replace("0 9 * * 1", "every monday"))
        await served.at(NINE)
        world.settings("[project]\ntimezone = 7\n")
        await served.at(NINE + WEEK)
        world.settings("")
        world.write("gtm-lead", LEAD)
        await served.at(NINE + WEEK + minutes(1))

    served = serving(world, script)
    assert [status for _, status, _ in served.became] == ["ran", "ran"]
    files = [(event.status, event.text.splitlines()[0]) for event in world.events if event.kind == "files"]
    assert files == [
        ("broken", "Error: .agents/gtm-lead/persona.md:6:11"),
        ("broken", "Error: personae.toml:2:12"),
        ("sound", "all files are sound again"),
    ]


def test_what_a_dead_process_had_begun_goes_on_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    world = world_in(tmp_path)
    asked: list[str] = []

    def reply(messages: list[ModelMessage], info: AgentInfo) -> object:
        output = info.model_request_parameters.output_object
        asked.append("memory" if output is not None else "beat")

        async def forever() -> ModelResponse:
            await asyncio.Event().wait()
            raise AssertionError

        return forever() if output is not None else said("The page is late.")

    world.reply = reply  # type: ignore[assignment]

    async def killed(served: Served) -> None:
        world.clock.moment = NINE
        await served.server.turn()
        while "memory" not in asked:
            await asyncio.sleep(0.01)

    first = serving(world, killed)
    assert [status for _, status, _ in first.became] == ["running"]
    first.stop()
    world.reply = answers("Another answer.")
    world.clock.move(timedelta(hours=30))
    second = serving(world, lambda served: served.at(world.clock.moment))
    assert second.became == [("Mon 09:00", "ran", "")]
    assert asked == ["beat", "memory"]
    (beat,) = second.beats
    end = second.record.database.run(lambda tx: journal.find(tx, beat.run, "beat/end"))
    assert end is not None
    assert end.body["text"] == "The page is late."


@pytest.mark.parametrize(("policy", "expected"), [("skip", ("missed", ENDED_BEFORE)), ("once", ("ran", ""))])
def test_what_a_dead_process_had_taken_and_not_begun_follows_the_policy(
    tmp_path: Path, policy: str, expected: tuple[str, str]
) -> None:
    world = world_in(tmp_path, toml=f'[standing]\nmissed = "{policy}"\n')

    async def killed(served: Served) -> None:
        world.clock.moment = NINE
        await served.server.turn()

    first = serving(world, killed)
    assert [status for _, status, _ in first.became] == ["running"]
    first.stop()
    second = serving(world, lambda served: served.at(NINE + minutes(10)))
    assert [(status, reason) for _, status, reason in second.became] == [expected]
