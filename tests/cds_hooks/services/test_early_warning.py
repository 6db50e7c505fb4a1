"""Early warning: one set decides, scale 2 only on a clinician's word, what is missing is said."""

from typing import Any

import pytest

from cds_hooks.engine.extension import EXTENSION
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from fhir_adapters.terminology.site import SiteMap
from tests.charts import NOW, Resource, answered, ask, patient, problem, result

SERVICE = "early-warning"
MORNING, NOON = "2026-03-15T07:30:00Z", "2026-03-15T11:30:00Z"
ALERT, CONFUSED = "248234008", "130987000"
COPD, HYPERCAPNIC_FAILURE, PNEUMONIA, PREGNANCY = "13645005", "J96.12", "233604007", "77386006"
SCALE_1, SCALE_2 = "1104311000000102", "1104321000000108"
ORDERED = "urn:example:orders"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
WELL: dict[str, Any] = {
    "resp_rate": 16,
    "spo2": 97,
    "o2_flow": 0,
    "sbp": 120,
    "heart_rate": 70,
    "temperature": 37.0,
}
ILL: dict[str, Any] = {
    "resp_rate": 26,
    "spo2": 93,
    "sbp": 96,
    "heart_rate": 118,
    "temperature": 38.6,
}  # 3+2+2+2+1


def vitals(at: str = NOON, *, level: str | None = ALERT, **changed: Any) -> list[Resource]:
    """One set of observations of someone who is well, unless told otherwise; None leaves out."""
    signs = {name: value for name, value in (WELL | changed).items() if value is not None}
    measured = [result(name, value, at) for name, value in signs.items()]
    return measured + ([answered("67775-7", level, at)] if level else [])


