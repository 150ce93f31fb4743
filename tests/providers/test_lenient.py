"""Values of vendors, whatever their type, as a database can hold them."""

from datetime import datetime, timedelta, timezone

import pytest

from providers.lenient import iso_moment, moment, number, text

JST = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("a", "a", id="string"),
        pytest.param(7, "7", id="number"),
        pytest.param(True, "", id="true"),
        pytest.param(1.0, "", id="fraction"),
        pytest.param(None, "", id="null"),
        pytest.param(["a"], "", id="list"),
        pytest.param("a\0b", "ab", id="NUL, which PostgreSQL refuses"),
        pytest.param("a\ud800b", "a?b", id="half a character, which no database takes"),
        pytest.param("あ" * 9, "あ" * 8, id="too long"),
    ],
)
def test_text(value: object, expected: str) -> None:
    assert text(value, 8) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(12, 12, id="number"),
        pytest.param("012", 12, id="string"),
        pytest.param(0, 0, id="none"),
        pytest.param("1234", None, id="too many digits"),
        pytest.param("-1", None, id="negative"),
        pytest.param("１２", None, id="full width"),
        pytest.param("²", None, id="raised"),
        pytest.param("", None, id="empty"),
        pytest.param(True, None, id="true"),
    ],
)
def test_number(value: object, expected: int | None) -> None:
    assert number(value, digits=3) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2026-02-01 09:30", datetime(2026, 2, 1, 9, 30, tzinfo=JST), id="in its zone"),
        pytest.param("2026-02-30 09:30", None, id="no such day"),
        pytest.param("2026-02-01", None, id="another form"),
        pytest.param("0001-01-01 00:00", None, id="before all time in UTC"),
        pytest.param(20260201, None, id="number"),
        pytest.param(None, None, id="null"),
    ],
)
def test_moment(value: object, expected: datetime | None) -> None:
    assert moment(value, "%Y-%m-%d %H:%M", JST) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2026-02-01T09:30:00+09:00", datetime(2026, 2, 1, 9, 30, tzinfo=JST), id="its own zone"),
        pytest.param("2026-02-01T00:30:00Z", datetime(2026, 2, 1, 9, 30, tzinfo=JST), id="Z"),
        pytest.param("2026-02-01T00:30:00.5Z", datetime(2026, 2, 1, 9, 30, 0, 500_000, tzinfo=JST), id="fractions"),
        pytest.param("2026-02-01T09:30:00", datetime(2026, 2, 1, 9, 30, tzinfo=JST), id="no zone: the one given"),
        pytest.param("2026-02-30T09:30:00Z", None, id="no such day"),
        pytest.param("0001-01-01T00:00:00+14:00", None, id="before all time in UTC"),
        pytest.param("9999-12-31T23:59:59-14:00", None, id="after all time in UTC"),
        pytest.param("soon", None, id="no time"),
        pytest.param(None, None, id="null"),
    ],
)
def test_iso_moment(value: object, expected: datetime | None) -> None:
    assert iso_moment(value, JST) == expected
