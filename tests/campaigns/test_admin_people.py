import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.urls import reverse

from campaigns.models import Activity, PortalSettings
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    client.force_login(make_user("administrator"))
    return client


def test_a_person_who_lost_their_phone_is_let_in_by_the_password_again(administrator):
    person = make_user("operator")
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    chosen = {"action": "forget_second_factor", "_selected_action": [person.pk]}
    answer = administrator.post(reverse("admin:campaigns_user_changelist"), chosen, follow=True)
    assert "2段階認証を解除しました" in answer.content.decode()
    assert not Authenticator.objects.filter(user=person).exists()
    assert Activity.objects.get(verb="second_factor_forgotten").target_id == str(person.pk)


def test_roles_that_need_a_second_factor_are_noted_by_their_names(administrator):
    make_user()
    page = reverse("admin:campaigns_portalsettings_change", args=[PortalSettings.load().pk])
    form = administrator.get(page).context["adminform"].form
    chosen = {name: value for name, value in form.initial.items() if value is not None and value is not False}
    assert "閲覧者" in administrator.get(page).content.decode()
    approver = Group.objects.get(name="approver")
    administrator.post(page, chosen | {"second_factor_roles": [approver.pk]})
    row = Activity.objects.get(verb="settings_changed")
    assert row.details["changed"]["second_factor_roles"] == ["", "approver"]
    assert "2段階認証を必須にする役割:  → 承認者" in administrator.get(reverse("activity_list")).content.decode()
    assert list(PortalSettings.load().second_factor_roles.all()) == [approver]
