"""A process that serves a project through a month, a clock that it moves itself; a test kills it now and then.

    python serve_a_month.py ROOT UNTIL

The clock goes on from the file `clock`, so that time stands still while the process is dead, unless the test moves it.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from standing_world import World

from personae.testing import ManualClock


async def serve(root: Path, until: datetime) -> None:
    clock_file = root / "clock"
    clock = ManualClock(datetime.fromisoformat(clock_file.read_text("utf-8")))
    served = World(root=root, clock=clock).open()
    await served.server.boot()
    served.server._recovered_at = -1e9
    while clock.moment < until:
        await served.server.turn()
        # Now and then some may still be working when the next are due: whoever is killed leaves beats behind.
        if clock.moment.minute % 2 == 0:
            await served.server.settled()
        else:
            await asyncio.sleep(0)
        due = served.server.next_due
        clock.moment = min(until, datetime.fromtimestamp(due, UTC) if due is not None else until)
        new = clock_file.with_suffix(".new")
        new.write_text(clock.moment.isoformat(), "utf-8")
        new.replace(clock_file)
    await served.server.turn()
    await served.server.settled()
    served.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]).astimezone(UTC)))
