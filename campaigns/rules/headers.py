"""From the headers of a file to the fields of a contact."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from campaigns.errors import InvalidInput

from .phone_numbers import parse_phone

MARKS = re.compile(r"[\[(【〔（［]\s*(?:必須|任意)\s*[\])】〕）］]|[*＊※\"“”\ufeff]")
NOT_IN_A_NAME = re.compile(r"[{}|｛｝｜\s]+")
NOT_IN_A_KEY = re.compile(r"[\W_]+")

HEADERS = {
    "phone": "携帯電話番号 携帯番号 携帯電話 携帯 電話番号 TEL 連絡先 宛先 宛先番号 送信先番号 送信先電話番号 "
    "phone phone_number mobile mobile_phone mobile_number",
    "name": "氏名 名前 お名前 顧客名 宛名 担当者名 name",
    "family_name": "姓 名字 苗字 family_name last_name",
    "given_name": "名 given_name first_name",
    "kana": "フリガナ ふりがな カナ 氏名カナ 氏名フリガナ お名前カナ 名前カナ kana",
    "family_kana": "セイ 姓カナ 姓フリガナ",
    "given_kana": "メイ 名カナ 名フリガナ",
    "company": "会社名 法人名 企業名 社名 団体名 company",
    "department": "部署 部署名 department",
    "title": "役職 job_title",
    "external_id": "顧客ID 顧客番号 会員番号 会員ID お客様番号 契約番号 customer_id",
    "consent": "同意 SMS同意 SMS配信可否 配信許可 consent",
    "consented_at": "同意日 同意日時 consent_date",
    "consent_method": "同意方法 consent_method",
    "opt_out": "配信停止 配信拒否 オプトアウト opt_out",
    "number_acquired_on": "番号取得日 携帯番号取得日 number_obtained_on",
    "list": "配信リスト グループ 顧客グループ タグ contact_lists contact_list",
    "memo": "備考 メモ notes",
    "email": "メールアドレス メール email email_address",
}
PREFERRED = {"phone": re.compile("携帯|mobile"), "consent": re.compile("sms")}
PHONE_DIGITS = 9
PHONE_SHARE = 0.8  # of the filled cells of a column that must be mobile numbers, where no header says so


@dataclass(frozen=True)
class ColumnMapping:
    """Column index -> field; `attr:…` is a merge field of that name. Columns not named are left out."""

    fields: dict[int, str]
    ambiguous: dict[str, tuple[int, ...]] = field(default_factory=dict)  # field -> columns to choose from

    def column_of(self, name: str) -> int | None:
        return next((column for column, known in self.fields.items() if known == name), None)


def clean_header(text: str) -> str:
    """The header as shown, and as the name of a merge field."""
    return NOT_IN_A_NAME.sub(" ", MARKS.sub("", text)).strip()


def header_key(text: str) -> str:
    """What two spellings of the same header have in common."""
    return NOT_IN_A_KEY.sub("", unicodedata.normalize("NFKC", clean_header(text)).lower())


SYNONYMS = {header_key(word): name for name, words in HEADERS.items() for word in words.split()}


def looks_like_header(cells: Sequence[str]) -> bool:
    """A first row without a known header is taken for data when a cell has the digits of a phone number."""
    if any(map(_is_phone, cells)):
        return False
    is_known = any(header_key(cell) in SYNONYMS for cell in cells)
    return is_known or not any(sum(map(str.isdigit, cell)) >= PHONE_DIGITS for cell in cells)


def refuse_duplicates(header: Sequence[str], *, line: int) -> None:
    keys = [header_key(title) for title in header]
    for column, key in enumerate(keys):
        if key and key in keys[:column]:
            raise InvalidInput("duplicate_header", line=line, header=header[column])


def guess_mapping(header: Sequence[str], sample: Sequence[Sequence[str]] = ()) -> ColumnMapping:
    """A field that several columns could be is left open and reported; the sample helps where no header is a phone."""
    claims: dict[str, list[int]] = {}
    for column, title in enumerate(header):
        if name := SYNONYMS.get(header_key(title)):
            claims.setdefault(name, []).append(column)
    if "phone" not in claims and (columns := _phone_columns(len(header), sample)):
        claims["phone"] = columns
    wishes = {name: _preferred(name, columns, header) for name, columns in claims.items()}
    fields = {columns[0]: name for name, columns in wishes.items() if len(columns) == 1}
    for column, title in enumerate(header):
        if title:
            fields.setdefault(column, f"attr:{title}")
    ambiguous = {name: tuple(columns) for name, columns in wishes.items() if len(columns) > 1}
    return ColumnMapping(dict(sorted(fields.items())), ambiguous)


def _preferred(name: str, columns: list[int], header: Sequence[str]) -> list[int]:
    pattern = PREFERRED.get(name)
    return [column for column in columns if pattern and pattern.search(header_key(header[column]))] or columns


def _phone_columns(width: int, sample: Sequence[Sequence[str]]) -> list[int]:
    return [column for column in range(width) if _holds_phones([row[column] for row in sample if column < len(row)])]


def _holds_phones(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and sum(map(_is_phone, filled)) >= PHONE_SHARE * len(filled)


def _is_phone(cell: str) -> bool:
    try:
        parse_phone(cell)
    except InvalidInput:
        return False
    return True
