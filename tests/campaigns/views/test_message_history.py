import csv
import io
import re
from datetime import date

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Activity, DayCount, Message
from campaigns.services.figures.message_search import Search, find_messages, number_query
from tests.factories import make_account, make_campaign, make_contact, make_message, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client):
    client.force_login(make_user("operator"))
    return client


def found(client, **query) -> list[Message]:
    response = client.get(reverse("message_list"), query)
    assert response.status_code == 200
    return list(response.context["page"])


def sent_to(phone: str, **overrides) -> Message:
    contact = make_contact(phone=phone)
    return make_message(contact=contact, **overrides)


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("090-1234-5678", id="as a person writes it"),
        pytest.param("09012345678", id="digits only"),
        pytest.param("+819012345678", id="as we store it"),
        pytest.param("０９０ー１２３４ー５６７８", id="in full width"),
        pytest.param("090-1234", id="its beginning"),
        pytest.param("+81901234", id="its beginning with country code"),
    ],
)
def test_a_message_is_found_by_its_number(operator, typed):
    wanted = sent_to("+819012345678")
    sent_to("+819012350000")
    sent_to("+818012345678")
    assert found(operator, q=typed) == [wanted]


def test_a_message_is_found_by_the_reference_the_vendor_was_told(operator):
    wanted = sent_to("+819012345678")
    sent_to("+819012345679")
    assert found(operator, q=wanted.reference) == [wanted]


@pytest.mark.parametrize(
    "typed",
    [pytest.param("5678", id="its end"), pytest.param("090", id="too short"), pytest.param("山田", id="a name")],
)
def test_what_is_no_number_is_explained(operator, typed):
    sent_to("+819012345678")
    response = operator.get(reverse("message_list"), {"q": typed})
    assert "先頭から7桁以上" in response.content.decode()
    assert list(response.context["page"]) == []


def test_masked_digits_cannot_be_felt_for(client):
    wanted = sent_to("+818087654321")
    client.force_login(make_user("viewer"))
    assert found(client, q="080-8765-432") == []
    assert found(client, q="080-8765-4321") == [wanted]
    text = client.get(reverse("message_list")).content.decode()
    assert "080-****-4321" in text
    assert "8765" not in text


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads so small a table whole")
@pytest.mark.parametrize("typed", ["090-1234-5678", "090-1234"])
def test_a_number_is_looked_up_by_its_index(typed):
    by_number = find_messages(Search(number=number_query(typed, whole=False)))
    plan = by_number.order_by("-pk")[:51].explain()
    assert re.search(r"SEARCH campaigns_message USING INDEX \S+ \(phone", plan)


@pytest.fixture
def november():
    """Three messages of two campaigns, and their counts."""
    first, second = make_campaign(state="completed", name="予約確認"), make_campaign(state="completed", name="休業案内")
    delivered = make_message(first, state="delivered", day=date(2026, 11, 2), carrier="au", billed_parts=1)
    unreached = make_message(first, state="undelivered", day=date(2026, 11, 3), carrier="docomo", reason="number_dead")
    waiting = make_message(second, state="accepted", day=date(2026, 11, 3))
    for campaign in (first, second):
        DayCount.objects.recount(campaign.pk)
    return {"delivered": delivered, "unreached": unreached, "waiting": waiting}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param({}, {"delivered", "unreached", "waiting"}, id="everything"),
        pytest.param({"state": "undelivered"}, {"unreached"}, id="one state"),
        pytest.param({"state": "sent"}, {"delivered", "unreached", "waiting"}, id="all that a sent figure adds up"),
        pytest.param({"state": "waiting"}, {"waiting"}, id="all that wait for a result"),
        pytest.param({"carrier": "au"}, {"delivered"}, id="one carrier"),
        pytest.param({"first": "2026-11-03"}, {"unreached", "waiting"}, id="from a day"),
        pytest.param({"first": "2026-11-02", "last": "2026-11-02"}, {"delivered"}, id="one day"),
        pytest.param({"state": "undelivered", "carrier": "au"}, set(), id="nothing fits both"),
    ],
)
def test_the_list_is_narrowed(operator, november, query, names):
    assert set(found(operator, **query)) == {november[name] for name in names}


def test_narrowed_to_a_campaign_and_to_an_account(operator, november):
    campaign = november["waiting"].campaign
    assert found(operator, campaign=campaign.pk) == [november["waiting"]]
    assert found(operator, account=campaign.account_id) == [november["waiting"]]
    assert "休業案内" in operator.get(reverse("message_list"), {"campaign": campaign.pk}).content.decode()


