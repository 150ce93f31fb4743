"""What vendors' own result codes say, in our words; and nothing is made up about a code they do not list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.vendor_texts import CODE_CAUSES, code_text
from providers.base import CAUSES, CodeMeaning
from providers.karaden import Karaden
from providers.rakuten_cpaas import RakutenCpaas
from providers.registry import PROVIDERS
from providers.zettai_reach import ZettaiReach


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        pytest.param("2", CodeMeaning("delivered"), id="delivered"),
        pytest.param("11721", CodeMeaning("congestion_at_carrier", "au"), id="au, congestion"),
        pytest.param("14732", CodeMeaning("number_not_in_use", "au"), id="au, number not in use"),
        pytest.param("31821", CodeMeaning("congestion_at_recipient", "docomo"), id="docomo, congestion"),
        pytest.param("32823", CodeMeaning("network_or_out_of_range", "docomo"), id="docomo, network"),
        pytest.param("51824", CodeMeaning("out_of_range", "softbank"), id="softbank, out of range"),
        pytest.param("52833", CodeMeaning("out_of_range_or_busy", "softbank"), id="softbank, busy"),
        pytest.param("61834", CodeMeaning("refused_by_handset", "rakuten"), id="rakuten, refused"),
        pytest.param("62999", None, id="a cause nobody has seen"),
        pytest.param("99824", None, id="a carrier nobody has seen"),
        pytest.param("824", None, id="too short"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_detailed_status_of_zettai_reach(code: str, meaning: CodeMeaning | None) -> None:
    assert ZettaiReach.explain(code) == meaning


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        pytest.param("done/received", "delivered", id="delivered"),
        pytest.param("done/unconnected", "unconnected", id="out of range"),
        pytest.param("done/error", "failed_at_carrier", id="failed"),
        pytest.param("done/unknown", "not_known", id="unknown"),
        pytest.param("error/none", "not_sent", id="never sent"),
        pytest.param("waiting/none", "", id="nothing yet"),
    ],
)
def test_states_of_karaden(code: str, cause: str) -> None:
    assert Karaden.explain(code) == (CodeMeaning(cause) if cause else None)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        pytest.param("DELIVRD", "delivered", id="delivered"),
        pytest.param("EXPIRED/027", "validity_ran_out", id="expired, with a code of its own"),
        pytest.param("REJECTD/013", "rejected", id="rejected"),
        pytest.param("ACCEPTD", "", id="nothing yet"),
    ],
)
def test_states_of_rakuten(code: str, cause: str) -> None:
    assert RakutenCpaas.explain(code) == (CodeMeaning(cause) if cause else None)


@pytest.mark.parametrize("vendor", PROVIDERS.values(), ids=PROVIDERS)
@given(code=st.text(max_size=40))
def test_no_code_is_ever_trouble(vendor: type, code: str) -> None:
    meaning = vendor.explain(code)  # type: ignore[attr-defined]
    assert meaning is None or meaning.cause in CAUSES


def test_every_cause_has_words() -> None:
    assert set(CODE_CAUSES) == CAUSES


def test_the_carrier_comes_first() -> None:
    assert code_text(CodeMeaning("out_of_range", "softbank")) == "ソフトバンク: 圏外・電源OFF"
    assert code_text(None) == ""
