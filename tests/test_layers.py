"""One direction of flow: what each layer may import, and what nobody may do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    *(path for part in ("core", "ui", "scripts") for path in sorted((ROOT / part).rglob("*.py"))),
    ROOT / "app.py",
]
SOURCES = [path for path in SOURCES if path.is_file()]


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in a module, also inside functions; relative ones made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level]) if node.level else ""
            start = ".".join(part for part in (base, node.module or "") if part)
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


# What each folder (or module) of core may import of core, as DESIGN draws it: one direction, from values to the page.
VALUES = {
    "attributes",
    "captions",
    "checkpoints",
    "draws",
    "hardware",
    "images",
    "metrics",
    "processes",
    "photo_edit",
    "recipe",
    "recipe_checks",
    "safetensors_header",
}
NETWORKS = {*VALUES, "data", "models", "diffusion", "latents", "stable_diffusion"}
PIPELINES = {*NETWORKS, "networks", "photos", "reports"}
MAY_IMPORT = {
    **dict.fromkeys(VALUES, VALUES),
    "stylize": VALUES,
    "data": VALUES,
    "models": VALUES,
    "diffusion": {*VALUES, "models"},
    "latents": {*VALUES, "data", "models", "diffusion", "stable_diffusion"},
    "training": {*NETWORKS, "stylize"},
    "networks": NETWORKS,
    "photos": {*VALUES, "models"},
    "stable_diffusion": VALUES,
    "pipelines": PIPELINES,
    "reports": {*NETWORKS, "networks"},
    "evaluation": {*PIPELINES, "pipelines", "stylize", "training"},
    "benchmarks": {*PIPELINES, "pipelines", "evaluation"},
}
LAYER_EXCEPTIONS = {  # module -> what it imports against the table, and why
    "core.checkpoints": "models",  # inside the function that opens a checkpoint: the classes that it may name
    "core.reports.cards": "pipelines",  # the words and tables of the Models tab, which the cards repeat
    "core.reports.run_report": "pipelines",  # the same words, which the page of a training repeats
}
OTHERS = {  # libraries and folders that a part of the program never imports
    "core": ("gradio", "gradio_client", "ui", "app", "scripts"),
    "ui": ("torch", "diffusers", "transformers", "peft", "accelerate", "core.training", "core.models", "scripts"),
    "core.pipelines": ("accelerate",),
    "core.data": ("torch",),
    "": ("pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"),
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in SOURCES}


def inside(name: str, package: str) -> bool:
    return not package or name == package or name.startswith(f"{package}.")


def layer(name: str) -> str:
    """``core.pipelines.faces.types`` -> ``pipelines``."""
    return name.split(".")[1] if name.startswith("core.") else ""


@pytest.mark.parametrize("package", OTHERS)
def test_no_part_imports_what_it_must_not(package):
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for module, path in MODULES.items()
        if inside(module, package)
        for line, name in imported(path)
        if any(inside(name, bad) for bad in OTHERS[package])
    ]
    assert not found


def test_imports_follow_the_layers():
    """Every folder of core has a row in the table, and imports only what its row names."""
    found = []
    for module, path in MODULES.items():
        own = layer(module)
        for line, name in imported(path) if own else ():
            other = layer(name)
            if other in ("", own) or other in MAY_IMPORT[own] or other == LAYER_EXCEPTIONS.get(module):
                continue
            found.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert not found


def import_graph() -> dict[str, set[str]]:
    """Module -> modules of the program that it imports, at its head, inside functions or for type checks."""
    graph: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        graph[module] = set()
        for _, name in imported(path):
            while name and name not in MODULES:  # a class or function of a module
                name = name.rpartition(".")[0]
            if name and name != module:
                graph[module].add(name)
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of more than one node (Tarjan 1972)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        number[node] = lowest[node] = len(number)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in number:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], number[other])
        if lowest[node] == number[node]:
            component = stack[stack.index(node) :]
            del stack[-len(component) :]
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found


def test_no_circles_of_imports():
    """A circle means that two modules are one, or that something both need belongs in a third."""
    assert not circles(import_graph())


def test_circles_are_found_where_there_are_some():
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert circles(graph) == [["d", "e"], ["a", "b", "c"]]
    assert "core.recipe" in import_graph()["core.pipelines.faces.pipeline"]


def test_nothing_is_loaded_by_pickle():
    """``torch.load`` and ``allow_pickle=True`` run code from files; weights are safetensors, arrays plain npy."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if named and node.value.id == "torch" and node.attr in ("load", "save"):
                found.append(f"{path.name}:{node.lineno} torch.{node.attr}")
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and getattr(node.value, "value", None):
                found.append(f"{path.name}:{node.value.lineno} allow_pickle")
    assert not found


