import re

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.forms.listing import COLUMNS, NARROWED_BY
from campaigns.models import Activity, DayCount, SavedFilter
from campaigns.rules.sending_window import jst_day
from tests.addresses import make_import
from tests.factories import make_campaign, make_message, make_suppression, make_user

pytestmark = pytest.mark.django_db
QUERIES = {
    "campaign_list": "q=さくら",
    "contact_list": "q=さくら",
    "message_list": "q=080-1111-2222",
    "activity_list": "q=さくら",
    "suppression_list": "q=さくら",
    "template_list": "q=さくら",
    "count_month": "account=1",
}


@pytest.fixture
def reader(client):
    client.force_login(make_user("administrator"))
    return client


@pytest.fixture
def rows():
    """One row in every list."""
    message = make_message(make_campaign(state="completed", lists=[]), state="delivered", sent_at=timezone.now())
    make_campaign(state="pending_approval", lists=[])
    make_suppression()
    make_import()
    Activity.objects.note(None, "settings_changed", message.account)
    DayCount.objects.create(
        day=jst_day(timezone.now()),
        account=message.account,
        campaign=message.campaign,
        state="delivered",
        messages=1,
        parts=1,
        billed_parts=1,
    )


def heads(page: str) -> list[list[str]]:
    tables = re.findall("<thead>(.*?)</thead>", page, re.DOTALL)
    return [re.findall(r'<th scope="col"(?: class="num")?>([^<]+)</th>', table) for table in tables]


def cells(page: str) -> list[list[str]]:
    """Of the first row of each table."""
    bodies = re.findall("<tbody>(.*?)</tbody>", page, re.DOTALL)
    return [re.findall(r'<td[^>]* data-label="([^"]+)"', body.partition("</tr>")[0]) for body in bodies]


def choose(client, screen, *names, query="", **extra):
    data = {"column": names, "query": query} | extra
    return client.post(reverse("columns_choose", args=[screen]), data, follow=True)


@pytest.mark.parametrize("screen", COLUMNS)
def test_each_column_can_be_shown_alone_and_stands_below_its_head(reader, rows, screen):
    for column in COLUMNS[screen]:
        page = reader.get(reverse(screen), {"columns": column.name}).content.decode()
        assert cells(page)
        for head, cell in zip(heads(page), cells(page), strict=True):
            assert head[1:] == [str(column)] == cell


@pytest.mark.parametrize("screen", COLUMNS)
def test_all_columns_stand_in_the_order_of_their_heads(reader, rows, screen):
    page = reader.get(reverse(screen), {"columns": ".".join(column.name for column in COLUMNS[screen])})
    everything = [str(column) for column in COLUMNS[screen]]
    for head, cell in zip(heads(page.content.decode()), cells(page.content.decode()), strict=True):
        assert head[1:] == everything == cell


def test_a_choice_is_remembered_for_oneself_and_stands_in_the_link(client, reader, rows):
    chosen = choose(reader, "message_list", "state", "reference", query="state=delivered&before=9999999")
    assert chosen.redirect_chain == [("/messages/?state=delivered&before=9999999&columns=state.reference", 302)]
    link = chosen.redirect_chain[0][0]
    assert heads(reader.get("/messages/").content.decode()) == [["携帯電話番号", "状態", "管理番号"]]
    client.force_login(make_user("viewer"))
    assert len(heads(client.get("/messages/").content.decode())[0]) == 6
    assert heads(client.get(link).content.decode()) == [["携帯電話番号", "状態", "管理番号"]]
    assert len(heads(client.get("/messages/").content.decode())[0]) == 6


def test_no_column_at_all_is_a_choice_and_the_usual_ones_come_back(reader, rows):
    assert heads(choose(reader, "message_list").content.decode()) == [["携帯電話番号"]]
    assert heads(reader.get("/messages/").content.decode()) == [["携帯電話番号"]]
    usual = choose(reader, "message_list", "state", usual="1")
    assert len(heads(usual.content.decode())[0]) == 6


def test_a_link_of_another_edition_shows_the_columns_there_are(reader, rows):
    page = reader.get("/messages/", {"columns": "gone.state.<b>"}).content.decode()
    assert heads(page) == [["携帯電話番号", "状態"]]


def test_the_columns_of_a_link_survive_a_search(reader, rows):
    page = reader.get("/messages/", {"columns": "state"}).content.decode()
    assert '<input type="hidden" name="columns" value="state">' in page


def test_an_export_keeps_its_columns(reader, rows):
    choose(reader, "message_list", "state")
    export = b"".join(reader.get("/messages/export/").streaming_content).decode("utf-8-sig")
    assert "携帯会社" in export.splitlines()[0]


@pytest.mark.parametrize("screen", NARROWED_BY)
def test_conditions_are_saved_under_a_name_and_only_for_oneself(client, reader, screen):
    save = reverse("filter_save", args=[screen])
    response = reader.post(save, {"name": "さくら", "query": f"{QUERIES[screen]}&before=77&csrf=x"}, follow=True)
    assert "before" not in response.redirect_chain[-1][0]
    assert ">さくら</a>" in response.content.decode()
    saved = SavedFilter.objects.get()
    assert saved.screen == screen
    client.force_login(make_user("administrator"))
    assert ">さくら</a>" not in client.get(reverse(screen)).content.decode()
    assert client.post(reverse("filter_delete", args=[saved.pk])).status_code == 404
    assert SavedFilter.objects.exists()


def test_a_saved_filter_belongs_to_its_list_and_leads_back_to_it(reader):
    for screen in ("campaign_list", "contact_list"):
        reader.post(reverse("filter_save", args=[screen]), {"name": "さくら", "query": "q=さくら"})
    ours = SavedFilter.objects.get(screen="campaign_list")
    assert reverse("filter_delete", args=[ours.pk]) not in reader.get("/contacts/").content.decode()
    assert reader.post(reverse("filter_delete", args=[ours.pk])).url == reverse("campaign_list")
    assert SavedFilter.objects.get().screen == "contact_list"


def test_no_conditions_are_not_saved(reader):
    save = reverse("filter_save", args=["contact_list"])
    response = reader.post(save, {"name": "全員", "query": "before=77"}, follow=True)
    assert "先に条件を指定してから" in response.content.decode()
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("name", ["filter_save", "columns_choose"])
def test_there_is_nothing_to_keep_of_other_pages(reader, name):
    assert reader.post(reverse(name, args=["dashboard"]), {"name": "x", "query": "q=x"}).status_code == 404