def cards(*resources: Resource, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(SERVICE, patient(), *resources, **options)["cards"]
    return found


def labels(card: dict[str, Any]) -> list[str]:
    return [each["label"] for each in card.get("suggestions", ())]


def scale_at(*resources: Resource) -> dict[str, Any]:
    """The answer at a site whose charts record the decision under a code of their own."""
    site_map = SiteMap(codes={(ORDERED, "SCALE"): "spo2_scale"})
    live = {SERVICE: ServiceSettings(mode="live")}
    return ask(SERVICE, patient(), *resources, settings=Settings(services=live, site_map=site_map))


def decided(code: str, at: str = "2026-03-12T09:00:00Z") -> Resource:
    return answered("SCALE", code, at, system=ORDERED)


def test_seven_points_call_for_an_emergency_response() -> None:
    (card,) = cards(*vitals(**ILL))
    assert card["summary"] == "NEWS2 10 on 2026-03-15 11:30: high, emergency response"
    assert card["indicator"] == "critical"
    assert "Royal College of Physicians NEWS2 2017" in card["detail"]
    assert "| Respiratory rate | 26 /min | 2026-03-15 | +3 |" in card["detail"]


@pytest.mark.parametrize(
    ("changed", "indicator"),
    [
        ({"resp_rate": 22, "heart_rate": 118, "temperature": 38.6}, "warning"),  # 2 + 2 + 1
        ({"resp_rate": 22, "heart_rate": 118, "spo2": 93}, "warning"),  # 2 + 2 + 2
        ({"resp_rate": 22, "heart_rate": 118, "spo2": 93, "temperature": 38.6}, "critical"),
    ],
)
def test_five_and_six_points_warn_and_seven_are_critical(
    changed: dict[str, Any], indicator: str
) -> None:
    (card,) = cards(*vitals(**changed))
    assert card["indicator"] == indicator


def test_four_points_call_for_nothing_unless_one_sign_gives_three() -> None:
    assert cards(*vitals(resp_rate=22, heart_rate=118)) == []
    (card,) = cards(*vitals(resp_rate=25))
    assert card["indicator"] == "warning"
    assert "NEWS2 3 on 2026-03-15 11:30: 3 points in one vital sign" in card["summary"]


def test_no_points_no_card() -> None:
    answer = ask(SERVICE, patient(), *vitals())
    assert answer == {"cards": []}


@pytest.mark.parametrize("born", ["2010-03-16", "2015-01-01"])
def test_it_is_not_for_children_under_sixteen(born: str) -> None:
    assert ask(SERVICE, patient(birthDate=born), *vitals(**ILL))["cards"] == []
    assert ask(SERVICE, patient(birthDate="2010-03-15"), *vitals(**ILL))["cards"] != []


@pytest.mark.parametrize(
    "recorded",
    [
        problem(PREGNANCY, onsetDateTime="2026-01-10"),
        answered("82810-3", PREGNANCY, "2026-01-10T08:00:00Z"),
        problem("o85", onsetDateTime="2026-02-20")
        | {"code": {"coding": [{"system": ICD10, "code": "O85"}]}},
        problem(PREGNANCY, onsetDateTime="2025-06-10", abatementDateTime="2026-03-01"),
    ],
    ids=["listed", "observed", "puerperal-sepsis", "ended-last-week"],
)
def test_in_pregnancy_and_six_weeks_after_it_says_that_it_does_not_hold(
    recorded: Resource,
) -> None:
    (card,) = cards(*vitals(**ILL), recorded)
    assert "NEWS2 does not hold in pregnancy" in card["summary"]
    assert card["indicator"] == "critical"
    assert "Use the maternity early warning chart now" in card["detail"]
    assert "Respiratory rate 26 /min" in card["detail"]
    assert cards(*vitals(), recorded) == []


def test_six_weeks_after_a_pregnancy_it_holds_again() -> None:
    over = problem(PREGNANCY, onsetDateTime="2025-03-10", abatementDateTime="2025-12-20")
    (card,) = cards(*vitals(**ILL), over)
    assert card["summary"].startswith("NEWS2 10")


@pytest.mark.parametrize("code", ["103735009", "304253006"], ids=["palliative", "resuscitation"])
def test_palliative_care_and_a_resuscitation_order_mute_nothing(code: str) -> None:
    (card,) = cards(*vitals(**ILL), problem(code, onsetDateTime="2026-01-10"))
    assert card["summary"].startswith("NEWS2 10")


def test_under_comfort_measures_now_no_score_is_shown() -> None:
    comfort = problem("133918004", onsetDateTime="2026-03-10")
    answer = ask(SERVICE, patient(), *vitals(**ILL), comfort)
    assert answer["cards"] == []
    (reason,) = answer["extension"][EXTENSION]["notAssessed"]
    assert "comfort measures are recorded" in reason["text"]


# Near death


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("sbp", 38, "Systolic BP 38 mmHg"),
        ("resp_rate", 1, "Respiratory rate 1 /min"),
        ("resp_rate", 0, "Respiratory rate 0 /min"),
        ("spo2", 48, "Oxygen saturation (pulse oximetry) 48 %"),
        ("heart_rate", 8, "Heart rate 8 /min"),
        ("sbp", 320, "Systolic BP 320 mmHg"),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_a_value_near_death_speaks_alone_and_among_good_ones(
    name: str, value: float, told: str, alone: bool
) -> None:
    others = [] if alone else [each for each in vitals() if not each["id"].startswith(name)]
    found = cards(result(name, value, NOON), *others)
    (card,) = found
    assert card["indicator"] == "critical"
    assert card["summary"] == (
        f"Check this value, act as if it were true: {told}, 2026-03-15 11:30"
    )


def test_a_value_near_death_that_was_measured_again_well_is_quiet() -> None:
    assert cards(result("sbp", 38, MORNING), *vitals()) == []


def test_a_value_beyond_the_plausible_range_that_calls_for_nothing_is_no_alarm() -> None:
    found = cards(*vitals(temperature=None), result("temperature", 98.6, NOON))
    assert [each["indicator"] for each in found if "act as if" in each["summary"]] == []


# Consciousness


LEVELS = ["LA6560-2", "LA17108-4", "LA17107-6", "LA9343-0"]


def level(code: str) -> Resource:
    """A level of consciousness by an answer of LOINC's list."""
    return answered("67775-7", code, NOON) | {
        "valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": code}]}
    }


@pytest.mark.parametrize("code", LEVELS)
def test_a_loinc_answer_that_is_not_alert_gives_three_points(code: str) -> None:
    (card,) = cards(*vitals(level=None), level(code))
    assert card["summary"].startswith("NEWS2 3 on")
    assert cards(*vitals(level=None), level("LA9340-6")) == []


@pytest.mark.parametrize("points", [14, 8, 3])
def test_a_coma_score_below_15_gives_three_points(points: float) -> None:
    card = cards(*vitals(level=None), result("gcs_total", points, NOON))[-1]
    assert card["summary"].startswith("NEWS2 3 on")
    assert cards(*vitals(level=None), result("gcs_total", 15, NOON)) == []


WORDS = ["Unresponsive", "responds to  pain", "V", "New confusion"]


