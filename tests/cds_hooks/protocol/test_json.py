import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_hooks.protocol.errors import BadRequest
from cds_hooks.protocol.hooks import CONTEXTS, Context, HookRequest
from cds_hooks.protocol.json import encode, read_request
from tests.beside import examples

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
TIME_BASED = "2C5EA6C4-8B8A-11EE-B9D1-0242AC120002"
SENT: dict[str, Any] = {
    "hook": "patient-view",
    "hookInstance": INSTANCE,
    "context": {"patientId": "1288992", "userId": "Practitioner/example"},
    "prefetch": {"patient": {"resourceType": "Patient", "id": "1288992"}},
}
AUTHORIZATION = {
    "access_token": "SECRET",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.rs launch epic.free form",
    "subject": "cds-service4",
    "patient": "1288992",
}


def body(**changes: Any) -> bytes:
    return json.dumps(SENT | changes).encode()


def context(**changes: Any) -> bytes:
    return body(context=SENT["context"] | changes)


def without(*names: str) -> bytes:
    return json.dumps({name: SENT[name] for name in SENT if name not in names}).encode()


def refusal(sent: bytes) -> BadRequest:
    with pytest.raises(BadRequest) as refused:
        read_request(sent)
    return refused.value


def expressions(sent: bytes) -> set[str]:
    return {problem.expression for problem in refusal(sent).problems}


def test_std_15_a_request_is_read() -> None:
    request = read_request(body(fhirServer="https://ehr.example/fhir"))
    assert request.hook == "patient-view"
    assert request.hook_instance == UUID(INSTANCE)
    assert request.context.patient_id == "1288992"
    assert request.context.user_id == "Practitioner/example"
    assert request.fhir_server == "https://ehr.example/fhir"
    assert json.loads(bytes(request.prefetch["patient"])) == SENT["prefetch"]["patient"]


@pytest.mark.parametrize("missing", ["hook", "hookInstance", "context"])
def test_std_15_what_is_required_is_named_when_it_is_missing(missing: str) -> None:
    assert expressions(without(missing)) == {missing}
    assert expressions(body(**{missing: None})) == {missing}


def test_std_15_everything_that_is_wrong_is_listed_at_once() -> None:
    sent = {"hook": "", "context": {"userId": 7}, "fhirAuthorization": {"scope": "x"}}
    assert expressions(json.dumps(sent).encode()) == {
        "hook",
        "hookInstance",
        "context.patientId",
        "context.userId",
        "fhirAuthorization.access_token",
        "fhirServer",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hook", 1),
        ("hookInstance", "42"),
        ("hookInstance", 42),
        ("hookInstance", "{" + INSTANCE + "}"),
        ("context", []),
        ("context", "1288992"),
        ("prefetch", []),
        ("prefetch", "none"),
        ("fhirServer", 7),
        ("fhirAuthorization", "Bearer x"),
    ],
)
def test_std_15_a_field_of_the_wrong_type_is_named(field: str, value: object) -> None:
    assert field in expressions(body(**{field: value}))


@pytest.mark.parametrize("sent", [b"[]", b'"text"', b"7", b"null", b"true"])
def test_std_15_a_body_that_is_no_object_is_refused(sent: bytes) -> None:
    assert "must be an object" in str(refusal(sent))


@pytest.mark.parametrize("instance", [TIME_BASED, INSTANCE.upper(), INSTANCE])
def test_std_15_any_version_of_uuid_in_any_case_is_taken(instance: str) -> None:
    assert read_request(body(hookInstance=instance)).hook_instance == UUID(instance)


@pytest.mark.parametrize("id", ["123", "Patient/123", "a.b-C_9", "e" * 255, "Patient/smart-1"])
def test_std_15_the_patients_id_is_taken_with_or_without_its_type(id: str) -> None:
    patient_id = read_request(context(patientId=id)).context.patient_id
    assert patient_id == id.removeprefix("Patient/")


