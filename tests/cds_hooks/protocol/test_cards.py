import json
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_hooks.protocol.cards import (
    Action,
    Card,
    CDSResponse,
    Coding,
    InvalidCard,
    Link,
    Source,
    Suggestion,
)
from cds_hooks.protocol.json import encode
from tests.beside import examples
from tests.cds_hooks.protocol.wire_rules import received

UUID = "4e0a3a1e-3283-4575-ab82-028d55fe2719"
OTHER_UUID = "e56e1945-20b3-4393-8503-a1a20fd73152"
SOURCE = Source(label="A guideline")
CREATE = Action(type="create", description="Order it", resource={"resourceType": "ServiceRequest"})
CREATE_AND_NAME: dict[str, Any] = {"resource": {"resourceType": "Task"}, "resource_id": "Task/1"}
REASON = Coding(code="patient-refuses", system="urn:reasons", display="Patient refuses")


def card(**changes: Any) -> Card:
    fields: dict[str, Any] = {"summary": "Look", "indicator": "info", "source": SOURCE}
    return Card(**fields | changes)


def suggestion(**changes: Any) -> Suggestion:
    fields: dict[str, Any] = {"label": "Order", "actions": (CREATE,)}
    return Suggestion(**fields | changes)


def test_req_074_a_response_always_has_a_cards_array() -> None:
    assert received(encode(CDSResponse(cards=(card(),))))["cards"][0]["summary"] == "Look"
    with pytest.raises(TypeError):
        CDSResponse()  # type: ignore[call-arg]


def test_req_077_no_guidance_is_an_empty_array_of_cards() -> None:
    assert encode(CDSResponse(cards=())) == b'{"cards":[]}'


def test_req_075_no_system_actions_are_sent() -> None:
    assert "systemActions" not in CDSResponse.__struct_encode_fields__


@pytest.mark.parametrize("uuid", ["42", "", "{" + UUID + "}", UUID.replace("-", ""), "urn:uuid:1"])
def test_req_080_a_cards_uuid_is_one(uuid: str) -> None:
    assert card(uuid=UUID).uuid == UUID
    with pytest.raises(InvalidCard, match=r"Card\.uuid"):
        card(uuid=uuid)


def test_req_080_two_cards_do_not_share_a_uuid() -> None:
    assert CDSResponse(cards=(card(uuid=UUID), card(uuid=OTHER_UUID), card(), card())).cards
    with pytest.raises(InvalidCard, match="one uuid"):
        CDSResponse(cards=(card(uuid=UUID), card(uuid=UUID)))


def test_req_081_a_cards_uuid_is_optional() -> None:
    assert "uuid" not in received(encode(card()))


@pytest.mark.parametrize("character", ["x", "é", "€"])
def test_req_083_summary_is_under_140_characters(character: str) -> None:
    assert card(summary=character * 139).summary == character * 139
    with pytest.raises(InvalidCard, match="139"):
        card(summary=character * 140)


def test_req_083_summary_is_counted_as_a_browser_counts() -> None:
    assert card(summary="\U0001f600" * 69).summary
    with pytest.raises(InvalidCard, match="UTF-16"):
        card(summary="\U0001f600" * 70)


def test_req_084_and_085_detail_is_optional_text() -> None:
    assert "detail" not in received(encode(card()))
    assert received(encode(card(detail="| a |\n|---|")))["detail"] == "| a |\n|---|"


@pytest.mark.parametrize("indicator", ["info", "warning", "critical"])
def test_req_087_every_card_has_an_indicator(indicator: str) -> None:
    assert received(encode(card(indicator=indicator)))["indicator"] == indicator


@pytest.mark.parametrize("indicator", ["hard-stop", "success", "INFO", "urgent"])
def test_req_088_no_other_indicator_is_sent(indicator: str) -> None:
    with pytest.raises(InvalidCard, match="indicator"):
        card(indicator=indicator)


@pytest.mark.parametrize("missing", ["summary", "indicator", "source"])
def test_std_24_a_card_needs_summary_indicator_and_source(missing: str) -> None:
    fields: dict[str, Any] = {"summary": "Look", "indicator": "info", "source": SOURCE}
    del fields[missing]
    with pytest.raises(TypeError):
        Card(**fields)