@pytest.mark.parametrize("words", WORDS)
def test_a_level_of_consciousness_in_words_gives_three_points(words: str) -> None:
    told = level("LA9340-6") | {"valueCodeableConcept": {"text": words}}
    (card,) = cards(*vitals(level=None), told)
    assert card["summary"].startswith("NEWS2 3 on")
    sent = {key: value for key, value in told.items() if key != "valueCodeableConcept"}
    (card,) = cards(*vitals(level=None), sent | {"valueString": words})
    assert card["summary"].startswith("NEWS2 3 on")
    assert cards(*vitals(level=None), sent | {"valueString": "ALERT"}) == []


@pytest.mark.parametrize("words", ["not unresponsive", "alert?", "see note"])
def test_other_words_about_consciousness_are_not_read(words: str) -> None:
    told = level("LA9340-6") | {"valueCodeableConcept": {"text": words}}
    (card,) = cards(*vitals(level=None), told)
    assert card["summary"].startswith("Early warning: not assessed")


def test_a_coma_score_alone_speaks() -> None:
    (card,) = cards(result("gcs_total", 9, NOON))
    assert card["summary"].startswith("NEWS2 at least 3 on")


def test_a_coma_score_of_8_or_less_is_critical_by_itself() -> None:
    coma, score = cards(result("gcs_total", 8, NOON))
    assert coma["summary"] == "Coma: Glasgow coma score total 8, 2026-03-15 11:30"
    assert (coma["indicator"], score["indicator"]) == ("critical", "warning")
    assert cards(result("gcs_total", 8, NOON), conditions=...)[0]["indicator"] == "critical"


def test_a_coma_score_that_is_usual_or_was_better_since_is_no_coma() -> None:
    usual = result("gcs_total", 7, "2026-02-01T08:00:00Z")
    assert cards(*vitals(level=None), usual, result("gcs_total", 7, NOON)) == []
    assert cards(*vitals(), result("gcs_total", 7, MORNING)) == []


def test_a_coma_score_that_is_the_usual_one_gives_no_points_and_a_lower_one_does() -> None:
    usual = result("gcs_total", 14, "2026-02-01T08:00:00Z")
    assert cards(*vitals(level=None), usual, result("gcs_total", 14, NOON)) == []
    assert cards(*vitals(level=None), usual, result("gcs_total", 13, NOON)) != []
    lately = result("gcs_total", 14, "2026-03-13T08:00:00Z")
    assert cards(*vitals(level=None), lately, result("gcs_total", 14, NOON)) != []


def test_a_coma_score_under_ventilation_is_not_used() -> None:
    assert cards(*vitals(level=None), result("gcs_total", 7, NOON), result("peep", 8, NOON)) == []


def test_a_coma_score_of_the_same_time_counts_beside_alert() -> None:
    assert cards(*vitals(), result("gcs_total", 13, NOON)) != []
    assert cards(*vitals(), result("gcs_total", 13, MORNING)) == []


def test_the_three_parts_of_the_coma_score_are_added() -> None:
    parts = {"9267-6": 2, "9270-0": 2, "9268-4": 4}
    measured = [
        result("gcs_total", value, NOON, id=code)
        | {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}}
        for code, value in parts.items()
    ]
    coma, score = cards(*vitals(level=None), *measured)
    assert coma["summary"].startswith("Coma: Glasgow coma score total 8")
    assert score["summary"].startswith("NEWS2 3 on")


def test_an_answer_about_consciousness_that_cannot_be_read_is_one_quiet_card() -> None:
    (card,) = cards(*vitals(level=None), answered("67775-7", "999999999", NOON))
    assert card["indicator"] == "info"
    assert "Level of consciousness" in card["summary"]


@pytest.mark.parametrize("code", ["61008-9", "76010-8"])
def test_a_temperature_of_skin_or_nose_does_not_count(code: str) -> None:
    skin = result("temperature", 34.0, NOON)
    skin["code"] = {"coding": [{"system": "http://loinc.org", "code": code}]}
    assert cards(*vitals(temperature=None), skin) == []


def test_a_saturation_of_unspecified_blood_does_not_count() -> None:
    venous = result("spo2", 62, NOON)
    venous["code"] = {"coding": [{"system": "http://loinc.org", "code": "20564-1"}]}
    assert cards(*vitals(spo2=None), venous) == []


def test_a_pregnancy_status_of_today_does_not_make_the_vital_signs_another_set() -> None:
    not_pregnant = answered("82810-3", "60001007", "2026-03-15T11:59:00Z")
    signs = vitals("2026-03-15T08:00:00Z", **ILL)
    (card,) = cards(*signs, not_pregnant)
    assert card["summary"].startswith("NEWS2 10 on 2026-03-15 08:00")


# One set of observations


