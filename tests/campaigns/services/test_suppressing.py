from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.errors import RuleError
from campaigns.models import Activity, Contact, Suppression
from campaigns.services.erasing import delete_contact
from campaigns.services.suppressing import lift, suppress, suppress_refused
from tests.factories import make_contact, make_phone, make_suppression, make_user

pytestmark = pytest.mark.django_db


def test_a_number_already_there_keeps_its_first_reason_and_date():
    known = make_suppression(reason="complaint", source="電話")
    fresh = make_phone()
    assert suppress([fresh, known.phone, fresh], reason="opt_out", source="Web") == 1
    found = Suppression.objects.get(phone=known.phone)
    assert (found.reason, found.source, found.created_at) == ("complaint", "電話", known.created_at)
    assert Suppression.objects.get(phone=fresh).source == "Web"


def test_nothing_to_suppress_is_no_trouble():
    assert suppress([], reason="opt_out", source="") == 0


def test_what_a_person_registers_is_written_down_without_the_numbers():
    phone, actor = make_phone(), make_user("operator")
    suppress([phone], reason="manual", source="画面で登録", actor=actor, note="電話で")
    row, act = Suppression.objects.get(), Activity.objects.get()
    assert (row.created_by, row.note) == (actor, "電話で")
    assert (act.actor, act.verb, act.details["numbers"]) == (actor, "suppressed", 1)
    assert phone not in f"{act.details}{act.target_label}"


def test_what_the_vendor_says_binds_every_account():
    phone = make_phone()
    suppress_refused(iter([phone]), "絶対リーチ")
    assert Suppression.objects.get().reason == "opt_out"


def test_deleting_a_contact_keeps_its_refusal():
    contact = make_contact()
    make_suppression(phone=contact.phone)
    delete_contact(contact, make_user("operator"))
    assert Suppression.objects.filter(phone=contact.phone).exists()
    assert Activity.objects.get().verb == "contact_deleted"


def test_a_new_consent_lifts_a_refusal_and_is_recorded():
    contact = make_contact()
    suppression = make_suppression(phone=contact.phone)
    Suppression.objects.update(created_at=timezone.now() - timedelta(days=9))
    suppression.refresh_from_db()
    agreed_at = timezone.now() - timedelta(days=1)
    lift(suppression, make_user("operator"), {"consented_at": agreed_at, "consent_method": "店頭"})
    contact.refresh_from_db()
    assert not Suppression.objects.exists()
    assert (contact.consent_basis, contact.consented_at, contact.consent_method) == ("consent", agreed_at, "店頭")


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(timedelta(days=-2), id="older than the refusal"),
        pytest.param(timedelta(days=1), id="still to come"),
    ],
)
def test_no_other_consent_lifts_it(when):
    suppression = make_suppression()
    with pytest.raises(RuleError):
        lift(suppression, make_user("operator"), {"consented_at": timezone.now() + when, "consent_method": "店頭"})
    assert Suppression.objects.exists()
    assert not Contact.objects.exists()
