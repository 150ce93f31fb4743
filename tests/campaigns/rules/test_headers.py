import pytest

from campaigns.errors import InvalidInput
from campaigns.rules.headers import ColumnMapping, clean_header, guess_mapping, looks_like_header, refuse_duplicates

SYNONYMS = {
    "phone": "携帯電話番号 携帯番号 携帯電話 携帯 電話番号 TEL 連絡先 宛先 宛先番号 送信先番号 送信先電話番号 "
    "phone phone_number mobile",
    "name": "氏名 名前 お名前 顧客名 宛名 担当者名 name",
    "family_name": "姓",
    "given_name": "名",
    "kana": "フリガナ ふりがな カナ 氏名カナ",
    "family_kana": "セイ",
    "given_kana": "メイ",
    "company": "会社名 法人名 企業名 社名 団体名",
    "department": "部署 部署名",
    "title": "役職",
    "external_id": "顧客ID 顧客番号 会員番号 会員ID お客様番号 契約番号",
    "consent": "同意 SMS同意 SMS配信可否 配信許可",
    "consented_at": "同意日 同意日時",
    "consent_method": "同意方法",
    "opt_out": "配信停止 配信拒否 オプトアウト",
    "number_acquired_on": "番号取得日 携帯番号取得日",
    "list": "配信リスト グループ 顧客グループ タグ",
    "memo": "備考 メモ",
    "email": "メールアドレス メール email",
}


@pytest.mark.parametrize(
    ("header", "field"), [(header, field) for field, headers in SYNONYMS.items() for header in headers.split()]
)
def test_headers_seen_in_files_are_known(header, field):
    assert guess_mapping([header]).fields == {0: field}


@pytest.mark.parametrize(
    "header",
    [
        *["ＴＥＬ", " 携帯電話番号 ", "\ufeff携帯電話番号", '"電話番号"', "*携帯電話", "携帯電話※", "携帯番号(必須)"],
        *["携帯番号（必須）", "携帯番号【必須】", "Phone Number", "PHONE-NUMBER", "携帯\n電話番号", "電話番号（任意）"],
    ],
)
def test_spellings_of_a_header_do_not_matter(header):
    assert guess_mapping([clean_header(header)]).fields == {0: "phone"}


@pytest.mark.parametrize(
    ("header", "fields", "ambiguous"),
    [
        pytest.param(["氏名", "携帯"], {0: "name", 1: "phone"}, {}, id="all known"),
        pytest.param(["携帯", "ご来店日"], {0: "phone", 1: "attr:ご来店日"}, {}, id="unknown becomes a merge field"),
        pytest.param(["携帯", ""], {0: "phone"}, {}, id="a column without header is left out"),
        pytest.param(["電話番号", "携帯電話"], {0: "attr:電話番号", 1: "phone"}, {}, id="mobile before telephone"),
        pytest.param(["TEL", "mobile"], {0: "attr:TEL", 1: "phone"}, {}, id="mobile before telephone in English"),
        pytest.param(
            ["電話番号", "連絡先"],
            {0: "attr:電話番号", 1: "attr:連絡先"},
            {"phone": (0, 1)},
            id="unclear: ask for the phone",
        ),
        pytest.param(
            ["携帯", "TEL", "携帯番号"],
            {0: "attr:携帯", 1: "attr:TEL", 2: "attr:携帯番号"},
            {"phone": (0, 2)},
            id="unclear: two mobile numbers",
        ),
        pytest.param(["同意", "SMS同意"], {0: "attr:同意", 1: "consent"}, {}, id="consent to SMS before consent"),
        pytest.param(
            ["配信停止", "配信拒否"],
            {0: "attr:配信停止", 1: "attr:配信拒否"},
            {"opt_out": (0, 1)},
            id="unclear: two columns of refusals",
        ),
        pytest.param(
            ["姓", "名", "携帯"], {0: "family_name", 1: "given_name", 2: "phone"}, {}, id="name in two columns"
        ),
    ],
)
def test_guessing_the_mapping(header, fields, ambiguous):
    assert guess_mapping(header) == ColumnMapping(fields, ambiguous)


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        pytest.param([["山田", "080-1111-2222"], ["鈴木", "8011113333"]], ColumnMapping({1: "phone"}), id="one column"),
        pytest.param(
            [["08011112222", "090-1111-2222"]],
            ColumnMapping({}, {"phone": (0, 1)}),
            id="two columns: ask for the phone",
        ),
        pytest.param([["山田", "03-1234-5678"]], ColumnMapping({}), id="no mobile numbers"),
        pytest.param([["山田"], ["", "08011112222"]], ColumnMapping({1: "phone"}), id="short rows and blanks"),
    ],
)
def test_without_headers_the_numbers_themselves_tell_the_column(sample, expected):
    assert guess_mapping(["", ""], sample) == expected


def test_a_header_wins_over_the_sample():
    mapping = guess_mapping(["携帯", "予備"], [["", "08011112222"]])
    assert (mapping.column_of("phone"), mapping.column_of("name")) == (0, None)


@pytest.mark.parametrize(
    ("cells", "is_header"),
    [
        pytest.param(["氏名", "携帯"], True, id="known headers"),
        pytest.param(["ご芳名", "番号"], True, id="unknown headers"),
        pytest.param(["山田", "080-1111-2222"], False, id="a mobile number"),
        pytest.param(["山田", "03-1234-56789"], False, id="some other number"),
        pytest.param(["山田", "312345678"], False, id="a landline without its zero"),
        pytest.param(["会員", "12345678"], True, id="eight digits"),
        pytest.param(["メイ", "080-1111-2222"], False, id="a name that is a header elsewhere"),
        pytest.param(["氏名", "番号(例 090-1234-5678)"], True, id="an example in the header"),
        pytest.param(["2026年", "会員"], True, id="a few digits"),
    ],
)
def test_telling_a_header_from_data(cells, is_header):
    assert looks_like_header(cells) is is_header


@pytest.mark.parametrize("header", [["氏名", "携帯", "氏名"], ["氏名", "氏 名*"], ["TEL", "ｔｅｌ"]])
def test_the_same_header_twice_is_refused(header):
    with pytest.raises(InvalidInput) as refusal:
        refuse_duplicates(header, line=3)
    assert (refusal.value.code, refusal.value.context) == ("duplicate_header", {"line": 3, "header": header[-1]})


def test_several_columns_without_header_are_no_duplicates():
    refuse_duplicates(["氏名", "", " ", "携帯"], line=1)


@pytest.mark.parametrize(
    ("text", "name"),
    [("*ご来店 日 ", "ご来店 日"), ("{{店|舗}}", "店 舗"), ("㈱名\n称(必須)", "㈱名 称"), ("髙", "髙")],
)
def test_a_header_can_be_the_name_of_a_merge_field(text, name):
    assert clean_header(text) == name
