"""One row a call with all of its assessments, one row a card; a call's hook; marks of the clock."""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa
from alembic import op

from cds_hooks.store.migrations.rows_0003 import converted
from cds_hooks.store.schema import Row

revision = "0004"
down_revision = "0003"

OLD = ("cards", "suggestions", "assessments", "audit_events")
INDEXES = (
    ("cards", ("cards_by_call", "cards_by_subject", "cards_by_time", "cards_by_uuid")),
    ("suggestions", ("suggestions_by_card",)),
    ("assessments", ("assessments_by_patient", "assessments_by_time")),
    ("audit_events", ("audit_events_by_patient", "audit_events_by_time")),
)


def upgrade() -> None:
    """Makes the new tables, fills them from the old ones, and drops those."""
    for table, names in INDEXES:
        for name in names:
            op.drop_index(name, table)
    for name in OLD:
        op.rename_table(name, f"old_{name}")
    op.create_index("old_events", "old_audit_events", ["client", "hook_instance"])
    op.create_index("old_cards_by_call", "old_cards", ["client", "hook_instance"])
    op.create_index("old_suggestions_by_card", "old_suggestions", ["client", "card_uuid"])
    _make_tables()
    _fill(op.get_bind())
    for name in ("suggestions", "cards", "assessments", "audit_events"):
        op.drop_table(f"old_{name}")


def _make_tables() -> None:
    op.create_table(
        "calls",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("hook", sa.Text),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("hook_instance", sa.Text),
        sa.Column("mode", sa.Text),
        sa.Column("patient_id", sa.Text),
        sa.Column("user_id", sa.Text),
        sa.Column("encounter_id", sa.Text),
        sa.Column("shown", sa.Integer),
        sa.Column("withheld", sa.Integer),
        sa.Column("detail", sa.Text),
        sa.Column("assessments", sa.LargeBinary),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client", "id"),
    )
    op.create_index("calls_by_patient", "calls", ["client", "patient_id"])
    op.create_index("calls_by_time", "calls", ["recorded_at"])
    op.create_table(
        "cards",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("uuid", sa.Text, nullable=False),
        sa.Column("call_id", sa.Text, nullable=False),
        sa.Column("hook_instance", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("topic", sa.Text),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("over", sa.Float),
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("encounter_id", sa.Text),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("withheld_reason", sa.Text),
        sa.Column("issued_at", sa.Text, nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("suggestions", sa.Text, nullable=False),
        sa.Column("rests_on", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("uuid", "client"),
    )
    op.create_index("cards_by_call", "cards", ["client", "hook_instance"])
    op.create_index("cards_by_subject", "cards", ["client", "patient_id", "topic", "user_id"])
    op.create_index("cards_by_time", "cards", ["issued_at"])
    op.create_table(
        "marks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _fill(connection: sa.Connection) -> None:
    found = sa.MetaData()
    found.reflect(connection, only=[*(f"old_{name}" for name in OLD), "calls", "cards"])
    tables = found.tables
    for client, instance in _instances(connection, tables):
        old: dict[str, Sequence[Row]] = {
            name: _rows(connection, tables[f"old_{name}"], client, instance)
            for name in ("cards", "assessments", "audit_events")
        }
        uuids = [row["uuid"] for row in old["cards"]]
        its = tables["old_suggestions"]
        offered = sa.select(its).where(its.c.client == client, its.c.card_uuid.in_(uuids))
        old["suggestions"] = [dict(row._mapping) for row in connection.execute(offered)]
        for name, rows in converted(old).items():
            if rows:
                connection.execute(sa.insert(tables[name]), [dict(row) for row in rows])


def _instances(
    connection: sa.Connection, tables: Mapping[str, sa.Table]
) -> Iterator[tuple[str, str | None]]:
    """Each hook instance of each client that there is anything of."""
    named = [tables[f"old_{name}"].c for name in ("cards", "assessments", "audit_events")]
    listed = sa.union(*(sa.select(each.client, each.hook_instance) for each in named))
    for row in connection.execute(listed).all():
        yield row.client, row.hook_instance


def _rows(
    connection: sa.Connection, table: sa.Table, client: str, instance: str | None
) -> list[Row]:
    own = table.c
    same = own.hook_instance == instance if instance is not None else own.hook_instance.is_(None)
    found = connection.execute(sa.select(table).where(own.client == client, same))
    return [{str(name): value for name, value in row._mapping.items()} for row in found]
