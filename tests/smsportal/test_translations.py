"""The English of every text, and what Django's own words become in Japanese. `make messages` refreshes both files."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import allauth
import django
import polib
import pytest
from django.utils.translation import gettext, override
from django.utils.translation.template import templatize

from campaigns.models import Contact, User
from campaigns.rules.headers import guess_mapping
from campaigns.texts import holiday_text
from campaigns.views.contact_export import contact_rows

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUES = sorted((ROOT / "smsportal" / "locale").glob("*/LC_MESSAGES/django.po"))
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})
MODULES = [
    path for package in ("campaigns", "providers", "smsportal") for path in sorted((ROOT / package).rglob("*.py"))
]
JAPANESE = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u9fff]+")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}|%[sd]")
TAGS = re.compile(
    r"\{#.*?#\}|\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}"
    r"|\{%\s*blocktranslate\b.*?%\}.*?\{%\s*endblocktranslate\s*%\}"
    r"|\{%\s*translate\b.*?%\}|_\(\"[^\"]*\"\)",
    re.DOTALL,
)
CALL = re.compile(r"\b(?:n?p?gettext|_)\(")

# The person in a preview without a contact list is Japanese, so that the parts counted are those of a Japanese name.
SAMPLE_PERSON = {
    "山田 花子",
    "ヤマダ ハナコ",
    "見本商事",
    "営業部",
    "部長",
    "勅使河原 権左衛門",
    "テシガワラ ゴンザエモン",
    "株式会社見本コーポレーション",
    "カスタマーサポート部",
    "シニアマネージャー",
}
# Japanese that is not said to the reader of a page, or is the same in every language.
UNMARKED_TEMPLATES = {
    "components/_language.html": {"日本語"},
    "styleguide/_messages.html": {"氏名", "予約日"},
}
UNMARKED_MODULES = {
    "campaigns/rules": "what people write in files, numbers and texts",
    "campaigns/management": "demonstration data",
    "campaigns/migrations": "copies of the models",
    "campaigns/models/contact.py": "names of fields, as written in texts and files",
    "campaigns/services/planning/sampling.py": "names of fields",
    "campaigns/services/imports/preparing.py": "names of fields",
    "campaigns/templatetags/sms.py": "Japanese dates",
    "campaigns/views/styleguide.py": "sample data",
    "providers": "names of vendors, and words of their interfaces",
}

Message = tuple[str | None, str, str]  # context, text, plural


@cache
def english() -> dict[Message, polib.POEntry]:
    catalogue = polib.pofile(str(ROOT / "smsportal" / "locale" / "en" / "LC_MESSAGES" / "django.po"))
    return {(entry.msgctxt, entry.msgid, entry.msgid_plural): entry for entry in catalogue}


def says(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def message_of(name: str, args: list[Any]) -> Message | None:
    texts = [arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None for arg in args]
    context = texts.pop(0) if "pgettext" in name else None
    if not texts or texts[0] is None:
        return None
    return context, texts[0], (texts[1] or "") if name.startswith("n") else ""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def marking_names(path: Path) -> dict[str, str]:
    imports = (node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom))
    return {
        alias.asname or alias.name: alias.name
        for node in imports
        if node.module == "django.utils.translation"
        for alias in node.names
        if "gettext" in alias.name
    }


def marked_calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    names = marking_names(path)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield names[node.func.id], node


def marked_in_module(path: Path) -> Iterator[Message | None]:
    return (message_of(name, call.args) for name, call in marked_calls(path))


def marked_in_template(path: Path) -> Iterator[Message | None]:
    source = templatize(path.read_text(encoding="utf-8"))
    for match in CALL.finditer(source):
        ends = (at + 1 for at, letter in enumerate(source) if letter == ")" and at > match.start())
        call = next(parsed for end in ends if (parsed := expression(source[match.start() : end])))
        yield message_of(call.func.id, call.args)


def expression(source: str) -> Any:
    try:
        return ast.parse(source, mode="eval").body
    except SyntaxError:
        return None


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_english(messages: Iterable[Message | None]) -> set[str]:
    return {message[1] for message in messages if message and JAPANESE.search(message[1]) and message not in english()}


def words_alone(path: Path) -> set[str]:
    """Japanese of a template outside the tags that have it translated."""
    found = set(JAPANESE.findall(TAGS.sub("", path.read_text(encoding="utf-8"))))
    return found - UNMARKED_TEMPLATES.get(str(path.relative_to(ROOT / "templates")), set())


def texts_alone(path: Path) -> set[str]:
    """Japanese of a module that is neither marked nor a docstring."""
    marked = {id(part) for _, call in marked_calls(path) for part in ast.walk(call)}
    spoken = marked | {id(node.value) for node in ast.walk(tree(path)) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and id(node) not in spoken)
    return {node.value for node in constants if isinstance(node.value, str) and JAPANESE.search(node.value)}


def offenders(paths: Iterable[Path], question: Callable[[Path], set[str]]) -> dict[str, set[str]]:
    return {name_of(path): answer for path in paths if (answer := question(path))}


def test_every_text_of_the_modules_has_an_english_one() -> None:
    assert offenders(MODULES, lambda path: without_english(marked_in_module(path))) == {}


def test_every_text_of_the_templates_has_an_english_one() -> None:
    assert offenders(TEMPLATES, lambda path: without_english(marked_in_template(path))) == {}


def test_templates_say_nothing_in_japanese_alone() -> None:
    assert offenders(TEMPLATES, words_alone) == {}


def test_modules_say_nothing_in_japanese_alone() -> None:
    speaking = [path for path in MODULES if not name_of(path).startswith(tuple(UNMARKED_MODULES))]
    assert offenders(speaking, texts_alone) == {}


@pytest.mark.parametrize("path", CATALOGUES, ids=name_of)
def test_the_catalogue_is_complete(path: Path) -> None:
    catalogue = polib.pofile(str(path))
    assert catalogue.metadata["Language"] == path.parts[-3]
    assert not catalogue.metadata_is_fuzzy
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete or not all(says(entry))] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=name_of)
def test_both_sides_name_the_same_values(path: Path) -> None:
    different = {
        text
        for entry in polib.pofile(str(path))
        for text in says(entry)
        if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(entry.msgid))
    }
    assert different == set()


def test_english_is_english() -> None:
    japanese = {text for entry in english().values() for text in says(entry) if JAPANESE.search(text)}
    assert japanese == SAMPLE_PERSON


@pytest.mark.parametrize("path", CATALOGUES, ids=name_of)
def test_django_reads_what_the_catalogue_says(path: Path) -> None:
    compiled = {(entry.msgctxt, entry.msgid): says(entry) for entry in polib.mofile(str(path.with_suffix(".mo")))}
    assert compiled == {(entry.msgctxt, entry.msgid): says(entry) for entry in polib.pofile(str(path))}


def test_our_japanese_replaces_texts_that_are_still_said() -> None:
    packages = [Path(django.__file__).parent, Path(allauth.__file__).parent]
    theirs = {
        entry.msgid
        for package in packages
        for path in package.rglob("locale/ja/LC_MESSAGES/django.po")
        for entry in polib.pofile(str(path))
    }
    ours = {entry.msgid for entry in polib.pofile(str(ROOT / "smsportal/locale/ja/LC_MESSAGES/django.po"))}
    assert ours - theirs == set()


def test_an_empty_field_is_asked_for_in_both_languages() -> None:
    with override("ja"):
        assert gettext("This field is required.") == "入力してください。"
    with override("en"):
        assert gettext("This field is required.") == "This field is required."


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.django_db
def test_an_export_can_be_imported_again_in_either_language(language: str) -> None:
    with override(language):
        header = [str(title) for title in next(contact_rows(Contact.objects.all(), User()))]
    unknown = {column for column, name in guess_mapping(header).fields.items() if name.startswith("attr:")}
    with override(language):
        assert [header[column] for column in sorted(unknown)] == [gettext("同意区分")]


def test_a_moved_holiday_keeps_both_its_words() -> None:
    with override("en"):
        assert holiday_text("文化の日 振替休日") == "Culture Day (observed)"
    with override("ja"):
        assert holiday_text("文化の日 振替休日") == "文化の日 振替休日"
