from cds_hooks.worklist.candidates import AssessedRisk, Candidate
from cds_hooks.worklist.listing import Entry, entries
from cds_hooks.worklist.planning import plan
from cds_hooks.worklist.site import Site
from cds_hooks.worklist.summary import summary
from tests.cds_hooks.worklist.wards import person, site


def listed(candidates: list[Candidate], chosen: Site) -> dict[str, Entry]:
    made = entries(candidates, chosen, plan(candidates, chosen))
    assert len(made) == len(candidates)
    return {each.candidate.patient: each for each in made}


def test_everyone_is_listed_once_with_life_threatening_findings_on_top() -> None:
    people = [
        person("low", 0.01),
        person("high", 0.4),
        person("unknown", None),
        person("potassium", None, critical=("K 7.1",)),
        person("lower", 0.001),
    ]
    found = listed(people, site(hours=2, teams={"review": {"an_hour": 1, "a_shift": 2}}))
    assert list(found) == ["potassium", "high", "low", "unknown", "lower"]
    assert [each.place for each in found.values()] == [
        "critical",
        "planned",
        "planned",
        "not assessed",
        "not planned",
    ]
    assert "K 7.1" in found["potassium"].why[0]


def test_who_is_not_assessed_is_said_to_be_so_with_what_is_missing() -> None:
    lacking = Candidate("a", (AssessedRisk("sepsis-risk", missing=("age",)),))
    found = listed([lacking, Candidate("b")], site())
    assert "That is not a low risk" in " ".join(found["a"].why)
    assert "sepsis-risk: not assessed (missing: age)." in found["a"].notes
    assert "sepsis-risk: not assessed (the input has no row of it)." in found["b"].notes


def test_a_score_of_a_service_whose_reviews_no_site_values_is_not_assessed() -> None:
    found = listed([Candidate("a", (AssessedRisk("other", risk=0.9),))], site())
    assert found["a"].place == "not assessed"


def test_why_not_names_the_interval_the_team_or_the_least_that_is_planned() -> None:
    people = [
        person("recent", 0.3, 0.0),
        person("skilled", 0.3, skills=frozenset({"icu"})),
        person("high", 0.3),
        person("low", 0.01),
    ]
    found = listed(people, site(hours=1))
    assert "reviewed less than 4 hours ago" in found["recent"].why[-1]
    assert "skills needed icu" in found["skilled"].why[-1]
    assert "greater expected benefit" in found["low"].why[-1]


def test_a_later_review_says_what_one_now_would_be_or_that_none_may_be_yet() -> None:
    people = [person("high", 0.4), person("mid", 0.1), person("recent", 0.3, 2.0)]
    found = listed(people, site(hours=4, teams={"review": {"an_hour": 1, "a_shift": 3}}))
    assert found["mid"].hour == 1 or found["mid"].hour == 2
    assert "Now it would be" in " ".join(found["mid"].why)
    assert "Not now" in " ".join(found["recent"].why)


def test_the_summary_counts_everyone_and_tells_what_is_not_kept() -> None:
    people = [person("a", 0.1, 30.0), person("b", 0.2, 30.0), person("c", None)]
    chosen = site(hours=1, maximum_interval=24)
    made = plan(people, chosen)
    told = " ".join(summary(entries(people, chosen, made), chosen, made, nameless=2))
    assert "3 patients: 0 with a life-threatening finding" in told
    assert "2 rows of the input without a patient's name" in told
    assert "1 patients cannot be reviewed within 24 hours" in told


def test_the_summary_gives_the_basis_of_a_floor() -> None:
    people = [person("a", 0.1, group="x")]
    chosen = site(fairness={"floor": 0.5, "basis": "equality act audit"})
    made = plan(people, chosen)
    told = list(summary(entries(people, chosen, made), chosen, made, nameless=0))
    assert any("equality act audit" in each for each in told)
