"""Lookups of our own."""

import json
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Field, ForeignObject, Lookup


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup):
    """`phone__among=phones`: IN with one parameter. Thousands of them, each written out, take longer than the search.

    PostgreSQL does not look into the parameter and so goes by the column's index, however short the table is.
    """

    lookup_name = "among"

    def get_prep_lookup(self) -> str:
        return json.dumps(list(self.rhs))

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> tuple[str, tuple[str | int, ...]]:
        """Among none there is nobody: the database need not be asked."""
        if self.rhs == "[]":
            raise EmptyResultSet
        return super().process_lhs(compiler, connection, lhs)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        kind = self.lhs.output_field.cast_db_type(connection)
        column, before = self.process_lhs(compiler, connection)
        values = f"SELECT value::{kind} FROM json_array_elements_text(%s::json)"  # noqa: S608  a type of Django
        return f"{column} = ANY(ARRAY({values}))", [*before, self.rhs]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, before = self.process_lhs(compiler, connection)
        return f"{column} IN (SELECT value FROM json_each(%s))", [*before, self.rhs]  # noqa: S608