def test_req_090_and_105_a_source_has_a_label() -> None:
    assert received(encode(card()))["source"] == {"label": "A guideline"}
    with pytest.raises(InvalidCard, match=r"Source\.label"):
        Source(label="")


@pytest.mark.parametrize(
    "url", ["/guideline", "guideline.html", "//example.org/a", "javascript:alert(1)", "https:///a"]
)
def test_req_107_and_111_source_addresses_are_absolute(url: str) -> None:
    assert Source(label="x", url="https://example.org/a").url == "https://example.org/a"
    with pytest.raises(InvalidCard, match=r"Source\.url"):
        Source(label="x", url=url)
    with pytest.raises(InvalidCard, match=r"Source\.icon"):
        Source(label="x", icon=url)


def test_req_108_113_and_116_the_rest_of_a_source_is_optional() -> None:
    assert received(encode(SOURCE)) == {"label": "A guideline"}


def test_req_115_a_topic_is_a_coding() -> None:
    topic = Source(label="x", topic=Coding(code="Stroke", system="urn:topics")).topic
    assert received(encode(topic)) == {"code": "Stroke", "system": "urn:topics"}


def test_req_216_to_220_a_coding_has_code_and_system_and_perhaps_a_display() -> None:
    assert set(received(encode(Coding(code="a", system="b")))) == {"code", "system"}
    for missing in ({"code": "a"}, {"system": "b"}):
        with pytest.raises(TypeError):
            Coding(**missing)


def test_req_092_suggestions_are_an_array() -> None:
    sent = received(encode(card(suggestions=(suggestion(),), selection_behavior="any")))
    assert [each["label"] for each in sent["suggestions"]] == ["Order"]


def test_req_094_suggestions_are_optional_and_never_an_empty_array() -> None:
    assert "suggestions" not in received(encode(card()))
    with pytest.raises(InvalidCard, match="suggestions"):
        card(suggestions=(), selection_behavior="any")


def test_req_093_096_and_cds_resp_6_suggestions_need_a_selection_behavior() -> None:
    with pytest.raises(InvalidCard, match="cds-resp-6"):
        card(suggestions=(suggestion(),))


def test_req_095_no_other_selection_behavior_is_sent() -> None:
    for allowed in ("any", "at-most-one"):
        sent = received(encode(card(suggestions=(suggestion(),), selection_behavior=allowed)))
        assert sent["selectionBehavior"] == allowed
    with pytest.raises(InvalidCard, match="selection_behavior"):
        card(suggestions=(suggestion(),), selection_behavior="all")


def test_cds_resp_1_at_most_one_recommends_one_suggestion_at_most() -> None:
    one, two = (suggestion(is_recommended=True, uuid=uuid) for uuid in (UUID, OTHER_UUID))
    assert card(suggestions=(one, suggestion()), selection_behavior="at-most-one").suggestions
    with pytest.raises(InvalidCard, match="cds-resp-1"):
        card(suggestions=(one, two), selection_behavior="at-most-one")


def test_req_122_any_may_recommend_several() -> None:
    recommended = suggestion(is_recommended=True)
    sent = received(encode(card(suggestions=(recommended, recommended), selection_behavior="any")))
    assert [each["isRecommended"] for each in sent["suggestions"]] == [True, True]


def test_req_117_a_suggestion_has_a_label() -> None:
    with pytest.raises(InvalidCard, match=r"Suggestion\.label"):
        suggestion(label=" ")


def test_req_118_and_119_a_suggestions_uuid_is_optional_and_one() -> None:
    assert "uuid" not in received(encode(suggestion()))
    with pytest.raises(InvalidCard, match=r"Suggestion\.uuid"):
        suggestion(uuid="first")


def test_req_120_and_123_the_rest_of_a_suggestion_is_optional() -> None:
    assert received(encode(Suggestion(label="Call the patient"))) == {"label": "Call the patient"}


def test_req_124_actions_are_an_array_and_never_an_empty_one() -> None:
    assert received(encode(suggestion()))["actions"][0]["type"] == "create"
    with pytest.raises(InvalidCard, match="actions"):
        suggestion(actions=())


