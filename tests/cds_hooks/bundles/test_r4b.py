from cds_hooks.bundles.r4b import problems


def test_a_valid_resource_has_no_problems() -> None:
    assert list(problems({"resourceType": "Patient", "id": "p", "birthDate": "1950"})) == []


def test_each_problem_names_its_path() -> None:
    observation = {"resourceType": "Observation", "status": "final", "valueQuantity": {"unit": 1}}
    found = list(problems(observation))
    assert "code: Field required" in found
    assert any(problem.startswith("valueQuantity.unit: ") for problem in found)


def test_a_problem_does_not_repeat_what_was_sent() -> None:
    (found,) = problems({"resourceType": "Patient", "birthDate": "her birthday"})
    assert found.startswith("birthDate: ")
    assert "birthday" not in found


def test_a_resource_of_another_version_is_no_resource_of_this_one() -> None:
    found = list(problems({"resourceType": "MedicationOrder"}))
    assert found == ["MedicationOrder is not a resource of R4B"]
