"""The vendor's own Python SDK (karaden-prg-python) in front of the stand-in: it must not notice the difference."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from karaden.exception.bad_request_exception import BadRequestException
from karaden.exception.bulk_message_create_failed_exception import BulkMessageCreateFailedException
from karaden.exception.file_upload_failed_exception import FileUploadFailedException
from karaden.exception.forbidden_exception import ForbiddenException
from karaden.exception.karaden_exception import KaradenException
from karaden.exception.not_found_exception import NotFoundException
from karaden.exception.too_many_requests_exception import TooManyRequestsException
from karaden.exception.unauthorized_exception import UnauthorizedException
from karaden.exception.unexpected_value_exception import UnexpectedValueException
from karaden.exception.unknown_error_exception import UnknownErrorException
from karaden.exception.unprocessable_entity_exception import UnprocessableEntityException
from karaden.model.bulk_file import BulkFile
from karaden.model.bulk_message import BulkMessage
from karaden.model.message import Message
from karaden.param.bulk.bulk_message_create_params import BulkMessageCreateParams
from karaden.param.bulk.bulk_message_download_params import BulkMessageDownloadParams
from karaden.param.bulk.bulk_message_list_message_params import BulkMessageListMessageParams
from karaden.param.bulk.bulk_message_show_params import BulkMessageShowParams
from karaden.param.message_cancel_params import MessageCancelParams
from karaden.param.message_create_params import MessageCreateParams
from karaden.param.message_detail_params import MessageDetailParams
from karaden.param.message_list_params import MessageListParams
from karaden.request_options import RequestOptions
from karaden.service.bulk_message_service import BulkMessageService
from karaden.utility import Utility

from providers.sandbox.server import Options, SandboxServer

from .helpers import eventually
from .karaden_customer import ACCOUNT, NUMBER, PROJECT, SERVICE, TENANT, TOKEN, VENDOR, number_for

Ask = Callable[["Sdk"], object]
NOBODY = "00000000-0000-4000-8000-000000000000"


class Sdk:
    """The SDK with all its settings per request; `settings` replace the right ones."""

    def __init__(self, sandbox: SandboxServer, **settings: str) -> None:
        self.control = sandbox.control
        options = RequestOptions.new_builder().with_api_base(f"{sandbox.base_url(VENDOR)}api")
        right = {"tenant_id": TENANT, "api_key": TOKEN, "api_version": "2024-03-01"}
        for name, value in {**right, **settings}.items():
            getattr(options, f"with_{name}")(value)
        self.options = options.build()

    def send(self, **values: Any) -> Any:
        given = {"service_id": SERVICE, "to": NUMBER, "body": "テスト", **values}
        return Message.create(_built(MessageCreateParams, given), self.options)

    def found(self, **values: Any) -> Any:
        return Message.list(_built(MessageListParams, values), self.options)

    def first_tags(self, **values: Any) -> list[str]:
        return [message.tags[0] for message in self.found(**values).data]

    def detail(self, message_id: str) -> Any:
        return Message.detail(_built(MessageDetailParams, {"id": message_id}), self.options)

    def cancel(self, message_id: str) -> Any:
        return Message.cancel(_built(MessageCancelParams, {"id": message_id}), self.options)

    def show_bulk(self, bulk_id: str) -> Any:
        return BulkMessage.show(_built(BulkMessageShowParams, {"id": bulk_id}), self.options)

    def result_address(self, bulk_id: str) -> Any:
        return BulkMessage.list_message(_built(BulkMessageListMessageParams, {"id": bulk_id}), self.options)

    def start_bulk(self, file_id: str) -> Any:
        return BulkMessage.create(_built(BulkMessageCreateParams, {"bulk_file_id": file_id}), self.options)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control.state()["now"])


def _built(kind: Any, values: dict[str, Any]) -> Any:
    builder = kind.new_builder()
    for name, value in values.items():
        getattr(builder, f"with_{name}")(value)
    return builder.build()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer([ACCOUNT]) as server:
        yield server


@pytest.fixture
def quick_sandbox() -> Iterator[SandboxServer]:
    with SandboxServer([ACCOUNT], Options(time_scale=0.001)) as server:
        yield server


@pytest.fixture
def sdk(sandbox: SandboxServer) -> Sdk:
    return Sdk(sandbox)


def test_a_message_is_sent_with_everything_the_sdk_can_say(sdk: Sdk) -> None:
    due = (sdk.now() + timedelta(days=1)).replace(microsecond=0)
    message = sdk.send(
        tags=["att-01", "reminder"], is_shorten=True, scheduled_at=due, limited_at=due + timedelta(hours=1)
    )
    assert (message.object, message.service_id, message.to, message.body) == ("message", SERVICE, NUMBER, "テスト")
    assert (message.tags, message.is_shorten, message.is_shorten_clicked) == (["att-01", "reminder"], True, False)
    assert (message.status, message.result, message.sent_result) == ("waiting", "processing", "none")
    assert (message.scheduled_at, message.limited_at) == (due, due + timedelta(hours=1))
    assert message.created_at == message.updated_at
    assert message.get_property("project_id") == int(PROJECT)


def test_a_message_as_its_state_moves_on(sdk: Sdk) -> None:
    sent = sdk.send()
    sdk.control.advance(10)
    message = sdk.detail(sent.id)
    assert (message.status, message.result, message.sent_result) == ("done", "done", "received")
    assert message.carrier in {"docomo", "au", "softbank", "rakuten"}
    assert message.created_at <= message.sent_at <= message.received_at <= message.charged_at


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param({}, ["c", "b", "a"], id="all, newest first"),
        pytest.param({"service_id": 13}, ["c"], id="service"),
        pytest.param({"to": number_for("dead_number")}, ["b"], id="number"),
        pytest.param({"status": "waiting"}, ["c"], id="status"),
        pytest.param({"result": "done"}, ["b", "a"], id="result"),
        pytest.param({"sent_result": "error"}, ["b"], id="receipt"),
        pytest.param({"tag": "a"}, ["a"], id="tag"),
        pytest.param({"tag": "group", "sent_result": "received"}, ["a"], id="several at once"),
        pytest.param({"page": 1, "per_page": 2}, ["c", "b"], id="first page"),
        pytest.param({"page": 2, "per_page": 2}, ["a"], id="second page"),
        pytest.param({"page": 3, "per_page": 2}, [], id="beyond the end"),
    ],
)
def test_messages_are_listed(sdk: Sdk, filters: dict[str, Any], found: list[str]) -> None:
    sdk.send(tags=["a", "group"])
    sdk.send(tags=["b", "group"], to=number_for("dead_number"))
    sdk.control.advance(10)
    sdk.send(tags=["c"], service_id=13, scheduled_at=sdk.now() + timedelta(days=1))
    assert sdk.first_tags(**filters) == found
    assert sdk.found(**filters).has_more is (filters == {"page": 1, "per_page": 2})


def test_messages_are_listed_by_time_in_the_sdk_s_own_spelling(sdk: Sdk) -> None:
    moments = []
    for tag in "abc":
        moments.append(sdk.now())
        sdk.send(tags=[tag])
        sdk.control.advance(60)
    assert sdk.first_tags(start_at=moments[1]) == ["c", "b"]
    half_a_minute_on = moments[1] + timedelta(seconds=30)
    assert sdk.first_tags(end_at=half_a_minute_on) == ["b", "a"]
    assert sdk.first_tags(start_at=moments[1], end_at=half_a_minute_on) == ["b"]


def test_a_reservation_is_cancelled(sdk: Sdk) -> None:
    sent = sdk.send(scheduled_at=sdk.now() + timedelta(minutes=30))
    cancelled = sdk.cancel(sent.id)
    assert (cancelled.id, cancelled.status, cancelled.result) == (sent.id, "canceled", "done")
    sdk.control.advance(3600)
    assert sdk.detail(sent.id).status == "canceled"


def write_csv(folder: Path, *lines: str) -> str:
    file = folder / "messages.csv"
    file.write_text("\r\n".join(["service_id,to,body,tags", *lines]), encoding="utf-8")
    return str(file)


def test_bulk_from_upload_to_result(quick_sandbox: SandboxServer, tmp_path: Path) -> None:
    sdk = Sdk(quick_sandbox)
    file = write_csv(tmp_path, f"{SERVICE},{NUMBER},テスト,att-1|bulk", f"{SERVICE},0312345678,テスト,att-2")
    bulk = BulkMessageService.create(file, sdk.options)
    assert (bulk.object, bulk.status, bulk.error) == ("bulk_message", "waiting", None)
    # The SDK itself looks every ten seconds at the least: here it finds all done at once.
    assert eventually(lambda: sdk.show_bulk(bulk.id).status == "done")
    assert eventually(lambda: sdk.result_address(bulk.id))
    wanted = _built(BulkMessageDownloadParams, {"id": bulk.id, "directory_path": str(tmp_path)})
    assert BulkMessageService.download(wanted, sdk.options)
    (result,) = tmp_path.glob("messages_bulk-*.json")
    text = result.read_bytes().decode()
    assert text.count("\r\n") == text.count("\n") == 4
    rows = json.loads(text)
    assert [row["tags"] for row in rows] == [["att-1", "bulk"], ["att-2"]]
    assert (rows[0]["status"], rows[0]["error"]) == ("done", None)
    assert (rows[1]["status"], rows[1]["error"]["code"]) == ("processing_error", "validation_error")
    assert list(rows[1]["error"]["errors"]) == ["to"]


def test_a_bulk_with_a_file_that_is_none(quick_sandbox: SandboxServer, tmp_path: Path) -> None:
    sdk = Sdk(quick_sandbox)
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\xff\xd8\xff\xe0")
    bulk = BulkMessageService.create(str(file), sdk.options)
    assert eventually(lambda: sdk.show_bulk(bulk.id).status == "error")
    assert sdk.show_bulk(bulk.id).error.code == "validation_error"
    assert sdk.result_address(bulk.id) is None
    wanted = _built(BulkMessageDownloadParams, {"id": bulk.id, "directory_path": str(tmp_path)})
    with pytest.raises(BulkMessageCreateFailedException):
        BulkMessageService.download(wanted, sdk.options)


def test_a_bulk_file_is_good_for_one_start(sdk: Sdk, tmp_path: Path) -> None:
    file = BulkFile.create(sdk.options)
    assert (file.object, file.expires_at - file.created_at) == ("bulk_file", timedelta(minutes=15))
    Utility.put_signed_url(file.url, write_csv(tmp_path), "text/csv", sdk.options)
    sdk.start_bulk(file.id)
    with pytest.raises(UnknownErrorException) as caught:
        sdk.start_bulk(file.id)
    assert (caught.value.status_code, caught.value.error.object) == (409, "error")


@pytest.mark.parametrize(
    ("change", "seconds"),
    [pytest.param("", 901, id="a quarter of an hour later"), pytest.param("0", 0, id="a signature that is wrong")],
)
def test_an_upload_is_refused(sdk: Sdk, tmp_path: Path, change: str, seconds: float) -> None:
    file = BulkFile.create(sdk.options)
    sdk.control.advance(seconds)
    with pytest.raises(FileUploadFailedException):
        Utility.put_signed_url(file.url + change, write_csv(tmp_path), "text/csv", sdk.options)


def cancel_too_late(sdk: Sdk) -> None:
    sdk.cancel(sdk.send(scheduled_at=sdk.now() + timedelta(minutes=4)).id)


@pytest.mark.parametrize(
    ("access", "ask", "error", "code"),
    [
        pytest.param({"tenant_id": NOBODY}, Sdk.send, BadRequestException, "invalid_tenant", id="tenant"),
        pytest.param({"api_version": "2023-06-01"}, Sdk.send, BadRequestException, "invalid_version", id="version"),
        pytest.param({}, cancel_too_late, BadRequestException, "can_not_cancel_message", id="cancel too late"),
        pytest.param({"api_key": "wrong"}, Sdk.send, UnauthorizedException, "unauthentication", id="token"),
        pytest.param({}, lambda sdk: sdk.detail(NOBODY), NotFoundException, "model_not_found", id="no such message"),
        pytest.param(
            {}, lambda sdk: sdk.send(service_id=99), NotFoundException, "model_not_found", id="no such service"
        ),
        pytest.param({}, lambda sdk: sdk.show_bulk(NOBODY), NotFoundException, "model_not_found", id="no such bulk"),
        # For this one call the SDK knows no other error.
        pytest.param(
            {}, lambda sdk: sdk.result_address(NOBODY), UnknownErrorException, "model_not_found", id="no such result"
        ),
        pytest.param(
            {}, lambda sdk: sdk.send(to="0312345678"), UnprocessableEntityException, "validation_error", id="fields"
        ),
        pytest.param(
            {}, lambda sdk: sdk.found(per_page=101), UnprocessableEntityException, "validation_error", id="list"
        ),
    ],
)
def test_refusals_become_the_sdk_s_own_errors(
    sandbox: SandboxServer, access: dict[str, str], ask: Ask, error: type[KaradenException], code: str
) -> None:
    with pytest.raises(error) as caught:
        ask(Sdk(sandbox, **access))
    assert caught.type is error
    assert (caught.value.error.object, caught.value.error.code) == ("error", code)
    assert caught.value.error.message


def test_field_faults_are_named(sdk: Sdk) -> None:
    with pytest.raises(UnprocessableEntityException) as caught:
        sdk.send(to="0312345678", body="あ" * 661)
    assert sorted(caught.value.error.errors.get_property_keys()) == ["body", "id", "to"]
    assert caught.value.error.errors.get_property("to") == ["正しい携帯電話番号を入力してください。"]


def test_a_plan_without_bulk(sandbox: SandboxServer, sdk: Sdk) -> None:
    sandbox.control.register_account(**ACCOUNT, bulk=False)
    with pytest.raises(ForbiddenException):
        BulkFile.create(sdk.options)


def test_too_many_requests(sandbox: SandboxServer, sdk: Sdk) -> None:
    sandbox.control.register_account(**ACCOUNT, rate_limit=1)
    sdk.send()
    with pytest.raises(TooManyRequestsException):
        sdk.send()


@pytest.mark.parametrize(
    ("rule", "error", "status"),
    [
        pytest.param({"kind": "http_500"}, UnknownErrorException, 500, id="500 with an error object"),
        pytest.param({"kind": "http_503"}, UnexpectedValueException, 503, id="503 from somebody in between"),
        pytest.param({"kind": "html_page", "status": 502}, UnexpectedValueException, 502, id="HTML page"),
        pytest.param({"kind": "truncated_json"}, UnexpectedValueException, 200, id="truncated JSON"),
    ],
)
def test_trouble_becomes_the_sdk_s_own_errors(
    sandbox: SandboxServer, sdk: Sdk, rule: dict[str, Any], error: type[KaradenException], status: int
) -> None:
    sandbox.control.faults(VENDOR, PROJECT, rule)
    with pytest.raises(error) as caught:
        sdk.send()
    assert caught.value.status_code == status