def test_parts_within_an_hour_of_the_newest_are_one_set() -> None:
    signs = vitals("2026-03-15T10:30:00Z", **ILL | {"spo2": None})
    (card,) = cards(*signs, result("spo2", 93, NOON))
    assert card["summary"].startswith("NEWS2 10 on 2026-03-15 11:30")


def test_a_part_of_more_than_an_hour_before_is_of_another_set() -> None:
    late = result("temperature", 40.0, "2026-03-15T10:29:00Z")
    (card,) = cards(*vitals(**ILL | {"temperature": None}), late)
    assert card["summary"].startswith("NEWS2 at least 9 on 2026-03-15 11:30")
    assert "Incomplete, at most 12. Not known: Body temperature." in card["detail"]
    assert "Body temperature: not measured close enough to the others" in card["detail"]


def test_a_part_dated_to_the_day_is_not_known_to_be_of_the_set() -> None:
    (card,) = cards(*vitals(**ILL | {"temperature": None}), result("temperature", 40, "2026-03-15"))
    assert card["summary"].startswith("NEWS2 at least 9 on 2026-03-15 11:30")


def test_vital_signs_of_yesterday_are_history() -> None:
    assert cards(*vitals("2026-03-14T20:00:00Z", **ILL)) == []


def test_a_whole_set_that_is_well_again_ends_the_alarm() -> None:
    assert cards(*vitals(MORNING, **ILL), *vitals()) == []


@pytest.mark.parametrize(("name", "value"), [("spo2", 97), ("temperature", 37.0), ("o2_flow", 0)])
def test_one_sign_measured_again_does_not_end_the_alarm(name: str, value: float) -> None:
    (card,) = cards(*vitals(MORNING, **ILL), result(name, value, NOON))
    assert card["summary"].startswith("NEWS2 10 on 2026-03-15 07:30")
    assert card["indicator"] == "critical"


def test_what_was_measured_since_is_said() -> None:
    (card,) = cards(*vitals(MORNING, **ILL), result("spo2", 97, NOON))
    assert "Since then only parts of a set: at least 0 on 2026-03-15 11:30." in card["detail"]


def test_better_signs_end_the_alarm_though_the_new_set_is_not_whole() -> None:
    again = vitals(NOON, level=None, o2_flow=None)
    assert cards(*vitals(MORNING, level=None, **ILL | {"o2_flow": None}), *again) == []


def test_the_trend_names_the_set_before() -> None:
    (card,) = cards(*vitals(MORNING, resp_rate=22, heart_rate=95), *vitals(**ILL))
    assert "Set before: 3 on 2026-03-15 07:30." in card["detail"]
    (card,) = cards(*vitals(**ILL))
    assert "Set before" not in card["detail"]


# Incomplete sets


def test_an_incomplete_set_is_at_least_its_points_and_names_what_is_missing() -> None:
    (card,) = cards(*vitals(level=None, **ILL | {"o2_flow": None}))
    assert card["summary"].startswith("NEWS2 at least 10 on")
    missing = "Inhaled oxygen flow rate, Inspired O2 fraction, Level of consciousness (AVPU/ACVPU)"
    assert f"Incomplete, at most 15. Not known: {missing}." in card["detail"]


def test_oxygen_is_known_by_either_of_its_measures() -> None:
    (card,) = cards(*vitals(**ILL))
    assert "Not known" not in card["detail"]


def test_what_could_call_for_a_response_is_told_but_shows_no_card_for_what_was_never_measured() -> (
    None
):
    answer = ask(SERVICE, patient(), *vitals(level=None, heart_rate=118, o2_flow=None))
    assert answer["cards"] == []
    told = [reason["text"] for reason in answer["extension"][EXTENSION]["notAssessed"]]
    assert told[0] == "what is known gives 2 points, what is missing could make it 7"
    assert len(told) == 4


def test_an_unusable_vital_sign_that_could_decide_is_one_quiet_card() -> None:
    wrong = result("resp_rate", 22, NOON, valueQuantity={"value": 22, "unit": "mmHg"})
    (card,) = cards(*vitals(heart_rate=118, spo2=93, resp_rate=None), wrong)
    assert card["indicator"] == "info"
    assert card["summary"] == "Early warning: not assessed (Respiratory rate)"
    assert "what is known gives 4 points, what is missing could make it 7" in card["detail"]
    assert "suggestions" not in card


def test_an_incomplete_set_that_could_call_for_nothing_is_quiet() -> None:
    assert ask(SERVICE, patient(), *vitals(temperature=None))["cards"] == []


def test_a_missing_part_that_alone_could_give_three_points_is_told() -> None:
    answer = ask(SERVICE, patient(), *vitals(level=None))
    assert answer["cards"] == []
    (reason,) = answer["extension"][EXTENSION]["notAssessed"]
    assert reason["text"] == (
        "what is missing could give 3 points by itself: Level of consciousness (AVPU/ACVPU)"
    )


