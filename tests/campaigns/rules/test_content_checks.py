import pytest

from campaigns.rules.content_checks import ERROR, WARNING, Finding, check_body

GOOD_AD = "【見本商事】秋の感謝祭です。配信停止は https://example.jp/stop から"


def findings_of(body, *, purpose="notice", names=("見本商事",), hosts=("example.jp",), route_jis_only=False):
    return check_body(
        body, purpose=purpose, organisation_names=names, allowed_hosts=hosts, route_jis_only=route_jis_only
    )


def codes_of(body, **options):
    return [finding.code for finding in findings_of(body, **options)]


def test_a_good_advertisement_has_no_findings():
    assert findings_of(GOOD_AD, purpose="advertising") == []


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        pytest.param("セールです。配信停止 https://example.jp/s", ["sender_missing"], id="no sender"),
        pytest.param(
            "見本商事 セールです。", ["opt_out_address_missing", "opt_out_note_missing"], id="no way to refuse"
        ),
        pytest.param("見本商事 詳細 https://example.jp/s", ["opt_out_note_missing"], id="a link, but not to refuse"),
        pytest.param("見本商事 https://example.jp/stop", ["opt_out_note_missing"], id="the word only in the link"),
        pytest.param("見本商事 配信停止できます", ["opt_out_address_missing"], id="a note without address"),
        pytest.param("見本商事 配信停止 stop@example.jp", [], id="an e-mail address to refuse"),
        pytest.param("見本商事 受信拒否はこちら {{配信停止URL}}", [], id="a field to refuse"),
        pytest.param("見本商事 {{配信停止URL}}", ["opt_out_note_missing"], id="the word only in the field"),
        pytest.param("見本商事 {{詳細URL}} 配信停止", ["opt_out_address_missing"], id="another field"),
        pytest.param("見本商事 配信停止 https://example.jp/0PT0UT", [], id="the vendor's opt-out link"),
        pytest.param("見 本 商 事 不要の方は https://example.jp/s", [], id="sender with spaces"),
        pytest.param("", ["sender_missing", "opt_out_address_missing", "opt_out_note_missing"], id="nothing"),
    ],
)
def test_what_an_advertisement_must_say(body, codes):
    findings = findings_of(body, purpose="advertising")
    assert [(finding.code, finding.severity) for finding in findings] == [(code, ERROR) for code in codes]


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        pytest.param(["別の会社", "(株)見本商事"], [], id="one of several, other spelling"),
        pytest.param(["ＭＩＨＯＮ"], [], id="width and case do not matter"),
        pytest.param([], ["sender_missing"], id="no name known"),
        pytest.param(["", " "], ["sender_missing"], id="blank names prove nothing"),
    ],
)
def test_names_of_the_sender(names, codes):
    body = "㈱見本商事 Mihon 配信停止 https://example.jp/s"
    found = codes_of(body, purpose="advertising", names=names)
    assert [code for code in found if code != "platform_dependent"] == codes


def test_a_notice_needs_none_of_this():
    assert findings_of("ご予約は明日10時です") == []


def test_an_unknown_purpose_is_an_error_of_ours():
    with pytest.raises(ValueError, match="purpose"):
        codes_of("x", purpose="広告")


@pytest.mark.parametrize(
    ("body", "code", "found", "positions"),
    [
        pytest.param("詳細 https://bit.ly/abc", "shortener", ("bit.ly",), (3,), id="shortener"),
        pytest.param("詳細はbit.ly/abcへ", "shortener", ("bit.ly",), (3,), id="shortener without scheme"),
        pytest.param("HTTPS://WWW.Bit.LY/a", "shortener", ("bit.ly",), (0,), id="other spelling"),
        pytest.param("https://other.example/x", "unknown_host", ("other.example",), (0,), id="unknown host"),
        pytest.param("https://example.jp@evil.example/", "unknown_host", ("evil.example",), (0,), id="disguised host"),
        pytest.param(
            "https://example.jp.evil.example/", "unknown_host", ("example.jp.evil.example",), (0,), id="as a prefix"
        ),
        pytest.param("https://notexample.jp/", "unknown_host", ("notexample.jp",), (0,), id="as a suffix"),
        pytest.param("http://[x/", "unknown_host", ("http://[x/",), (0,), id="no proper address"),
        pytest.param(
            "https://a.example/ https://b.example/", "unknown_host", ("a.example", "b.example"), (0, 19), id="two hosts"
        ),
    ],
)
def test_addresses_a_careful_reader_may_not_trust(body, code, found, positions):
    assert findings_of(body) == [Finding(code, WARNING, found, positions)]


@pytest.mark.parametrize(
    "body",
    [
        "https://example.jp/a",
        "https://www.example.jp",
        "http://m.EXAMPLE.jp/をご覧ください",
        "example.jp/a",
        "a@other.example",
    ],
)
def test_hosts_of_the_organisation_are_trusted(body):
    assert findings_of(body) == []


def test_the_organisation_may_list_a_shortener_as_its_own():
    assert findings_of("https://bit.ly/abc", hosts=["Bit.ly "]) == []


@pytest.mark.parametrize("body", ["ひらがなカタカナ漢字、。！？♪★→", "〜−‖", "ABC abc 123\n", "[]{}^|~\\"])
def test_characters_every_phone_shows(body):
    assert findings_of(body, route_jis_only=True) == []


@pytest.mark.parametrize("character", "ｱｲｳｶﾞ｡ﾟ")
def test_half_width_kana(character):
    assert findings_of(f"あ{character}", route_jis_only=True) == [
        Finding("half_width_kana", WARNING, (character,), (1,))
    ]


@pytest.mark.parametrize("character", "①㈱№℡Ⅳ㎡㍻～－髙﨑")
def test_platform_dependent_characters(character):
    assert findings_of(f"あ{character}", route_jis_only=True) == [
        Finding("platform_dependent", WARNING, (character,), (1,))
    ]


@pytest.mark.parametrize("character", "—👍♥☎❤𠮷鷗ゔ€é한")
def test_characters_that_may_not_arrive(character):
    assert findings_of(f"あ{character}") == [Finding("may_not_arrive", WARNING, (character,), (1,))]
    assert findings_of(f"あ{character}", route_jis_only=True) == [Finding("may_not_arrive", ERROR, (character,), (1,))]


def test_several_findings_errors_first():
    findings = findings_of("ｱ①👍①", route_jis_only=True)
    assert findings == [
        Finding("may_not_arrive", ERROR, ("👍",), (2,)),
        Finding("half_width_kana", WARNING, ("ｱ",), (0,)),
        Finding("platform_dependent", WARNING, ("①", "①"), (1, 3)),
    ]
