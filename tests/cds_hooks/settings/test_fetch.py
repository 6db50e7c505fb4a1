from cds_hooks.settings.fetch import FetchSettings


def test_a_key_that_is_named_has_its_own_policy_and_the_others_the_common_one() -> None:
    settings = FetchSettings(on_failure="fail", keys={"conditions": "omit"})
    assert settings.policy("conditions") == "omit"
    assert settings.policy("vitals") == "fail"


def test_what_cannot_be_fetched_is_by_default_unavailable_and_never_absent() -> None:
    assert FetchSettings().policy("conditions") == "operation_outcome"
