"""A real PostgreSQL for tests. A module asks for it with `pytest_plugins = ["postgres_fixtures"]`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from postgres_server import NoPostgresError, Server, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL of this session alone; skips only where none can be had."""
    pytest.importorskip("psycopg")
    pytest.importorskip("psycopg_pool")
    try:
        with postgres_server() as server:
            yield server
    except NoPostgresError as error:
        pytest.skip(str(error))


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    """An empty database."""
    return postgres.new_database()
