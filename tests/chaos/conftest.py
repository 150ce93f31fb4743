from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests import throwaway
from tests.journeys.portal import Portal
from tests.machine import demand
from tests.throwaway import Postgres, Redis, settings_for

from .rig import Backend, OnPostgres, OnSqlite, Rig

OpenRig = Callable[..., Rig]


PREPARED = "prepared"


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the set-up leaves, made once for all rigs."""
    var = tmp_path_factory.mktemp(PREPARED) / "var"
    Portal(var).prepare()
    return var


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """With a database that is prepared."""
    demand(throwaway.missing())
    with throwaway.folder() as place, Postgres(place / "postgres") as server:
        server.create_database(PREPARED)
        no_broker = "redis://127.0.0.1:1/0"  # nothing is queued yet
        var = tmp_path_factory.mktemp(PREPARED) / "var"
        Portal(var, settings=settings_for(server.url(PREPARED), no_broker)).prepare()
        yield server


@pytest.fixture
def new_rig(prepared: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OpenRig]:
    """Rigs on the database named, each with rows and a broker of its own; not yet started."""
    with ExitStack() as stack:
        numbers = count()

        def backend_on(database: str, var: Path) -> Backend:
            if database == "sqlite":
                return OnSqlite(var)
            place = stack.enter_context(throwaway.folder())
            broker = stack.enter_context(Redis(place / "redis"))
            name = f"portal_{place.name.rpartition('-')[2]}"
            return OnPostgres(request.getfixturevalue("postgres"), broker, name, like=PREPARED)

        def new_on(database: str, **options: int) -> Rig:
            var = tmp_path / f"var{next(numbers)}"
            var.mkdir()
            rig = Rig(var, backend_on(database, var), like=prepared, **options)
            stack.callback(rig.hang_up)
            return rig

        yield new_on


@pytest.fixture
def open_rig(new_rig: OpenRig) -> Iterator[OpenRig]:
    """The same at work, until the end of the test."""
    with ExitStack() as stack:
        yield lambda database, **options: stack.enter_context(new_rig(database, **options))