def test_req_125_and_cds_resp_7_no_action_selection_behavior_is_ever_sent() -> None:
    assert "actionSelectionBehavior" not in Suggestion.__struct_encode_fields__


def test_req_127_no_other_action_type_is_sent() -> None:
    with pytest.raises(InvalidCard, match=r"Action\.type"):
        Action(type="replace", description="x", resource={"resourceType": "Task"})  # type: ignore[arg-type]


def test_req_128_and_cds_resp_5_an_action_has_a_description() -> None:
    with pytest.raises(InvalidCard, match="cds-resp-5"):
        Action(type="create", description="", resource={"resourceType": "Task"})
    with pytest.raises(TypeError):
        Action(type="create", resource={"resourceType": "Task"})  # type: ignore[call-arg]


@pytest.mark.parametrize("type", ["create", "update"])
def test_req_130_131_and_132_create_and_update_hold_a_whole_resource(type: Any) -> None:
    assert Action(type=type, description="x", resource={"resourceType": "Task"}).resource
    wrongs: list[dict[str, Any]] = [{}, {"resource": {"id": "1"}}, {"resource_id": "Task/1"}]
    for wrong in wrongs:
        with pytest.raises(InvalidCard, match=r"Action\.resource"):
            Action(type=type, description="x", **wrong)


def test_req_133_134_and_cds_resp_2_delete_names_the_resource_and_holds_none() -> None:
    assert Action(type="delete", description="x", resource_id="ServiceRequest/1").resource_id
    wrongs: list[dict[str, Any]] = [{}, {"resource": {"resourceType": "Task"}}, CREATE_AND_NAME]
    for wrong in wrongs:
        with pytest.raises(InvalidCard, match="cds-resp-2"):
            Action(type="delete", description="x", **wrong)


@pytest.mark.parametrize("resource_id", ["1", "https://example.org/Task/1", "Task/", "Task/1/x"])
def test_req_135_what_to_delete_is_a_relative_reference(resource_id: str) -> None:
    with pytest.raises(InvalidCard, match="relative reference"):
        Action(type="delete", description="x", resource_id=resource_id)


def test_std_28_only_delete_has_a_resource_id() -> None:
    with pytest.raises(InvalidCard, match="delete only"):
        Action(type="create", description="x", **CREATE_AND_NAME)


def test_req_098_and_099_override_reasons_are_an_optional_array_of_codings() -> None:
    assert "overrideReasons" not in received(encode(card()))
    sent = received(encode(card(override_reasons=(REASON,))))
    assert sent["overrideReasons"][0]["code"] == "patient-refuses"


def test_req_100_136_219_and_cds_resp_4_an_override_reason_has_a_display() -> None:
    with pytest.raises(InvalidCard, match="cds-resp-4"):
        card(override_reasons=(REASON, Coding(code="other", system="urn:reasons")))


def test_req_103_and_104_links_are_an_optional_array() -> None:
    link = Link(label="Read", url="https://example.org", type="absolute")
    assert received(encode(card(links=(link,))))["links"][0]["label"] == "Read"
    assert "links" not in received(encode(card()))


def test_req_138_to_142_a_link_has_label_url_and_type() -> None:
    for missing in ("label", "url", "type"):
        fields: dict[str, Any] = {
            "label": "a",
            "url": "https://a.example/b?c#d",
            "type": "absolute",
        }
        assert received(encode(Link(**fields))) == fields
        del fields[missing]
        with pytest.raises(TypeError):
            Link(**fields)
    with pytest.raises(InvalidCard, match=r"Link\.type"):
        Link(label="Read", url="https://example.org", type="relative")  # type: ignore[arg-type]


@pytest.mark.parametrize("url", ["launch", "javascript:alert(1)", "http://[", " https://a.org"])
def test_req_139_a_links_url_is_absolute(url: str) -> None:
    with pytest.raises(InvalidCard, match=r"Link\.url"):
        Link(label="Read", url=url, type="smart")


def test_req_144_145_146_147_and_cds_resp_3_app_context_is_for_smart_links() -> None:
    smart = Link(label="App", url="https://example.org", type="smart", app_context="opaque")
    assert received(encode(smart))["appContext"] == "opaque"
    with pytest.raises(InvalidCard, match="cds-resp-3"):
        Link(label="App", url="https://example.org", type="absolute", app_context="opaque")


