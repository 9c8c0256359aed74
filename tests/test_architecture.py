"""What the import contracts cannot say: one commit, one clock, GET never writes, every public thing explained."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "regservice"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "static" not in path.parts)
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager"}


def calls(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The last name of everything that is called, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node.lineno
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node.lineno


def domain_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def test_only_one_place_commits() -> None:
    found = {
        path.name
        for path in FILES
        for name, _ in calls(ast.parse(path.read_text(encoding="utf-8")))
        if name == "commit"
    }
    assert found == {"db.py"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_clock_reads_the_clock(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    reads = [line for name, line in calls(tree) if name in {"now", "utcnow", "today"} and path.name != "clock.py"]
    source = path.read_text(encoding="utf-8").splitlines()
    own = ("wiring.now()", "current_wiring().now()", "self.now()", "wiring().now()")
    assert [line for line in reads if not any(call in source[line - 1] for call in own)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_domain_reaches_into_the_rows_of_another(path: Path) -> None:
    foreign = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("regservice."):
            _, domain, *rest = node.module.split(".")
            names = set(rest) | {alias.name for alias in node.names}
            if names & {"models", "store"} and domain not in {domain_of(path), "models"} and path.name != "models.py":
                foreign.append(node.module)
    assert foreign == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_everything_public_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [] if ast.get_docstring(tree) or path.name == "__init__.py" else ["the file"]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            silent += [] if ast.get_docstring(node) else [node.name]
    assert silent == []


def test_files_are_named_after_topics() -> None:
    assert {path.stem for path in FILES} & FORBIDDEN_NAMES == set()


def test_templates_hold_no_inline_style_or_script() -> None:
    found = [
        path.name
        for path in (PACKAGE.parent / "templates").rglob("*.html")
        if "mail" not in path.parts
        for mark in (" style=", " onclick=", " onsubmit=", " onload=", "javascript:")
        if mark in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_lists_of_packages_name_no_place_to_fetch_them_from() -> None:
    root = PACKAGE.parent
    lists = sorted([*root.glob("requirements*.txt"), *root.glob("requirements*.in")])
    assert [path.name for path in lists if "://" in path.read_text(encoding="utf-8")] == []
    assert '"resolved"' not in (root / "package-lock.json").read_text(encoding="utf-8")
