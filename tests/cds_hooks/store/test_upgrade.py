from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from cds_hooks.config import ConfigError, StoreSettings
from cds_hooks.store.schema import metadata
from cds_hooks.store.store import Store
from cds_hooks.store.upgrade import migrate, require_upgraded, revision, revisions, upgrade
from tests.stores import upgraded


def test_the_upgraded_tables_are_those_that_the_code_uses(store_settings: StoreSettings) -> None:
    store = Store(store_settings.url)
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        found = inspect(connection)
        for table in metadata.sorted_tables:
            indexes = {each["name"] for each in found.get_indexes(table.name)}
            assert indexes == {index.name for index in table.indexes}
    store.close()
