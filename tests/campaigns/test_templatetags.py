from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from campaigns.models import CampaignState, MessageState, User
from campaigns.templatetags import sms
from campaigns.templatetags.chart import HEIGHT, Point, columns, round_top
from campaigns.templatetags.navigation import links_for

SUNDAY = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def japanese() -> Any:
    with translation.override("ja"):
        yield


def page(url: str = "/", user: Any = None) -> HttpRequest:
    request = RequestFactory().get(url)
    request.user = user or AnonymousUser()
    return request


def render(source: str, **context: Any) -> str:
    return Template(source).render(Context(context)).strip()


@pytest.mark.parametrize(
    ("moment", "style", "ja", "en"),
    [
        pytest.param(SUNDAY, "full", "2026年11月22日(日) 9:30", "Sun 22 Nov 2026, 9:30", id="in Japan's time"),
        pytest.param(SUNDAY, "short", "11/22(日) 9:30", "Sun 22 Nov, 9:30", id="short"),
        pytest.param(SUNDAY, "second", "2026年11月22日(日) 9:30:00", "Sun 22 Nov 2026, 9:30:00", id="to the second"),
        pytest.param(SUNDAY, "time", "9:30", "9:30", id="time alone"),
        pytest.param(
            datetime(2026, 10, 31, 15, 0, tzinfo=UTC),
            "month",
            "2026年11月",
            "November 2026",
            id="the month begins in Japan",
        ),
        pytest.param(date(2026, 1, 5), "day", "2026年1月5日(月)", "Mon 5 Jan 2026", id="a day needs no zone"),
        pytest.param(date(2026, 1, 5), "short_day", "1/5(月)", "Mon 5 Jan", id="a short day"),
        pytest.param(None, "full", "", "", id="never"),
    ],
)
def test_moments_are_written_as_japan_counts_them(moment: Any, style: str, ja: str, en: str) -> None:
    assert sms.jst(moment, style) == ja
    with translation.override("en"):
        assert sms.jst(moment, style) == en


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param("{{ 1234|parts }}", "1,234通", id="parts"),
        pytest.param("{{ none|parts }}", "0通", id="no parts yet"),
        pytest.param("{{ 56|count }}", "56件", id="count"),
        pytest.param("{{ 39690|yen }}", "¥39,690", id="yen"),
        pytest.param("{{ 9.5|yen }}", "¥9.50", id="a price per part keeps its sen"),
        pytest.param("{{ 39690.5|yen }}", "¥39,691", id="sums are whole yen"),
        pytest.param("{{ 0.973|percent }}", "97.3%", id="share"),
        pytest.param("{{ 973|percent:1000 }}", "97.3%", id="share of a whole"),
        pytest.param("{{ 99999|percent:100000 }}", "99.9%", id="100% only when all"),
        pytest.param("{{ 1000|percent:1000 }}", "100%", id="all"),
        pytest.param("{{ 0|percent:1000 }}", "0%", id="none of them"),
        pytest.param("{{ 3|percent:0 }}", "–", id="of nothing"),
        pytest.param("{{ 45|duration }}", "約45秒", id="seconds"),
        pytest.param("{{ 185|remaining }}", "あと約3分", id="minutes left"),
        pytest.param("{{ 5400|duration }}", "約1時間30分", id="hours"),
        pytest.param("{{ 7200|duration }}", "約2時間", id="whole hours"),
        pytest.param("{{ none|remaining }}", "", id="unknown time left"),
    ],
)
def test_figures_carry_separators_and_units(source: str, text: str) -> None:
    assert render(source, none=None) == text


def test_a_duration_may_be_a_timedelta() -> None:
    assert sms.duration(timedelta(minutes=3)) == "約3分"


@pytest.mark.django_db
def test_numbers_are_masked_for_those_who_may_not_see_them() -> None:
    clerk = User.objects.create_user("clerk")
    viewer = User.objects.create_user("viewer")
    clerk.user_permissions.add(Permission.objects.get(codename="see_numbers"))

    assert sms.phone_for("+818011112222", clerk) == "080-1111-2222"
    assert sms.phone_for("+818011112222", viewer) == "080-****-2222"
    assert sms.phone_for("", viewer) == ""


