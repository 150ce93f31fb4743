from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.utils import timezone

from campaigns.errors import RuleError
from campaigns.models import (
    Activity,
    Contact,
    DayCount,
    DueMessage,
    ErasedPerson,
    Message,
    OpenMessage,
    ReceiptLog,
    SavedFilter,
    Suppression,
)
from campaigns.services.contacts import save_contact
from campaigns.services.erasing import (
    delete_contact,
    erase_contact,
    planned_for,
    proof_of,
    refused_among,
    remember_erased,
)
from campaigns.services.results.counting import recount_touched
from tests.factories import make_campaign, make_contact, make_message, make_phone, make_suppression, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Contact:
    return make_contact(name="消える 人子", memo="秘密", consent_basis="consent", consent_method="店頭")


def erased(contact: Contact) -> str:
    phone = contact.phone
    erase_contact(contact, make_user("operator"))
    return phone


def everything_stored() -> str:
    tables = (Contact, Message, Suppression, ErasedPerson, Activity)
    return " ".join(str(list(table.objects.values())) for table in tables)


def test_nothing_tells_any_more_who_it_was(person):
    make_message(contact=person, state="delivered", body="消える 人子様 ご予約は明日です。", vendor_text="消える様")
    make_suppression(phone=person.phone, note="消える様より電話")
    save_contact(person, make_user("operator"), ["備考"])
    digits = erased(person).removeprefix("+81")
    for secret in ("消える", "人子", "秘密", digits):
        assert secret not in everything_stored()


def test_callbacks_that_named_the_number_are_emptied_once_applied(person):
    message, now = make_message(contact=person, state="delivered"), timezone.now()
    body = f'{{"phoneNumber": "0{person.phone.removeprefix("+81")}"}}'.encode()
    facts = {"account": message.account, "received_at": now, "retry_at": now}
    named = ReceiptLog.objects.create(body=body, applied_at=now, **facts)
    others = ReceiptLog.objects.create(body=b"{}", applied_at=now, **facts)
    waiting = ReceiptLog.objects.create(body=body, **facts)
    erased(person)
    left = {pk: bytes(kept) for pk, kept in ReceiptLog.objects.values_list("pk", "body")}
    assert left == {named.pk: b"", others.pk: b"{}", waiting.pk: body}


def test_what_the_law_wants_kept_is_kept(person):
    refusal = make_suppression(phone=person.phone)
    erased(person)
    proof, kept = ErasedPerson.objects.get(), Suppression.objects.get()
    assert (proof.consent_basis, proof.consent_method) == ("consent", "店頭")
    assert kept.phone == proof.phone
    assert kept.created_at == refusal.created_at


def test_counts_stay_exact(person):
    message = make_message(contact=person, state="delivered", parts=2, billed_parts=3)
    make_message(message.campaign, state="delivered", parts=1, billed_parts=1)
    DayCount.objects.recount(message.campaign_id)
    before = list(DayCount.objects.values_list("state", "messages", "parts", "billed_parts"))
    erased(person)
    DayCount.objects.recount(message.campaign_id)
    assert list(DayCount.objects.values_list("state", "messages", "parts", "billed_parts")) == before


def test_two_erased_people_of_one_campaign_stay_two(person):
    message = make_message(contact=person, state="delivered")
    other = make_message(message.campaign, state="delivered")
    erased(person)
    erased(other.contact)
    assert Message.objects.values("phone").distinct().count() == 2


def test_what_still_waits_here_is_withdrawn_and_counted_as_such(person, queued):
    message = make_message(contact=person)
    DueMessage.objects.create(
        message=message,
        account=message.account,
        campaign=message.campaign,
        phone=message.phone,
        due_at=message.campaign.starts_at,
    )
    erased(person)
    message.refresh_from_db()
    assert (message.state, message.reason) == ("cancelled", "erased")
    assert not DueMessage.objects.exists()
    recount_touched(timezone.now())
    assert DayCount.objects.get().state == "cancelled"


@pytest.mark.parametrize("state", ["sending", "booked", "accepted", "unknown"])
def test_while_the_vendor_may_still_ask_nothing_is_erased(person, state):
    make_message(contact=person, state=state)
    waiting = make_message(contact=person)
    with pytest.raises(RuleError, match="結果待ち"):
        erased(person)
    waiting.refresh_from_db()
    assert waiting.state == "queued"
    assert Contact.objects.filter(name="消える 人子").exists()
    assert not OpenMessage.objects.exists()


