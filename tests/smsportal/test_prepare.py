from pathlib import Path
from typing import Any

import pytest

from smsportal import prepare
from smsportal.prepare import collect_static


@pytest.fixture
def collected(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A folder of one static file, and each time something was collected."""
    settings.VAR_DIR = tmp_path
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "app.css").write_text("p {}")
    calls: list[str] = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **options: calls.append(name))
    return calls


def test_static_files_are_collected_once(collected: list[str]) -> None:
    collect_static()
    collect_static()
    assert collected == ["collectstatic"]


def test_a_changed_file_is_collected_again(collected: list[str], tmp_path: Path) -> None:
    collect_static()
    (tmp_path / "source" / "app.css").write_text("p { margin: 0 }")
    collect_static()
    assert collected == ["collectstatic"] * 2


def test_a_failed_collection_is_tried_again(
    collected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(prepare, "call_command", fail)
        with pytest.raises(OSError, match="disk full"):
            collect_static()
    collect_static()
    assert collected == ["collectstatic"]