def test_a_message_that_moved_since_the_last_count_is_found_all_the_same(operator, november):
    Message.objects.filter(pk=november["waiting"].pk).update(state="no_result")
    campaign = november["waiting"].campaign
    type(campaign).objects.filter(pk=campaign.pk).update(counts_touched_at=timezone.now())
    assert found(operator, state="no_result") == [november["waiting"]]


def test_days_in_the_wrong_order_are_refused(operator, november):
    response = operator.get(reverse("message_list"), {"first": "2026-11-03", "last": "2026-11-02"})
    assert "始まりの日以降" in response.content.decode()
    assert list(response.context["page"]) == []


@pytest.mark.parametrize("state", ["draft", "pending_approval"])
def test_rows_prepared_for_a_draft_are_no_history(operator, state):
    make_message(make_campaign(state=state))
    assert found(operator) == []


def test_pages_follow_each_other_without_gaps(operator):
    campaign = make_campaign(state="completed")
    messages = [make_message(campaign) for _ in range(60)]
    first = operator.get(reverse("message_list")).context["page"]
    older = found(operator, before=first.older)
    assert [*first, *older] == messages[::-1]


def test_a_message_s_page_tells_its_whole_course(operator):
    message = sent_to(
        "+819012345678",
        state="undelivered",
        reason="number_dead",
        vendor_code="11732",
        body="ご予約は明日10時です。",
        parts=2,
        carrier="docomo",
        sent_at=timezone.now(),
        final_at=timezone.now(),
    )
    text = operator.get(reverse("message_detail", args=[message.pk])).content.decode()
    for expected in (
        "090-1234-5678",
        "現在使われていない番号です",
        "11732",
        "ご予約は明日10時です。",
        "NTTドコモ",
        "2通",
    ):
        assert expected in text
    assert message.reference in text
    assert reverse("contact_detail", args=[message.contact_id]) in text


def test_the_vendor_s_own_words_are_for_those_who_may_see_the_number_they_repeat(client):
    told = {"state": "refused", "reason": "recipient_invalid", "vendor_code": "E1"}
    message = make_message(vendor_text="Invalid recipient 819012345678", **told)
    for role, is_told in (("operator", True), ("viewer", False)):
        client.force_login(make_user(role))
        text = client.get(f"/messages/{message.pk}/").content.decode()
        assert ("819012345678" in text) is is_told
        assert "E1" in text


def test_a_message_outlives_its_contact(operator):
    message = sent_to("+819012345678")
    message.contact.delete()
    assert operator.get(reverse("message_detail", args=[message.pk])).status_code == 200


def exported(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_the_export_holds_what_the_list_shows_and_is_written_down(client, november):
    administrator = make_user("administrator")
    client.force_login(administrator)
    heading, *rows = exported(client.get(reverse("message_export"), {"campaign": november["delivered"].campaign_id}))
    assert heading[2] == "携帯電話番号"
    assert [row[6] for row in rows] == ["送達", "未達"]
    assert rows[1][7] == "現在使われていない番号です。"
    note = Activity.objects.get()
    assert (note.verb, note.actor, note.details) == ("messages_exported", administrator, {"persons": 2})


def test_an_accountant_exports_masked_numbers(client):
    sent_to("+819012345678", state="delivered")
    client.force_login(make_user("accountant"))
    _, row = exported(client.get(reverse("message_export")))
    assert row[2] == "090-****-5678"


def test_the_export_comes_in_shift_jis_on_request(client, november):
    client.force_login(make_user("accountant"))
    response = client.get(reverse("message_export"), {"encoding": "cp932"})
    assert "携帯電話番号" in b"".join(response.streaming_content).decode("cp932")


def test_persons_are_counted_once(client):
    contact = make_contact()
    account = make_account()
    for _ in range(2):
        make_message(make_campaign(state="completed", account=account), contact=contact)
    client.force_login(make_user("accountant"))
    client.get(reverse("message_export"))
    assert Activity.objects.get().details == {"persons": 1}


def test_an_export_with_impossible_days_is_refused_and_not_written_down(client):
    client.force_login(make_user("accountant"))
    response = client.get(reverse("message_export"), {"first": "2026-11-03", "last": "2026-11-02"})
    assert response.status_code == 422
    assert 'action="/messages/"' in response.content.decode()  # put right, it leads to the list and no file
    assert Activity.objects.count() == 0


@pytest.mark.parametrize("role", ["viewer", "operator", "approver"])
def test_who_may_not_export_does_not(client, role):
    client.force_login(make_user(role))
    assert client.get(reverse("message_export")).status_code == 403
    assert reverse("message_export") not in client.get(reverse("message_list")).content.decode()