@time_machine.travel("2026-11-02 10:00 +0900", tick=False)
def test_the_refusal_says_until_when_it_holds(person):
    campaign = make_campaign(held_at="vendor", starts_at=timezone.now() + timedelta(days=5), state="completed")
    make_message(campaign, contact=person, state="booked", sent_at=timezone.now())
    make_message(contact=person, state="accepted", sent_at=timezone.now())
    with pytest.raises(RuleError, match="遅くとも 2026年11月10日13:00 には消去できます"):
        erased(person)


def test_what_the_vendor_never_said_keeps_nobody_for_ever(person):
    message = make_message(contact=person, state="unknown", sent_at=timezone.now() - timedelta(days=4))
    facts = {"account": message.account, "next_look_at": timezone.now(), "since": timezone.now()}
    OpenMessage.objects.create(message=message, **facts)
    erased(person)
    assert not Contact.objects.filter(pk=person.pk).exists()
    assert not OpenMessage.objects.exists()


def test_a_number_the_person_had_before_is_forgotten_as_well(person):
    message, before = make_message(contact=person, state="delivered", body="消える 人子様"), person.phone
    make_suppression(phone=before)
    person.phone = make_phone()
    person.save()
    erased(person)
    message.refresh_from_db()
    assert message.body == ""
    assert before.removeprefix("+81") not in everything_stored()
    assert refused_among([before]) == {before}


def test_who_has_that_number_now_stays_refused(person):
    make_message(contact=person, state="delivered")
    before, person.phone = person.phone, make_phone()
    person.save()
    make_contact(phone=before)
    make_suppression(phone=before)
    erased(person)
    assert Suppression.objects.get().phone == before


def test_who_refused_is_still_refused_when_they_come_back(person):
    make_suppression(phone=person.phone, reason="complaint")
    phone = erased(person)
    save_contact(Contact(phone=phone, name="また来た人"), make_user("operator"), None)
    assert Suppression.objects.get(phone=phone).reason == "complaint"


def test_the_check_of_a_file_counts_them_as_stopped(person):
    make_suppression(phone=person.phone)
    phone, other = erased(person), make_phone()
    assert refused_among([phone, other]) == {phone}


def test_proof_of_consent_is_found_by_the_number(person):
    phone = erased(person)
    assert proof_of(phone).consent_method == "店頭"
    assert proof_of(make_phone()) is None


def test_who_had_not_refused_is_free_to_come_back(person):
    phone = erased(person)
    assert remember_erased([phone, make_phone()]) == 0
    assert not Suppression.objects.exists()


def test_erased_twice_is_one_refusal(person):
    make_suppression(phone=person.phone)
    phone = erased(person)
    make_suppression(phone=phone, reason="manual")  # registered by hand before anybody noticed the first
    erased(make_contact(phone=phone))
    assert Suppression.objects.count() == 1


def test_what_was_planned_for_a_deleted_entry_is_withdrawn(person, queued):
    message = make_message(contact=person)
    DueMessage.objects.create(
        message=message, account=message.account, campaign=message.campaign, phone=message.phone, due_at=timezone.now()
    )
    assert planned_for(person).here == 1
    assert delete_contact(person, make_user("operator")) == 1
    message.refresh_from_db()
    assert (message.state, message.reason, message.campaign.ended_before) == ("cancelled", "contact_deleted", 0)
    assert not DueMessage.objects.exists()


def test_a_deleted_entry_leaves_number_and_proof(person):
    message = make_message(contact=person, state="delivered")
    delete_contact(person, make_user("operator"))
    message.refresh_from_db()
    assert message.contact is None
    assert message.phone.startswith("+81")
    assert ErasedPerson.objects.get().consent_method == "店頭"


@pytest.mark.parametrize(
    ("typed", "is_kept"),
    [
        pytest.param("090-1234-5678", False, id="the number"),
        pytest.param("+81 9012345678", False, id="the number in another way"),
        pytest.param("消える人子", False, id="the name"),
        pytest.param("消える", True, id="a part of the name, which many have"),
        pytest.param("", True, id="no word"),
    ],
)
def test_no_saved_search_still_names_an_erased_person(typed, is_kept):
    person = make_contact(phone="+819012345678", name="消える 人子")
    query = urlencode({"q": typed, "stop": "active"})
    SavedFilter.objects.create(user=make_user("operator"), name="よく見る人", query=query)
    erased(person)
    assert SavedFilter.objects.exists() is is_kept
