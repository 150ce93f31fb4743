from ast import literal_eval
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule


@pytest.mark.django_db
def test_the_daily_sweep_forgets_log_ins_that_have_run_out():
    for _ in range(2):
        call_command("install_schedules")
    for key, hours in (("over", -1), ("lives", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + timedelta(hours=hours))
    sweep = Schedule.objects.get(name="clear_sessions")
    import_string(sweep.func)(literal_eval(sweep.args))
    assert list(Session.objects.values_list("session_key", flat=True)) == ["lives"]
