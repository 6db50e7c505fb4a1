"""A process that presents tokens, each once; its arguments are a database's URL and how many."""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial

from cds_hooks.store.database import Store
from cds_hooks.store.used_tokens import spent


def main() -> None:
    """Says that it is ready, waits for a line, and prints the numbers of those that it may use."""
    url, count = sys.argv[1], int(sys.argv[2])
    store, until = Store(url, seconds=30), datetime.now(UTC) + timedelta(minutes=5)
    store.within(30, lambda connection: None)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        use = partial(spent, client="ehr", jti=str(number), until=until, call="")
        if store.within(30, use):
            print(number, flush=True)


if __name__ == "__main__":
    main()
