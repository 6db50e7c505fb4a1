import pytest

from cds_hooks.fhir_client.response import NotFetched


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (NotFetched("unreachable"), True),
        (NotFetched("status", status=503), True),
        (NotFetched("status", status=500), False),
        (NotFetched("late"), False),
        (NotFetched("broken"), False),
    ],
)
def test_one_more_try_is_for_what_the_server_has_not_begun(error: NotFetched, again: bool) -> None:
    assert error.again is again
