import json
import os
import subprocess
import sys

from django.conf import settings

ROWS = 20


def test_killed_at_every_statement_nothing_is_lost_and_nothing_comes_twice(tmp_path):
    own = {"SMSPORTAL_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "smsportal.settings", "LOG_LEVEL": "ERROR"}
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")} | own
    command = [sys.executable, "-m", "tests.campaigns.services.imports.killed_often", str(ROWS)]
    ran = subprocess.run(command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    kills = [found.pop(f"{name} kills") for name in ("read", "check", "store", "undo")]
    assert min(kills) > 5
    assert found == {
        "taken": ROWS,
        "contacts": ROWS,
        "added": ROWS,
        "existing": 0,
        "state": "done",
        "members": ROWS + ROWS // 2,
        "findings": 2,
        "removed": ROWS,
        "left": 0,
    }
