import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, inspect, select

from cds_hooks.settings.store import StoreSettings
from cds_hooks.settings.validation import ConfigError
from cds_hooks.store.database import Store
from cds_hooks.store.schema import metadata
from cds_hooks.store.upgrade import migrate, require_upgraded, revision, revisions, upgrade
from tests.cds_hooks.store.rows import filled


def test_the_upgraded_tables_are_those_that_the_code_uses(store_settings: StoreSettings) -> None:
    store = Store(store_settings.url)
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        found = inspect(connection)
        for table in metadata.sorted_tables:
            indexes = {each["name"] for each in found.get_indexes(table.name)}
            assert indexes == {index.name for index in table.indexes}


@pytest.mark.parametrize("released", revisions())
def test_every_released_database_is_upgraded_with_its_rows(
    bare_settings: StoreSettings, released: str
) -> None:
    store = Store(bare_settings.url)
    with store.begin() as connection:
        migrate(connection, released)
        rows = filled(connection)
    upgrade(store)
    with store.reading() as connection:
        assert revision(connection) == revisions()[-1]
        # An event with its assessments is one row; a suggestion is in the row of its card.
        expected = rows if "calls" in rows else rows | {"calls": rows["audit_events"]}
        for table in metadata.sorted_tables:
            count = connection.scalar(select(func.count()).select_from(table))
            assert count == expected.get(table.name, 0)


def test_an_upgrade_that_is_repeated_changes_nothing(store_settings: StoreSettings) -> None:
    store = Store(store_settings.url)
    with store.begin() as connection:
        filled(connection)
    upgrade(store)
    require_upgraded(store)
    with store.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(metadata.tables["cards"])) == 1


def test_an_upgrade_that_fails_leaves_no_table(bare_settings: StoreSettings) -> None:
    store = Store(bare_settings.url)
    with store.begin() as connection:
        migrate(connection)
        connection.rollback()
    with store.reading() as connection:
        assert inspect(connection).get_table_names() == []


def test_a_database_without_tables_is_refused_by_what_needs_them(
    bare_settings: StoreSettings,
) -> None:
    store = Store(bare_settings.url)
    with pytest.raises(ConfigError, match="cds-hooks db upgrade"):
        require_upgraded(store)