@pytest.mark.parametrize(
    "id",
    [
        "https://ehr.example/fhir/Patient/1",
        "urn:uuid:1",
        "Patient/",
        "Patient/1/_history/2",
        "Patient/Patient/1",
        "Group/1",
        "1&_count=9999",
        "1?x",
        "1,2",
        "1 2",
        "1\n",
        " 1",
        "",
        "..",
        "Patient/..",
        "%2e",
        "1|2",
        "é",
        "e" * 256,
    ],
)
def test_std_15_a_patients_id_that_does_not_belong_in_a_query_is_refused(id: str) -> None:
    assert expressions(context(patientId=id)) == {"context.patientId"}


def test_std_15_a_missing_user_and_encounter_are_tolerated() -> None:
    request = read_request(body(context={"patientId": "1", "userId": None, "encounterId": None}))
    assert request.context.user_id is msgspec.UNSET
    assert request.context.encounter_id is msgspec.UNSET


@pytest.mark.parametrize(("sent", "read"), [("Encounter/9", "9"), ("9", "9"), ("", msgspec.UNSET)])
def test_std_15_an_encounter_is_read_like_a_patient(sent: str, read: object) -> None:
    assert read_request(context(encounterId=sent)).context.encounter_id == read
    assert expressions(context(encounterId="9&x=1")) == {"context.encounterId"}


def test_std_15_and_cds_r_1_an_authorization_needs_a_fhir_server() -> None:
    assert expressions(body(fhirAuthorization=AUTHORIZATION)) == {"fhirServer"}
    assert expressions(body(fhirAuthorization=AUTHORIZATION, fhirServer="")) == {"fhirServer"}
    assert expressions(body(fhirAuthorization=AUTHORIZATION, fhirServer=None)) == {"fhirServer"}
    assert read_request(body(fhirAuthorization=None)).fhir_authorization is msgspec.UNSET


def test_std_21_the_authorization_is_read_whatever_its_scopes_look_like() -> None:
    sent = body(fhirAuthorization=AUTHORIZATION, fhirServer="https://ehr.example")
    authorization = read_request(sent).fhir_authorization
    assert authorization
    assert authorization.access_token == "SECRET"
    assert authorization.scope == AUTHORIZATION["scope"]
    assert authorization.patient == "1288992"


def test_std_21_an_authorization_without_a_token_is_refused() -> None:
    sent = body(fhirAuthorization={"scope": "x"}, fhirServer="https://ehr.example")
    assert expressions(sent) == {"fhirAuthorization.access_token"}


def test_std_17_null_is_not_absent() -> None:
    prefetch = {"conditions": None, "patient": {}, "labs": {"resourceType": "Bundle"}}
    given = read_request(body(prefetch=prefetch)).prefetch
    assert bytes(given["conditions"]) == b"null"
    assert "medications" not in given
    assert set(given) == set(prefetch)


@pytest.mark.parametrize("sent", [without("prefetch"), body(prefetch=None), body(prefetch={})])
def test_std_17_no_prefetch_is_no_keys(sent: bytes) -> None:
    assert read_request(sent).prefetch == {}


def test_std_17_a_null_elsewhere_does_not_lose_the_nulls_of_prefetch() -> None:
    sent = body(fhirServer=None, prefetch={"a": None, "b": {"value": 1.10, "id": None}})
    given = read_request(sent).prefetch
    assert bytes(given["a"]) == b"null"
    assert json.loads(bytes(given["b"])) == {"value": 1.10, "id": None}


@pytest.mark.parametrize("value", ["text", 7, [], None, True, "<html>", [{"a": 1}]])
def test_std_17_a_prefetched_value_of_any_type_is_handed_on(value: object) -> None:
    assert json.loads(bytes(read_request(body(prefetch={"k": value})).prefetch["k"])) == value


@pytest.mark.parametrize("extension", [{"com.example.a": 1}, "text", [], None, 7])
def test_req_214_and_std_04_unknown_fields_and_extensions_are_ignored(extension: object) -> None:
    further = {"extension": extension, "futureField": {"a": [1]}}
    sent = body(
        fhirServer="https://ehr.example",
        fhirAuthorization=AUTHORIZATION | further,
        context=SENT["context"] | further,
        **further,
    )
    assert read_request(sent).context.patient_id == "1288992"


