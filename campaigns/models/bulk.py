"""Sets of rows in one statement, on both databases: a JSON parameter read as a table."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import connection, models


def moment(at: datetime) -> Any:
    """A moment as this database stores it, for raw statements."""
    return connection.ops.adapt_datetimefield_value(at)


def one_at_a_time(topic: str) -> None:
    """Wait until no other transaction works on this topic; ends with the transaction.

    On SQLite the write lock is already ours, for every transaction begins IMMEDIATE.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [topic])


def count_anew(*tables: type[models.Model]) -> None:
    """After very many rows came at once: PostgreSQL by itself notices a minute later, and until then plans for none."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(table._meta.db_table for table in tables)}")


def placeholders(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def among(numbers: Iterable[int]) -> tuple[str, str]:
    """A condition on a whole-number column, and its one parameter, however many numbers there are."""
    listed = ",".join(map(str, numbers))
    if connection.vendor == "postgresql":
        return "= ANY(%s::bigint[])", f"{{{listed}}}"
    return "IN (SELECT value FROM json_each(%s))", f"[{listed}]"


def table(columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The rows as table `v` of an UPDATE … FROM or INSERT … SELECT, and its one parameter."""
    return packed_table(columns), packed(rows)


def packed(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as the one parameter of a table, which may lie in a file until it is used."""
    return json.dumps(list(rows), ensure_ascii=False, default=str)


def packed_table(columns: Mapping[str, str]) -> str:
    """`columns` gives each column's PostgreSQL type; SQLite needs none."""
    if connection.vendor == "postgresql":
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"json_to_recordset(%s::json) AS v({typed})"
    picked = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"(SELECT {picked} FROM json_each(%s)) AS v"  # noqa: S608  names of our own


def present(name: str, column: str, values: Iterable[str]) -> list[str]:
    """Which of these texts a unique column of a table holds."""
    wanted = "json_array_elements_text(%s::json)" if connection.vendor == "postgresql" else "value FROM json_each(%s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {name} WHERE {column} IN (SELECT {wanted})",  # noqa: S608
            [json.dumps(list(values))],
        )
        return [row[0] for row in cursor.fetchall()]


def as_rows(columns: Mapping[str, str], objects: Iterable[object]) -> list[dict[str, Any]]:
    """Objects with an attribute for each column; dataclasses.asdict() would cost ten times as much here."""
    values_of = attrgetter(*columns)
    return [dict(zip(columns, values_of(item), strict=True)) for item in objects]
