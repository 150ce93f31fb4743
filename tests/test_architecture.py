"""Who may import whom, and how long things may be, read from the source."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("providers", "campaigns", "smsportal", "tests")
HELPERS = {"base", "errors", "http", "lenient", "registry"}
# Each a module or a package of its own.
VENDORS = {
    f"providers.{path.stem}"
    for path in (ROOT / "providers").iterdir()
    if path.stem.isidentifier() and (path.is_dir() or path.suffix == ".py")
} - {f"providers.{name}" for name in (*HELPERS, "__init__", "__pycache__", "sandbox")}
LONGEST_FUNCTION, LONGEST_FILE, LONGEST_TEMPLATE = 50, 400, 120
ANY = None

PYTHON = [
    path
    for package in OURS
    for path in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in path.parts and path.stat().st_size
]
PRODUCT = [path for path in PYTHON if path.relative_to(ROOT).parts[0] != "tests"]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@dataclass(frozen=True)
class Floor:
    """A package may import itself, the standard library, `ours`, and of other people's packages `bought`."""

    ours: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    bought: frozenset[str] | None = ANY


SPEAKS_TO_VENDORS = ("providers.base", "providers.errors", "providers.http", "providers.registry")
LOWER_FLOORS = (
    "campaigns.models",
    "campaigns.rules",
    "campaigns.texts",
    "campaigns.errors",
    "campaigns.vendor_texts",
    "campaigns.file_texts",
)
PAGES = Floor(
    ours=(*LOWER_FLOORS, "campaigns.services", "campaigns.forms", "campaigns.templatetags", *SPEAKS_TO_VENDORS),
    never=("httpx", "aiohttp", *sorted(VENDORS)),
)
SHARED_SERVICES = tuple(
    f"campaigns.services.{path.stem}" for path in (ROOT / "campaigns/services").glob("*.py") if path.stem != "__init__"
)
SERVICE = Floor(
    ours=(*LOWER_FLOORS, "campaigns.queue", *SPEAKS_TO_VENDORS, *SHARED_SERVICES),
    never=("django.http", "django.shortcuts", "django.forms"),
)
# The longest name that fits a module decides.
FLOORS = {
    "providers": Floor(
        ours=tuple(f"providers.{name}" for name in sorted(HELPERS - {"registry"})),
        bought=frozenset({"httpx", "httpx_aiohttp", "aiohttp"}),
    ),
    "providers.registry": Floor(ours=("providers.base", *sorted(VENDORS)), bought=frozenset()),
    "providers.sandbox": Floor(bought=frozenset({"aiohttp"})),
    "campaigns.rules": Floor(ours=("campaigns.errors",), bought=frozenset({"phonenumbers", "jpholiday"})),
    "campaigns.errors": Floor(bought=frozenset()),
    "campaigns.models": Floor(ours=("campaigns.rules", "campaigns.errors")),
    "campaigns.queue": Floor(),
    "campaigns.texts": Floor(ours=("campaigns.models", "campaigns.rules")),
    "campaigns.file_texts": Floor(),
    "campaigns.vendor_texts": Floor(ours=("campaigns.texts", "providers.base")),
    "campaigns.services": SERVICE,
    # From a draft to the queue, on the wire, what became of it, what it came to: each may look back, never ahead.
    "campaigns.services.imports": SERVICE,
    "campaigns.services.planning": SERVICE,
    "campaigns.services.results": SERVICE,
    "campaigns.services.sending": replace(
        SERVICE, ours=(*SERVICE.ours, "campaigns.services.planning", "campaigns.services.results")
    ),
    "campaigns.services.figures": replace(
        SERVICE, ours=(*SERVICE.ours, "campaigns.services.planning", "campaigns.services.sending")
    ),
    "campaigns.tasks": Floor(ours=("campaigns.models", "campaigns.services")),
    "campaigns.management": Floor(ours=(*LOWER_FLOORS, "campaigns.services")),
    # These two run the sandbox.
    "campaigns.management.commands.sandbox": Floor(
        ours=("campaigns.models", "campaigns.services.accounts", "providers.sandbox")
    ),
    "campaigns.management.benchmarks": Floor(
        ours=("campaigns.models", "campaigns.services", "campaigns.rules", "providers.base", "providers.sandbox")
    ),
    "campaigns.forms": PAGES,
    "campaigns.admin": PAGES,
    "campaigns.templatetags": PAGES,
    "campaigns.views": PAGES,
    "campaigns.urls": Floor(ours=("campaigns.views",)),
    "campaigns": Floor(ours=("campaigns",)),
    "smsportal": Floor(ours=("campaigns",), never=("httpx", "aiohttp")),
}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def exists(module: str) -> bool:
    place = ROOT.joinpath(*module.split("."))
    return place.is_dir() or place.with_suffix(".py").exists()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def lines_of(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and module; `from package import module` counts as that module."""
    package = module_of(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield node.lineno, inner if exists(inner) else source


def floor_of(module: str) -> tuple[str, Floor]:
    return max(((name, floor) for name, floor in FLOORS.items() if is_within(module, name)), key=lambda it: len(it[0]))


def objection(module: str, wanted: str) -> bool:
    name, floor = floor_of(module)
    if any(is_within(wanted, package) for package in floor.never):
        return True
    if wanted.split(".")[0] in OURS:
        # Vendors lie in one package and yet do not know each other.
        own = next((vendor for vendor in VENDORS if is_within(module, vendor)), module if name == "providers" else name)
        return not any(is_within(wanted, package) for package in (own, *floor.ours)) and wanted != "providers"
    is_standard = wanted.split(".")[0] in sys.stdlib_module_names
    return not is_standard and floor.bought is not ANY and wanted.split(".")[0] not in floor.bought


def test_imports_point_downward() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {wanted}"
        for path in PRODUCT
        for line, wanted in imports_of(path)
        if objection(module_of(path), wanted)
    ]
    assert not found


def test_no_import_hides_in_a_function() -> None:
    hidden = {
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path in PRODUCT
        for function in functions_of(path)
        for inner in ast.walk(function)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    assert not hidden


def test_files_stay_short() -> None:
    assert not {path for path in PYTHON if lines_of(path) > LONGEST_FILE}


def test_functions_stay_short() -> None:
    assert not {
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"
        for path in PYTHON
        for function in functions_of(path)
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    }


def test_templates_stay_short() -> None:
    assert not {path for path in TEMPLATES if lines_of(path) > LONGEST_TEMPLATE}


@pytest.mark.parametrize(
    ("module", "wanted"),
    [
        pytest.param("providers.zettai_reach", "django", id="a vendor and the framework"),
        pytest.param("providers.zettai_reach", "providers.sandbox.network", id="a vendor and its stand-in"),
        pytest.param("providers.sandbox.server", "providers.base", id="a stand-in and the adapters"),
        pytest.param("campaigns.rules.parts", "campaigns.models", id="a rule and the database"),
        pytest.param("campaigns.models.message", "campaigns.services.results.hearing", id="a model and a service"),
        pytest.param("campaigns.services.sending.booking", "django.http", id="a service and requests"),
        pytest.param(
            "campaigns.services.sending.booking", "providers.zettai_reach", id="a service and a vendor by name"
        ),
        pytest.param("campaigns.views.contacts", "httpx", id="a view and the wire"),
        pytest.param("campaigns.tasks", "campaigns.views.htmx", id="a task and a view"),
    ],
)
def test_the_test_itself_objects(module: str, wanted: str) -> None:
    assert objection(module, wanted)
