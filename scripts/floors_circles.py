"""Finds circles between the files of a crate, for scripts/floors: files that import each other, directly or through others.

A file imports another where its code names something that stands there: in a `use`, or in a path that begins with
`crate`, `self`, `super`, a module or an imported name. A re-export leads on to the file that defines the thing, so a
lib.rs that only re-exports is in no circle. A file also imports each file of its `mod child;`; hence a child may not
take from its parent what the parent itself defines. Tests do not count (see floors_sources.py).

What is not seen: methods and traits that are used without naming their file, and items that a macro makes.
"""

import re
from pathlib import Path
from typing import NamedTuple

from floors_sources import closing, code_only, used_paths, without_tests

KINDS = {"lib", "bin", "example", "bench", "rlib", "cdylib", "staticlib", "proc-macro"}
ITEM = re.compile(
    r"(?:\b(?:unsafe|async|const|extern)\s+)*\b(?:fn|struct|enum|union|trait|type|const|static)\s+(?:mut\s+)?(?P<item>\w+)"
    r"|\bmod\s+(?P<module>\w+)\s*(?P<end>[;{])|\bmacro_rules!\s*(?P<macro>\w+)|\b(?P<use>use)\b"
)
PATH = re.compile(r"(?<![\w:.])\$?(?P<path>\w+(?:\s*::\s*\w+)+)")


class Step(NamedTuple):
    """A file of a circle, and the line where it imports the next one."""

    file: Path
    line: int


class Module:
    """A module of the crate: where it stands, and what its names mean."""

    def __init__(self, file, parent, folder):
        self.file, self.parent, self.folder = file, parent, folder
        self.root = parent.root if parent else self
        self.modules = {}  # name -> Module
        self.items = set()  # names defined here
        self.imports = {}  # name -> the paths it may stand for, as seen from here
        self.globs = []  # the paths before ::*
        self.code = ""  # for paths; inline modules are blanked, they have their own
        self.start = 0  # where `code` stands in the file


def crate_roots(package):
    """The first file of each library, program, example and benchmark."""
    return [Path(target["src_path"]) for target in package["targets"] if KINDS.intersection(target["kind"])]


# ------------------------------------------------------------------------------------------------- reading modules


def read_file(file, parent, modules):
    """The module of a file, and below it those of its children."""
    text = file.read_text()
    code, _ = without_tests(code_only(text))
    is_home = parent is None or file.name == "mod.rs"
    module = Module(file, parent, file.parent if is_home else file.with_suffix(""))
    read_body(module, code, 0, text, modules)
    return module


def read_body(module, code, start, text, modules):
    """Fills a module from its code: the items that stand in no braces, and every `use`, in functions too."""
    modules.append(module)
    module.start, at = start, 0
    for place, path in used_paths(code):
        head, _, name = path.rpartition("::")
        if name == "*":
            module.globs.append(head)
            continue
        target = head if name == "self" else path
        renamed = re.match(r"[\w:]*\s+as\s+(\w+)", code[place:])
        name = renamed[1] if renamed else target.rpartition("::")[2]
        module.imports.setdefault(name, []).append(target)
    while match := re.compile(rf"[({{\[]|{ITEM.pattern}").search(code, at):
        at = match.end()
        if match[0] in "({[":
            at = closing(code, match.start())
        elif match["use"]:
            at = code.find(";", at) % (len(code) + 1)
        elif not match["module"]:
            module.items.add(match["item"] or match["macro"])
        elif match["end"] == "{":
            inner = Module(module.file, module, module.folder / match["module"])
            module.modules[match["module"]] = inner
            end = closing(code, at - 1)
            read_body(inner, code[at : end - 1], start + at, text, modules)
            code = code[:at] + re.sub(r"[^\n]", " ", code[at:end]) + code[end:]
            at = end
        elif file := file_of(module, match["module"], text[: start + match.start()]):
            module.modules[match["module"]] = read_file(file, module, modules)
    module.code = code


def file_of(module, name, before):
    """The file of `mod name;`, by the attribute before it or by its name."""
    named = re.search(r'#\[path\s*=\s*"([^"]*)"\]\s*(?:pub(?:\([^)]*\))?\s*)?$', before)
    if named:
        return (module.file.parent / named[1]).resolve()
    places = (module.folder / f"{name}.rs", module.folder / name / "mod.rs")
    return next((place for place in places if place.exists()), None)


