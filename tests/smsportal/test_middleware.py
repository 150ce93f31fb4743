"""What a person meets whose session has ended, and while the portal is closed for work."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.defaults import server_error

from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(settings: Any, tmp_path: Path) -> None:
    settings.MAINTENANCE_NOTICE = tmp_path / "maintenance"
    settings.MAINTENANCE_NOTICE.touch()


def test_a_form_sent_after_the_session_ended_says_so_and_is_not_redirected_away(client: Client) -> None:
    answer = client.post(reverse("contact_new"), {"name": "見本"})
    assert answer.status_code == 401
    assert "この操作はまだ行われていません" in answer.content.decode()


def test_a_swap_after_the_session_ended_is_told_by_its_status(client: Client) -> None:
    assert client.get(reverse("campaign_list"), headers={"HX-Request": "true"}).status_code == 401


def test_a_link_leads_to_the_log_in_and_back(client: Client) -> None:
    assert client.get(reverse("campaign_list")).url == f"{reverse('account_login')}?next={reverse('campaign_list')}"


def test_a_form_of_a_former_session_is_refused_in_words() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    answer = client.post(reverse("contact_new"), {"name": "見本"})
    assert (answer.status_code, answer.headers["X-Trouble"]) == (403, "session")
    assert "画面の有効期限が切れました" in answer.content.decode()


@pytest.mark.parametrize("language", [pytest.param("ja", id="ja"), pytest.param("en", id="en")])
def test_closed_for_work_without_a_look_at_the_database(
    client: Client, closed: None, language: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        answer = client.get(reverse("account_login"), headers={"accept-language": language})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "300")
    assert {"ja": "メンテナンス中です", "en": "Closed for maintenance"}[language] in answer.content.decode()


def test_receipts_and_load_balancers_are_answered_while_closed(client: Client, closed: None) -> None:
    account = make_account()
    url = reverse("webhook", args=[account.pk, account.callback_key])
    taken = client.post(url, b"json={}", content_type="text/plain")
    assert taken.status_code == 200
    assert client.get(reverse("health")).status_code == 200


def test_a_page_that_does_not_exist_says_what_to_do(client: Client) -> None:
    client.force_login(make_user())
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert "ページが見つかりません" in answer.content.decode()


def test_a_fault_is_told_without_a_database(rf: RequestFactory, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = server_error(rf.get("/"))
    assert "サーバーで問題が起きました" in answer.content.decode()