ASSETS = sorted(path for path in (ROOT / "ui" / "assets").rglob("*") if path.suffix in (".js", ".css", ".html", ".svg"))
HARMLESS = re.compile(  # the last two are papers, which open when a reader follows the link
    r"https?://(www\.w3\.org/|127\.0\.0\.1|localhost|arxiv\.org/|doi\.org/)"
)


@pytest.mark.parametrize("path", [path for path in ASSETS if ".min." not in path.name], ids=lambda path: path.name)
def test_assets_name_no_network_host(path):
    """The page works with the network off: no script, font, picture or beacon from elsewhere."""
    text = HARMLESS.sub("", path.read_text(encoding="utf-8"))
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+", text, flags=re.IGNORECASE)
    assert "@import" not in text


def test_ui_loads_no_fonts_from_elsewhere():
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] in ("ui", "app.py"):
            text = path.read_text(encoding="utf-8")
            assert "GoogleFont" not in text, path
            assert not re.search(r"<(script|link|img)[^>]+https?://", text), path


MODULE_LINES, FUNCTION_LINES = 300, 40
LARGER = {  # the present exceptions with their sizes: they may shrink, and a new one needs a reason
    "core/data/sets.py:join": 45,
    "core/evaluation/styles.py": 315,
    "core/models/face_unet.py:FaceUNet.__init__": 56,
    "core/models/text_unet.py:build_text_unet": 41,
    "core/training/autoencoder.py:train_autoencoder": 59,
    "core/training/classifier.py:train_classifier": 45,
    "core/training/clip.py:train_clip": 60,
    "core/training/export.py:export_run": 41,
    "core/training/faces.py:train_faces": 57,
    "core/training/flat_autoencoder.py:train_flat_autoencoder": 49,
    "core/training/lora/train.py:train_style": 61,
    "core/training/prior.py:train_prior": 45,
    "core/training/text.py:train_text": 57,
    "ui/prompts/api.py:prompts_api": 41,
    "scripts/benchmark.py:main": 41,
    "scripts/build_atlas.py:_generated": 51,
    "scripts/evaluate.py:main": 58,
    "scripts/train_faces.py:main": 50,
    "scripts/train_style.py:_options": 54,
}


def sizes() -> Iterator[tuple[str, int, int]]:
    """(``path`` or ``path:Class.function``, its lines, its bound) of every Python module and function."""

    def functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, int, int]]:
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{prefix}{child.name}."
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield prefix + child.name, child.end_lineno - child.lineno + 1, FUNCTION_LINES
            yield from functions(child, inner)

    for path in SOURCES:
        text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
        yield name, len(text.splitlines()), MODULE_LINES
        yield from functions(ast.parse(text), f"{name}:")


def test_modules_and_functions_stay_small():
    """Docstrings included. Whoever shortens an exception lowers its figure here, or takes it out."""
    large = [f"{name}: {lines} lines" for name, lines, bound in sizes() if lines > LARGER.get(name, bound)]
    assert not large


def test_the_readme_names_what_is_there():
    """Paths in its table of places, each in backquotes, exist; its tree has everything that lies in core and ui."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.split("| if you look for | open |")[1].split("\n\n")[0]
    named = re.findall(r"`([a-z_]+/[^`]*)`", table)
    assert len(named) >= 12 and not [path for path in named if not (ROOT / path).exists()]
    tree = text.split("## Where things are")[1].split("```")[1]
    parts = [path for folder in ("core", "ui") for path in (ROOT / folder).iterdir() if not path.name.startswith("__")]
    assert not [path for path in parts if not re.search(rf"(?<![\w/]){re.escape(path.name)}(?!\w)", tree)]