def test_std_44_unknown_context_fields_are_tolerated() -> None:
    sent = context(someField="foo", someObject={"color": "red"}, moreObjects=[])
    assert read_request(sent).context.patient_id == "1288992"


def test_std_44_the_hook_of_another_service_is_refused_whatever_its_context() -> None:
    assert expressions(body(hook="order-sign")) == {"hook"}
    assert expressions(body(hook="order-sign", context={})) == {"hook"}


PLACES = ['{"hook":%s}', '{"prefetch":{"k":{"a":%s}},' + json.dumps(SENT)[1:]]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "text",
    ["NaN", "Infinity", "-Infinity", '"\\ud800"', '"\\udc00 x"', "01", "1.", "'a'", "[1,]", '"\t"'],
)
def test_std_03_what_is_not_json_is_refused(place: str, text: str) -> None:
    assert "not JSON" in str(refusal((place % text).encode()))


@pytest.mark.parametrize("sent", [b"", b" ", b"{", b'{"hook"', b"{} {}", b"// x\n{}", b"\0"])
def test_req_001_a_body_that_is_not_json_is_refused(sent: bytes) -> None:
    assert "not JSON" in str(refusal(sent))


def test_std_03_a_number_beyond_range_is_refused_where_it_is_read() -> None:
    sent = body(fhirServer="https://ehr.example", fhirAuthorization=AUTHORIZATION)
    assert "out of range" in str(refusal(sent.replace(b"300", b"1e400")))
    assert refusal(b'{"hook": 1e400}').problems


def test_std_03_a_number_beyond_range_in_a_resource_is_left_to_its_reader() -> None:
    sent = body(prefetch={"labs": {"value": 300}}).replace(b"300", b"1e400")
    assert bytes(read_request(sent).prefetch["labs"]) == b'{"value": 1e400}'


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("place", [b'{"hook": %s', b'{"x": %s', b'{"prefetch": {"k": %s'])
def test_std_03_over_deep_nesting_is_refused(place: bytes, opening: bytes) -> None:
    assert "too deeply" in str(refusal(place % (opening * 100_000)))


def test_req_001_a_byte_order_mark_is_ignored() -> None:
    assert read_request(b"\xef\xbb\xbf" + body()).hook == "patient-view"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_req_001_only_utf_8_is_read(encoding: str) -> None:
    sent = json.dumps(SENT | {"extension": "é"}, ensure_ascii=False).encode(encoding)
    assert refusal(sent).status == 400


@pytest.mark.parametrize("text", [b"\xff", b"\xed\xa0\x80", b"\xc0\x80"])
def test_req_001_broken_utf_8_is_refused_even_where_it_is_not_read(text: bytes) -> None:
    sent = body(prefetch={"k": "HERE"}).replace(b"HERE", text)
    assert "UTF-8" in str(refusal(sent))


NUL = "\\u0000"


@pytest.mark.parametrize(
    ("sent", "where"),
    [
        ({"hook": NUL}, "hook"),
        ({"context": {"patientId": "1" + NUL}}, "context"),
        ({"prefetch": {"labs": {"text": "a" + NUL}}}, "prefetch.labs"),
        ({"prefetch": {"a": 1, "labs": {NUL: 1}}}, "prefetch.labs"),
        ({"prefetch": {NUL: 1}}, "prefetch"),
        ({"prefetch": {"line\nbreak": NUL}}, "prefetch"),
        ({"prefetch": [NUL]}, "prefetch"),
        ({NUL: 1}, ""),
        ({"extension": {"x": "\\\\" + NUL}}, "extension"),
    ],
)
def test_std_03_a_nul_in_a_string_is_refused_and_placed(sent: Any, where: str) -> None:
    text = json.dumps(SENT | sent).replace("\\\\u0000", NUL).encode()
    refused = refusal(text)
    assert "U+0000" in str(refused)
    assert refused.expression == where


