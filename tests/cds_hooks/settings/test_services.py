from cds_hooks.settings.services import ServiceSettings, over

SITE = ServiceSettings(
    mode="silent", thresholds={"high": 6.0, "low": 2.5}, prefetch={"patient": "a"}, margin=0.5
)


def test_what_the_upper_chooses_holds_and_the_lowers_choice_where_it_makes_none() -> None:
    client = ServiceSettings(mode="live", thresholds={"high": 6.5}, most_an_hour=0)
    both = over(client, SITE)
    assert (both.mode, both.margin, both.most_an_hour) == ("live", 0.5, 0)
    assert both.thresholds == {"high": 6.5, "low": 2.5}
    assert both.prefetch == {"patient": "a"}


def test_an_upper_that_chooses_nothing_changes_nothing() -> None:
    assert over(ServiceSettings(), SITE) == SITE
