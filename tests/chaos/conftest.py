from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests import throwaway
from tests.machine import demand
from tests.throwaway import Postgres, Redis

from .rig import Backend, OnPostgres, OnSqlite, Rig

OpenRig = Callable[..., Rig]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    demand(throwaway.missing())
    with throwaway.folder() as place, Postgres(place / "postgres") as server:
        yield server


@pytest.fixture
def new_rig(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OpenRig]:
    """Rigs on the database named, each with rows and a broker of its own; not yet started."""
    with ExitStack() as stack:
        numbers = count()

        def backend_on(database: str, var: Path) -> Backend:
            if database == "sqlite":
                return OnSqlite(var)
            place = stack.enter_context(throwaway.folder())
            broker = stack.enter_context(Redis(place / "redis"))
            return OnPostgres(request.getfixturevalue("postgres"), broker, f"portal_{place.name.rpartition('-')[2]}")

        def new_on(database: str, **options: int) -> Rig:
            var = tmp_path / f"var{next(numbers)}"
            var.mkdir()
            return Rig(var, backend_on(database, var), **options)

        yield new_on


@pytest.fixture
def open_rig(new_rig: OpenRig) -> Iterator[OpenRig]:
    """The same at work, until the end of the test."""
    with ExitStack() as stack:
        yield lambda database, **options: stack.enter_context(new_rig(database, **options))