@pytest.mark.parametrize("sent", [b'["\\u0000"]', b'"\\u0000"'])
def test_std_03_a_nul_without_a_field_is_refused(sent: bytes) -> None:
    assert "U+0000" in str(refusal(sent))


@pytest.mark.parametrize("backslashes", [2, 4, 6])
def test_std_03_an_escaped_backslash_before_u0000_is_no_nul(backslashes: int) -> None:
    text = b"\\" * backslashes + b"u0000"
    sent = body(prefetch={"k": "HERE"}).replace(b"HERE", text)
    value = msgspec.json.decode(read_request(sent).prefetch["k"])
    assert value == "\\" * (backslashes // 2) + "u0000"
    odd = body(prefetch={"k": "HERE"}).replace(b"HERE", b"\\" + text)
    assert refusal(odd).expression == "prefetch.k"


def test_no_refusal_repeats_what_was_sent() -> None:
    wrong = {
        "hook": {"name": "SECRET"},
        "hookInstance": "SECRET",
        "context": {"patientId": "SECRET PATIENT", "userId": ["SECRET"]},
        "fhirAuthorization": {"access_token": ["SECRET"]},
        "prefetch": "SECRET",
    }
    refused = refusal(json.dumps(wrong).encode())
    assert len(refused.problems) >= 6
    assert "SECRET" not in repr(refused.problems) + str(refused) + repr(refused.args)
    broken = refusal(b'{"hook": "SECRET')
    assert "SECRET" not in repr(broken.problems)
    assert broken.__suppress_context__


VALID = body(
    fhirServer="https://ehr.example/fhir",
    fhirAuthorization=AUTHORIZATION,
    extension={"com.example.a": "é\\u0041"},
)


def read_or_refuse(sent: bytes) -> HookRequest[Context] | None:
    try:
        return read_request(sent)
    except BadRequest:
        return None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_and_nothing_else(sent: bytes) -> None:
    read_or_refuse(sent)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(VALID)), st.integers(0, 8), st.binary(max_size=8))
def test_a_request_with_some_bytes_changed_is_read_or_refused(
    start: int, cut: int, put: bytes
) -> None:
    read_or_refuse(VALID[:start] + put + VALID[start + cut :])


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([INSTANCE, "Patient/1", "\0", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["patientId", "access_token", "k", "extension"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*SENT, "fhirServer", "fhirAuthorization", "x"]), ODD))
def test_a_request_with_odd_values_is_read_or_refused(changes: dict[str, Any]) -> None:
    read_or_refuse(body(**changes))


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5), ODD)
)
def test_what_is_read_is_what_was_sent(prefetch: dict[str, Any]) -> None:
    request = read_or_refuse(body(prefetch=prefetch))
    if request is not None:
        for key, value in prefetch.items():
            assert msgspec.json.decode(request.prefetch[key]) == json.loads(json.dumps(value))


def test_std_03_json_is_written_in_utf_8_on_one_line() -> None:
    assert encode({"a": "é\n"}) == '{"a":"é\\n"}'.encode()


def test_the_specifications_own_requests_are_read() -> None:
    paths = examples("*-request.json")
    assert len(paths) >= 4
    for path in paths:
        sent = json.loads(path.read_bytes())
        if sent["hook"] not in CONTEXTS:
            assert expressions(path.read_bytes()) == {"hook"}
        elif "patientId" in sent["context"]:
            assert read_request(path.read_bytes(), sent["hook"]).hook == sent["hook"]
        else:
            assert expressions(path.read_bytes()) == {"context.patientId"}


def test_the_contexts_of_other_published_hooks_are_wide_enough_for_a_chart_to_be_opened() -> None:
    paths = examples("hook-*-context.json")
    assert len(paths) >= 20
    for path in paths:
        sent = json.loads(path.read_bytes())["context"]
        read = read_request(body(context=sent)).context
        assert read.patient_id == sent["patientId"], path.name