def test_std_31_no_link_is_launched_without_its_card_being_seen() -> None:
    assert "autolaunchable" not in Link.__struct_encode_fields__


def test_req_214_the_extension_is_an_object() -> None:
    extension = {"org.example.why": {"notAssessed": ["age"]}}
    assert received(encode(CDSResponse(cards=(), extension=extension)))["extension"] == extension
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"cards": [], "extension": "text"}', type=CDSResponse)


def test_req_215_extensions_have_reverse_domain_names() -> None:
    with pytest.raises(InvalidCard, match="reverse-domain"):
        CDSResponse(cards=(), extension={"why": "because"})


NOTHINGS: list[Any] = [None, "", " ", [], {}, ()]
NOT_JSON: list[Any] = [math.nan, math.inf, Decimal("1.5"), b"x", {1, 2}, "\ud800", "a\0b"]


@pytest.mark.parametrize("value", [*NOTHINGS, *NOT_JSON], ids=repr)
@pytest.mark.parametrize("place", [lambda v: v, lambda v: [v], lambda v: {"deeper": [1, v]}])
def test_req_003_and_std_03_nothing_empty_and_nothing_but_json_is_sent(
    value: Any, place: Callable[[Any], Any]
) -> None:
    inside = {"resourceType": "Task", "input": place(value)}
    with pytest.raises(InvalidCard, match="null, empty or not JSON"):
        Action(type="create", description="x", resource=inside)
    with pytest.raises(InvalidCard, match="null, empty or not JSON"):
        CDSResponse(cards=(), extension={"org.example.x": place(value)})


def test_req_003_a_name_is_not_empty_either() -> None:
    with pytest.raises(InvalidCard, match="a name in"):
        CDSResponse(cards=(), extension={"org.example.x": {"": 1}})


@pytest.mark.parametrize("field", ["summary", "detail"])
@pytest.mark.parametrize("value", [None, "", "  ", "\n", "\udfff", "nul\0"])
def test_req_003_a_cards_own_text_is_never_empty_or_unsendable(field: str, value: Any) -> None:
    with pytest.raises(InvalidCard):
        card(**{field: value})


def test_std_02_values_that_only_look_empty_are_sent() -> None:
    extension = {"org.example.x": {"zero": 0, "no": False, "none": 0.0}}
    assert received(encode(CDSResponse(cards=(), extension=extension)))["extension"] == extension


def test_the_rules_hold_for_what_is_decoded_and_replaced_too() -> None:
    with pytest.raises(msgspec.ValidationError, match="cds-resp-6"):
        msgspec.json.decode(
            b'{"summary":"a","indicator":"info","source":{"label":"b"},'
            b'"suggestions":[{"label":"c"}]}',
            type=Card,
        )
    with pytest.raises(InvalidCard):
        msgspec.structs.replace(card(), summary="x" * 140)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(JSON_VALUES)
def test_whatever_an_extension_holds_it_is_refused_or_sent_without_fault(value: Any) -> None:
    try:
        response = CDSResponse(cards=(), extension={"org.example.x": value})
    except InvalidCard:
        return
    assert received(encode(response))["extension"]["org.example.x"] == json.loads(json.dumps(value))


def test_the_specifications_own_responses_are_read_and_sent_back_the_same() -> None:
    obeying = [
        path for path in examples("*-response.json") if b'"autolaunchable"' not in path.read_bytes()
    ]
    assert len(obeying) >= 4
    for path in obeying:
        sent = json.loads(path.read_bytes())
        sent.pop("systemActions", None)
        decoded = msgspec.json.decode(path.read_bytes(), type=CDSResponse)
        assert json.loads(encode(decoded)) == sent, path.name


def test_the_specifications_own_example_without_an_indicator_is_refused() -> None:
    faulty = [
        path for path in examples("*-response.json") if b'"indicator"' not in path.read_bytes()
    ]
    with_cards = [path for path in faulty if json.loads(path.read_bytes())["cards"]]
    assert with_cards
    for path in with_cards:
        with pytest.raises(msgspec.ValidationError, match="indicator"):
            msgspec.json.decode(path.read_bytes(), type=CDSResponse)