# SpO2 scale 2


@pytest.mark.parametrize(
    "chart",
    [
        [],
        [problem(COPD)],
        [problem("h") | {"code": {"coding": [{"system": ICD10, "code": HYPERCAPNIC_FAILURE}]}}],
        [decided(SCALE_1)],
        [decided(SCALE_2, "2026-01-02T09:00:00Z")],
        [decided(SCALE_2), decided(SCALE_1, "2026-03-13T09:00:00Z")],
    ],
    ids=["nothing", "copd", "hypercapnic-failure", "scale-1", "long-ago", "revoked"],
)
def test_scale_1_is_used_but_for_a_clinicians_decision(chart: list[Resource]) -> None:
    (card,) = scale_at(*vitals(spo2=90, resp_rate=22), *chart)["cards"]
    assert "NEWS2 5 " in card["summary"]
    assert "SpO2 scale 1" in card["detail"]


def test_scale_2_is_used_on_a_clinicians_decision() -> None:
    assert scale_at(*vitals(spo2=90, resp_rate=22), decided(SCALE_2))["cards"] == []
    (card,) = scale_at(*vitals(spo2=97, o2_flow=2, resp_rate=22), decided(SCALE_2))["cards"]
    assert "NEWS2 7 " in card["summary"]
    remark = "SpO2 scale 2, by a clinician's decision recorded on 2026-03-12"
    assert remark in card["detail"]


def test_the_card_says_that_no_decision_for_scale_2_is_recorded() -> None:
    (card,) = cards(*vitals(**ILL))
    assert "SpO2 scale 1: no clinician's decision for scale 2 is recorded" in card["detail"]


def test_copd_on_the_list_asks_whether_scale_2_holds_and_does_not_decide_it() -> None:
    (card,) = cards(*vitals(**ILL), problem(COPD))
    assert "COPD is listed, so decide whether scale 2 holds" in card["detail"]
    assert card["summary"].startswith("NEWS2 10")


# Suspected sepsis


def test_without_an_infection_nothing_is_suggested() -> None:
    (card,) = cards(*vitals(**ILL))
    assert "suggestions" not in card
    assert "NICE" not in card["detail"]


@pytest.mark.parametrize("verification", ["confirmed", "provisional"])
def test_with_an_infection_blood_tests_are_suggested_one_by_one(verification: str) -> None:
    pneumonia = problem(PNEUMONIA, verificationStatus={"coding": [{"code": verification}]})
    (card,) = cards(*vitals(**ILL), pneumonia)
    assert "**NICE NG253 2025**, high risk:" in card["detail"]
    assert labels(card) == [
        "Request blood cultures now",
        "Request a lactate now",
        "Request a blood count now",
        "Request a creatinine now",
        "Request a C-reactive protein now",
    ]
    for each in card["suggestions"]:
        (action,) = each["actions"]
        assert (action["resource"]["status"], action["resource"]["intent"]) == ("draft", "proposal")


def test_a_refuted_infection_suggests_nothing() -> None:
    refuted = problem(PNEUMONIA, verificationStatus={"coding": [{"code": "refuted"}]})
    (card,) = cards(*vitals(**ILL), refuted)
    assert labels(card) == []


def test_three_points_in_one_sign_with_an_infection_suggest_no_blood_tests() -> None:
    (card,) = cards(*vitals(resp_rate=25), problem(PNEUMONIA))
    assert labels(card) == []


def test_a_test_that_has_its_result_since_the_set_is_not_suggested_again() -> None:
    since = [result("lactate", 2.8, "2026-03-15T11:10:00Z"), result("crp", 180, NOON)]
    before = [result("creatinine", 1.2, MORNING), result("wbc", 14, "2026-03-14T18:00:00Z")]
    (card,) = cards(*vitals(**ILL), problem(PNEUMONIA), *since, *before)
    assert labels(card) == [
        "Request blood cultures now",
        "Request a blood count now",
        "Request a creatinine now",
    ]


def test_where_the_problem_list_was_not_given_it_is_not_known_to_be_no_pregnancy() -> None:
    (card,) = cards(*vitals(**ILL), conditions=...)
    assert "Not known: Pregnancy." in card["detail"]
    assert labels(card) == []


def test_without_vital_signs_there_is_no_answer_from_others() -> None:
    answer = ask(SERVICE, patient(), now=NOW)
    assert answer["cards"] == []
    assert answer["extension"][EXTENSION]["notAssessed"]