# ------------------------------------------------------------------------------------------------ what a path names


def lookup(module, name, seen):
    """All that a name may stand for in a module: modules, and files that define an item."""
    found = [module.file] if name in module.items else []
    found += [module.modules[name]] if name in module.modules else []
    if (module, name) in seen:  # the first `exp` of `use exp::exp` is the module, not this import itself
        return found
    seen = seen | {(module, name)}
    for path in module.imports.get(name, []):
        found += resolve(module, path.split("::"), seen)
    if not found:
        for path in module.globs:
            for target in resolve(module, path.split("::"), seen):
                found += lookup(target, name, seen) if isinstance(target, Module) else [target]
    return found


def resolve(module, names, seen=frozenset()):
    """The files and modules that a path may name; none for what stands outside the crate."""
    names = [re.sub(r"^r#", "", name.strip()) for name in names]
    here, first = [module], names[0]
    if first in ("crate", "self", "super"):
        if first == "crate":
            here = [module.root]
        while names and names[0] in ("crate", "self", "super"):
            here = [m.parent for m in here if m.parent] if names[0] == "super" else here
            names = names[1:]
    for number, name in enumerate(names):
        after = []
        for place in here:
            if isinstance(place, Module):
                after += lookup(place, name, seen)
            elif number:  # a variant, a method, an associated item: it stands with its type
                after.append(place)
        # Only a module goes on behind a name that a function or a macro has as well: `exp::exp`.
        inner = [place for place in after if isinstance(place, Module)]
        here = inner if inner and number + 1 < len(names) else after
    return here


def files_named(module, path, code):
    """The files that a path leads to. A module on its own is looked through to what its name is used for."""
    for target in resolve(module, path.split("::")):
        if not isinstance(target, Module):
            yield target
        elif not re.search(rf"\b{path.rpartition('::')[2]}\s*::", code):
            yield target.file


def imports(module):
    """Each file that this module imports, with the place in its own file."""
    for place, path in used_paths(module.code):
        if path.endswith("::*"):
            for target in resolve(module, path[:-3].split("::")):
                yield from ((file, place) for file in all_of(target))
            continue
        path = re.sub("::self$", "", path)
        # As it is called here: `use crate::values as v` is looked for as `v::`.
        yield from ((file, place) for file in files_named(module, path, module.code))
    without_uses = re.sub(r"\buse\s+[^;]*;", lambda match: re.sub(r"[^\n]", " ", match[0]), module.code)
    for match in PATH.finditer(without_uses):
        names = re.split(r"\s*::\s*", match["path"])
        yield from ((t, match.start()) for t in resolve(module, names) if not isinstance(t, Module))
    for child in module.modules.values():
        yield child.file, 0


def all_of(target):
    """The files behind a glob: that of the module if it defines something, and those it re-exports from."""
    if not isinstance(target, Module):
        return {target}
    files = {target.file} if target.items else set()
    for paths in target.imports.values():
        for path in paths:
            files.update(t.file if isinstance(t, Module) else t for t in resolve(target, path.split("::")))
    return files


# ---------------------------------------------------------------------------------------------------------- circles


def import_graph(root):
    """file -> {imported file: line}, of the crate that begins at `root`."""
    modules, graph = [], {}
    read_file(root, None, modules)
    for module in modules:
        edges = graph.setdefault(module.file, {})
        text = module.file.read_text()
        for file, place in imports(module):
            if file != module.file:
                edges.setdefault(file, text.count("\n", 0, module.start + place) + 1)
    return graph


def way(graph, start, end):
    """The shortest way along imports, or None."""
    ways, known = [[start]], {start}
    for path in ways:
        if path[-1] == end:
            return path
        for file in sorted(graph.get(path[-1], {})):
            if file not in known:
                known.add(file)
                ways.append([*path, file])
    return None


def circles(root):
    """For every import that lies on a circle the shortest one, each once, as a list of steps."""
    graph, rings = import_graph(root), {}
    for file, edges in sorted(graph.items()):
        for imported in sorted(edges):
            if back := way(graph, imported, file):
                ring = [file, *back[:-1]]
                first = ring.index(min(ring))
                rings[tuple(ring[first:] + ring[:first])] = None
    return [
        [Step(file, graph[file][ring[(i + 1) % len(ring)]]) for i, file in enumerate(ring)] for ring in sorted(rings)
    ]