@pytest.mark.parametrize(
    ("url", "source", "link"),
    [
        pytest.param("/?q=a&page=2", '{% query page="3" %}', "?q=a&amp;page=3", id="changed"),
        pytest.param("/?q=a&page=2", '{% query page="" %}', "?q=a", id="taken away"),
        pytest.param("/?q=&page=2", "{% query before=page %}", "?page=2&amp;before=71", id="empty ones leave"),
        pytest.param("/?q=%E5%B1%B1", "{% query before=nothing %}", "?q=%E5%B1%B1", id="None is empty too"),
    ],
)
def test_query_keeps_the_filters_of_the_page(url: str, source: str, link: str) -> None:
    assert render(source, request=page(url), page=71, nothing=None) == link


def test_a_badge_says_its_state_in_colour_icon_and_word() -> None:
    for state in (*CampaignState, *MessageState):
        badge = sms.state_badge(state)
        assert "<svg" in badge
        assert str(state.label) in badge


def test_a_badge_takes_rows_members_and_bare_values() -> None:
    row = SimpleNamespace(state="delivered", get_state_display=lambda: "送達")
    assert sms.state_badge(row) == sms.state_badge(MessageState.DELIVERED) == sms.state_badge("delivered")


def test_a_badge_escapes_its_word() -> None:
    assert "<b>" not in sms.badge("info", "<b>")


def test_the_stepper_marks_what_is_done_and_where_we_are() -> None:
    html = render('{% stepper 2 "file" "columns" "check" %}')
    assert html.count('class="done"') == 1
    assert html.index("columns") > html.index('aria-current="step"') > html.index("file")


@pytest.mark.parametrize(
    ("highest", "top"),
    [(0, 2), (2, 2), (3, 4), (9, 10), (11, 20), (41, 50), (3680, 4000), (100_000, 100_000)],
)
def test_the_scale_ends_on_a_round_number_with_a_whole_half(highest: int, top: int) -> None:
    assert round_top(highest) == top
    assert top % 2 == 0


def test_columns_stand_on_each_other_and_on_the_ground() -> None:
    (column,) = columns([Point("11/1", [30, 10])], top=40)
    lower, upper = column.bars
    assert lower.y + lower.height == HEIGHT
    assert upper.y + upper.height == lower.y
    assert upper.y == 0


def test_a_long_axis_shows_every_few_labels_and_keeps_all_for_readers() -> None:
    drawn = columns([Point(f"11/{day}", [1]) for day in range(1, 31)], top=2)
    assert [column.label for column in drawn if column.shown][:3] == ["11/1", "11/4", "11/7"]
    assert [column.label for column in drawn if column.shown == "major"][:2] == ["11/1", "11/7"]
    html = render(
        '{% column_chart "parts" points "delivered" %}', points=[(f"11/{day}", [day]) for day in range(1, 31)]
    )
    assert html.count("<title>") == 30


def test_a_chart_of_nothing_is_empty_and_not_an_error() -> None:
    assert "<rect" not in render('{% column_chart "parts" points "delivered" %}', points=[])


@pytest.mark.django_db
class TestNavigation:
    @pytest.fixture(autouse=True)
    def small_portal(self, settings: Any) -> None:
        settings.ROOT_URLCONF = "tests.campaigns.navigation_urls"

    def labels(self, user: User, url: str = "/") -> list[str]:
        return [str(link.label) for group in links_for(page(url, user)) for link in group]

    def test_only_staff_see_the_administration(self) -> None:
        assert "管理" in self.labels(User.objects.create_user("a", is_staff=True))
        assert "管理" not in self.labels(User.objects.create_user("b"))

    def test_a_screen_without_permission_is_not_offered(self) -> None:
        viewer = User.objects.create_user("viewer")
        assert self.labels(viewer) == ["ダッシュボード"]

        viewer.user_permissions.add(Permission.objects.get(codename="view_contact"))
        assert self.labels(User.objects.get(pk=viewer.pk)) == ["ダッシュボード", "連絡先"]

    def test_the_current_place_is_marked_on_its_inner_pages_too(self) -> None:
        request = page("/imports/1/", User.objects.create_superuser("boss"))
        request.resolver_match = SimpleNamespace(url_name="import_detail")  # type: ignore[assignment]
        current = {str(link.label): link.current for group in links_for(request) for link in group if link.current}
        assert current == {"連絡先": "true"}
