"""What the vendor checks before it takes a call, and the words in which it refuses."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import parse_qsl

from ..clock import JST
from .accounts import KaradenSettings, Query
from .texts import LONGEST_BODY, length_of

T = TypeVar("T")

# The vendor's documents name the first six codes; 403, 409 and 429 they only let expect.
ERRORS = {
    "unauthentication": (401, "認証に失敗しました。"),
    "invalid_version": (400, "APIバージョンが正しくありません。"),
    "invalid_tenant": (400, "テナントが正しくありません。"),
    "can_not_cancel_message": (400, "このメッセージはキャンセルできません。"),
    "model_not_found": (404, "対象が見つかりません。"),
    "validation_error": (422, "入力内容に誤りがあります。"),
    "forbidden": (403, "この操作は許可されていません。"),
    "conflict": (409, "このファイルはすでに使用されています。"),
    "too_many_requests": (429, "リクエストが多すぎます。"),
    "unknown": (500, "予期しないエラーが発生しました。"),
}

NUMBER = re.compile("0[2789]0[1-9][0-9]{7}")
BLOCKED_NUMBERS = frozenset(f"090444400{last}" for last in range(10, 19))
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
ARRAY_MEMBER = re.compile(r"(\w+)\[\d*\]", re.ASCII)
FURTHEST = timedelta(days=30)
LARGEST_PAGE = 100
PAGE = 20

STATUSES = ("done", "waiting", "error", "canceled")
RESULTS = ("done", "processing")
SENT_RESULTS = ("none", "received", "unconnected", "error", "unknown")

Fields = Mapping[str, str | list[str]]


class RefusalError(Exception):
    """The vendor's no: a code from the table above and, for fields, what is wrong with each."""

    def __init__(self, code: str, errors: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors

    def body(self) -> dict[str, object]:
        return {"object": "error", "code": self.code, "message": ERRORS[self.code][1], "errors": self.errors}


@dataclass(frozen=True, kw_only=True)
class Submission:
    service_id: int
    to: str
    body: str
    tags: tuple[str, ...]
    is_shorten: bool
    scheduled_at: datetime | None
    limited_at: datetime | None


def fields_of(encoded: str) -> Fields:
    """A form or query; `tags[]` and `tags[0]` make an array, a member without a value counts as not given."""
    fields: dict[str, str | list[str]] = {}
    for name, value in parse_qsl(encoded):
        if array := ARRAY_MEMBER.fullmatch(name):
            member = fields.setdefault(array[1], [])
            if isinstance(member, list):
                member.append(value)
        else:
            fields[name] = value
    return fields


class Reader:
    """Reads members one by one and remembers what was wrong with each."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self.errors: dict[str, list[str]] = {}

    def optional(self, name: str, read: Callable[[str], T]) -> T | None:
        value = self._fields.get(name)
        if value is None:
            return None
        try:
            if not isinstance(value, str):
                raise ValueError("文字列を入力してください。")
            return read(value)
        except ValueError as error:
            self.object_to(name, str(error))
            return None

    def required(self, name: str, read: Callable[[str], T], otherwise: T) -> T:
        """`otherwise` stands in for what cannot be read; the errors tell."""
        if name not in self._fields:
            self.object_to(name, "必須項目です。")
        value = self.optional(name, read)
        return otherwise if value is None else value

    def array(self, name: str) -> tuple[str, ...]:
        value = self._fields.get(name, [])
        if isinstance(value, list):
            return tuple(value)
        self.object_to(name, "配列を入力してください。")
        return ()

    def object_to(self, name: str, text: str) -> None:
        self.errors.setdefault(name, []).append(text)

    def close(self) -> None:
        if self.errors:
            raise RefusalError("validation_error", self.errors)


def read_submission(fields: Fields, settings: KaradenSettings, now: datetime) -> Submission:
    reader = Reader(fields)
    service_id = reader.required("service_id", _positive, 0)
    if service_id and service_id not in settings.service_by_id:
        raise RefusalError("model_not_found")
    own = reader.optional("is_shorten", _boolean)
    submission = Submission(
        service_id=service_id,
        to=reader.required("to", _number, ""),
        body=reader.required("body", str, ""),
        tags=reader.array("tags"),
        is_shorten=own if own is not None else bool(service_id and settings.service_by_id[service_id].is_shorten),
        scheduled_at=reader.optional("scheduled_at", _moment),
        limited_at=reader.optional("limited_at", _moment),
    )
    _check_length(reader, submission)
    _check_times(reader, submission, now)
    reader.close()
    return submission


def read_query(fields: Fields) -> Query:
    reader = Reader(fields)
    wanted: dict[str, object | None] = {
        "service_id": reader.optional("service_id", _positive),
        "to": reader.optional("to", str),
        "status": reader.optional("status", _one_of(STATUSES)),
        "result": reader.optional("result", _one_of(RESULTS)),
        "sent_result": reader.optional("sent_result", _one_of(SENT_RESULTS)),
    }
    query = Query(
        wanted={name: value for name, value in wanted.items() if value is not None},
        tag=reader.optional("tag", str),
        start=reader.optional("start_at", _moment),
        end=reader.optional("end_at", _moment),
        page=reader.optional("page", _positive) or 1,
        per_page=reader.optional("per_page", _positive) or PAGE,
    )
    if query.per_page > LARGEST_PAGE:
        reader.object_to("per_page", f"{LARGEST_PAGE}以下の整数を入力してください。")
    reader.close()
    return query


def _check_length(reader: Reader, submission: Submission) -> None:
    if length_of(submission.body, is_shorten=submission.is_shorten) > LONGEST_BODY:
        reader.object_to("body", f"{LONGEST_BODY}文字以内で入力してください。")


def _check_times(reader: Reader, submission: Submission, now: datetime) -> None:
    scheduled_at, limited_at = submission.scheduled_at, submission.limited_at
    if scheduled_at and not now < scheduled_at <= now + FURTHEST:
        reader.object_to("scheduled_at", "現在から30日後までの日時を入力してください。")
    if limited_at and limited_at <= max(now, scheduled_at or now):
        reader.object_to("limited_at", "送信予定日時より後の日時を入力してください。")


def _positive(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) == 0:
        raise ValueError("1以上の整数を入力してください。")
    return int(text)


def _number(text: str) -> str:
    if not NUMBER.fullmatch(text) or text in BLOCKED_NUMBERS:
        raise ValueError("正しい携帯電話番号を入力してください。")
    return text


def _boolean(text: str) -> bool:
    if text not in ("true", "false", "1", "0"):
        raise ValueError("真偽値を入力してください。")
    return text in ("true", "1")


def _moment(text: str) -> datetime:
    """ISO 8601, with T or the Python SDK's blank; without an offset Japan time; whole seconds."""
    match = MOMENT.fullmatch(text)
    if not match:
        raise ValueError("ISO 8601形式の日時を入力してください。")
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}{match[4] or '+09:00'}")
    except ValueError:
        raise ValueError("存在する日時を入力してください。") from None
    return moment.astimezone(JST)


def _one_of(names: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"{'、'.join(names)}のいずれかを入力してください。")
        return text

    return read
