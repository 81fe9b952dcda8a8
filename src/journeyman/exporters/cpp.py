"""A release as a library for C++17: the reader in C, and headers of RAII, types and exceptions over it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.candidate import Refusal
from journeyman.entities.scoring_plan import PlanColumn
from journeyman.exporters.c import C_OPERATIONS, c_sources, compile_c, literal, project_words, target_name
from journeyman.exporters.project_files import build_once, copy_tree, needs_tool, run_tool, source_text
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["CppExporter"]

_COMPILERS = ("c++", "g++", "clang++")
_FLAGS = ("-std=c++17", "-O2")
_TYPES = {
    "number": "double",
    "boolean": "bool",
    "category": "std::string_view",
    "date": "double",
    "text": "std::string_view",
}
_SHOWN_LABEL = """if (const auto label = model.label(prediction))
        std::cout << *label << '\\n';
    """
_WORDS = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class co_await
co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete do
double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace
new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires return
short signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef
typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq std main unix linux row
model values from journeyman
"""
_RESERVED = frozenset(_WORDS.split())


@dataclass(frozen=True)
class CppExporter:
    """Writes the library of the C target with ``journeyman_plan.hpp`` and a header with a typed row.

    Examples
    --------
    >>> "trees" in CppExporter().operations
    True
    """

    name: str = "cpp"
    operations: frozenset[str] = C_OPERATIONS

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write sources, ``CMakeLists.txt``, a file for pkg-config, and README with a call."""
        package = target_name(facts.package, _RESERVED)
        fields = _field_names(facts.plan.columns)
        words = {
            **project_words(facts, package),
            "NAMESPACE": package,
            "TARGET": _comment(facts.plan.target),
            "GUARD": f"{package.upper()}_HPP",
            "FIELDS": "\n".join(
                f"    std::optional<{_TYPES[column.kind]}> {field}; /**< {_comment(column.name)} */"
                for column, field in zip(facts.plan.columns, fields, strict=True)
            ),
            "VALUES": ", ".join(f"from({field})" for field in fields),
        }
        for part in ("include", "src"):
            copy_tree("c", folder, words, part)
        for name in ("csv.h", "csv.c", "selftest.c"):
            (folder / "programs").mkdir(exist_ok=True)
            (folder / "programs" / name).write_text(source_text("c", f"programs/{name}"), encoding="utf-8")
        copy_tree(
            "cpp",
            folder,
            {**words, "ROW": _row(facts, fields), "SHOWN_LABEL": _SHOWN_LABEL if facts.plan.labels else ""},
        )
        (folder / "model.hpp.in").rename(folder / "include" / f"{package}.hpp")
        pc = source_text("c", "package.pc.in")
        for word in ("PACKAGE", "VERSION"):
            pc = pc.replace(f"@{word}@", words[word])
        (folder / "package.pc.in").write_text(pc, encoding="utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None, or that no compiler of C++ or of C is installed."""
        return needs_tool(_COMPILERS, "g++") or needs_tool(("cc", "gcc", "clang"), "gcc")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Compile ``programs/answer.cpp`` and let it answer a file of rows."""
        compiler = next((name for name in _COMPILERS if shutil.which(name)), _COMPILERS[0])
        here = folder.absolute()

        def build(held: Path) -> None:
            objects = compile_c(folder, ("programs/csv.c",), held)
            includes = [f"-I{here / name}" for name in ("include", "programs")]
            source = str(here / "programs" / "answer.cpp")
            run_tool([compiler, *_FLAGS, *includes, source, *objects, "-lm", "-o", "answer_rows"], held)

        program = str(build_once(self.name, c_sources(folder), build) / "answer_rows")
        run_tool([program, "plan.txt", str(rows.absolute()), str(answers.absolute())], folder)


def _field_names(columns: tuple[PlanColumn, ...]) -> tuple[str, ...]:
    """Return a name that C++ takes for each column, no two alike.

    Examples
    --------
    >>> _field_names(tuple(PlanColumn(name, "number") for name in ("Living area", "class", "living-area")))
    ('living_area', 'class_', 'living_area_2')
    """
    names: list[str] = []
    for column in columns:
        name = re.sub(r"[^a-z0-9]+", "_", column.name.lower()).strip("_") or "column"
        name = f"column_{name}" if name[0].isdigit() else name
        name = f"{name}_" if name in _RESERVED else name
        number = 2
        made = name
        while made in names:
            made, number = f"{name.rstrip('_')}_{number}", number + 1
        names.append(made)
    return tuple(names)


def _row(facts: ProjectFacts, fields: tuple[str, ...]) -> str:
    return "\n".join(
        f"    row.{field} = {value};"
        for column, field in zip(facts.plan.columns, fields, strict=True)
        if (value := _value(column, facts.example))
    )


def _value(column: PlanColumn, example: Mapping[str, str]) -> str:
    """Return an example's value as C++ writes it; empty where it is missing or is not written here."""
    text = example.get(column.name, "")
    if column.kind in ("category", "text"):
        return literal(text) if text else ""
    if column.kind == "number":
        return text if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else ""
    if column.kind == "boolean" and text.lower() in map(str.lower, column.categories):
        return "true" if [name.lower() for name in column.categories].index(text.lower()) % 2 else "false"
    return ""


def _comment(text: str) -> str:
    return " ".join(text.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/").split())
