"""Python reads this at its start where the folder is in PYTHONPATH: a machine whose clock is wrong by CLOCK_OFFSET."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

if offset := os.environ.get("CLOCK_OFFSET"):
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(offset)), tick=True).start()
