"""The self-test of scripts/floors: breaks every law in a copy of the tree and looks whether that breach is seen.

Run it as `scripts/floors --self-test`. The plants are made from the same tables as the checks, so a new row there is
tested without a line here.
"""

import itertools
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

floors = sys.modules["__main__"]  # the script has no extension, so it cannot be imported by name
ROOT = Path(__file__).resolve().parent.parent

# What must not be mistaken for a breach; every planted breach stands after it.
INNOCENT = """
// {thing} in a comment, with a quote " and a brace {{
/* {thing} /* nested */ {thing} */
const _INNOCENT: [&str; 3] = ["{thing} \\" {thing}", r#"{thing} " {thing}"#, "}}"];
const _QUOTES: [char; 4] = ['"', '\\'', '\\\\', '{{'];
fn _lifetime<'a>(x: &'a str) -> &'a str {{ x }}
#[cfg(test)]
#[allow(dead_code)]
mod planted_inline {{ fn f(_: [u8; 2]) {{ {code} }} }}
#[cfg(all(test, target_arch = "x86_64"))]
fn planted_test() {{ {code} }}
#[cfg(test)]
mod planted_outline;
fn _sequential(x: &[f32]) {{ x.par_chunks(2).for_each(|c| drop(c.iter().sum::<f32>())) }}
"""


def guilty(absent):
    """Pieces of code that hold the forbidden thing."""
    if absent == floors.PARALLEL_SUM:
        return [
            "let _ = x.par_iter().zip(y.par_iter()).map(|(a, b)| a * b).sum::<f32>();",
            "let _ = (0..n).into_par_iter().map(|i| f(i)).reduce(|| 0.0, |a, b| a + b);",
        ]
    if absent.endswith("!"):
        return [f'{absent}("planted");']
    if "::" in absent:
        crate, _, rest = absent.rpartition("::")
        first, last = (f"{crate}::{rest}", crate) if crate == "std" else (f"std::{crate}::{rest}", f"std::{crate}")
        return [f"{first}::planted();", f"use {last}::{{cmp::{{self, max}}, {rest} as other}};"]
    return ["unsafe { planted() }" if absent == "unsafe" else f"{absent}::planted();"]


def plants(packages):
    """Every way to break every law: (package, what, file, new text, line the breach must have, words of its law)."""
    homes = {package["name"]: Path(package["manifest_path"]).parent for package in packages}
    for package in packages:
        name, manifest = package["name"], Path(package["manifest_path"])
        floor, text = floors.FLOORS[name], manifest.read_text()
        for kind in ("dependencies", "dev-dependencies"):
            ours = [other for other in floors.FLOORS if other != name]
            if kind == "dependencies":
                wrong = [other for other in ours if other not in floor.workspace] + floor.never
                wrong += [] if floor.external is floors.ANY else ["serde"]
            else:
                wrong = [o for o in ours if o != "chainrule-naive" and floors.FLOORS[o].number >= floor.number]
            for other in wrong:
                value = f'{{ path = "{homes[other]}" }}' if other in homes else '"1"'
                for section in (kind, f"target.'cfg(all())'.{kind}"):
                    if f"[{section}]" not in text:  # TOML takes a section once
                        new = text + f'\n[{section}]\n{other} = {value}\n'
                        yield package, f"{name} -> {other} in {section}", manifest, new, new.count("\n"), other
        for file in {Path(target["src_path"]) for target in package["targets"]}:
            if manifest.parent / "src" not in file.parents:
                continue
            text = file.read_text()
            if first := floors.opening(name):
                bare = text.replace(first, "//")
                yield package, f"{name} without {first}", file, bare, 1, "must begin"
                yield package, f"{name} with a late {first}", file, "use std::cmp;\n" + text, 1, "must begin"
            for absent in floors.ABSENT.get(name, []):
                for code in guilty(absent):
                    new = text + INNOCENT.format(thing=absent, code=code) + f"fn planted() {{ {code} }}\n"
                    yield package, f"{name} with {code}", file, new, new.count("\n"), f"must never have {absent}"


# Small crates: (what, file -> text, the circles in them). The first file is the root.
CRATES = [
    ("siblings", {"lib.rs": "mod a; mod b;", "a.rs": "use crate::b::B;", "b.rs": "pub struct B; use super::a;"}, ["a b"]),
    (
        "three files, by a path in code, a brace and a rename",
        {
            "main.rs": "mod a; mod b; mod c;",
            "a.rs": "fn f() { crate::b::g(1) }",
            "b.rs": "use std::fs; use crate::{c::{self, C}, nothing}; pub fn g(_: u8) {}",
            "c.rs": "use super::a as first; pub struct C; fn f() { first::f() }",
        },
        ["a b c"],
    ),
    ("a child takes what its parent defines", {"lib.rs": "mod a; struct X;", "a.rs": "use crate::X;"}, ["a lib"]),
    (
        "a child takes from the mod.rs above it",
        {"lib.rs": "mod a;", "a/mod.rs": "mod b; const C: u8 = 1;", "a/b.rs": "fn f() -> u8 { super::C }"},
        ["a/b a/mod"],
    ),
    (
        "through two re-exports and a glob",
        {
            "lib.rs": "mod a; mod b; pub use a::*; pub use b::b;",
            "a/mod.rs": "mod inner; pub use inner::Deep;",
            "a/inner.rs": "pub struct Deep; use crate::b;",
            "b.rs": "use crate::Deep; pub fn b() {}",
        },
        ["a/inner b"],
    ),
    ("an attribute's file", {"lib.rs": '#[path = "x/y.rs"] mod a; fn f() {}', "x/y.rs": "use super::f;"}, ["lib x/y"]),
    (
        "none: re-exports at the root lead to the file that defines",
        {"lib.rs": "mod a; mod b; pub use a::A; pub use b::B;", "a.rs": "pub struct A;", "b.rs": "use crate::A; pub struct B;"},
        [],
    ),
    (
        "none: a module, a function and a macro of one name",
        {
            "lib.rs": "mod a; mod b; mod c; pub use a::a; fn b() {} macro_rules! c { () => {} }",
            "a.rs": "use super::b::B; use crate::c::C; pub fn a() {}",
            "b.rs": "pub struct B;",
            "c.rs": "pub struct C;",
        },
        [],
    ),
    (
        "none: tests, comments and strings do not count, nor what another crate calls by the same name",
        {
            "lib.rs": "mod a; mod b; pub struct X;",
            "a.rs": '// use crate::X;\nconst S: &str = "crate::X"; #[cfg(test)] mod tests { use crate::X; }',
            "b.rs": "use crate::a; use other::X; fn f() { a::X::new(); other::b::X; } mod inner { use super::f; }",
        },
        [],
    ),
]


def circles_gone_wrong():
    """How many of the small crates are judged wrongly."""
    wrong = 0
    for what, files, expected in CRATES:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            rings = floors.circles(root / next(iter(files)))
            found = [" ".join(step.file.relative_to(root).with_suffix("").as_posix() for step in ring) for ring in rings]
        if found != expected:
            wrong += 1
            print(f"self-test: circles, {what}: expected {expected}, found {found}")
    return wrong


def circles_unseen(copy, packages):
    """How many crates with more than one file hide a circle that is planted between their root and a child."""
    unseen = 0
    for package in packages:
        for root in floors.crate_roots(package):
            names = re.findall(r"^(?:pub )?mod (\w+);", root.read_text(), re.MULTILINE)
            children = [root.parent / f"{name}.rs" for name in names]
            child = next((file for file in children if file.exists()), None)
            if child is None:
                continue
            texts = {file: file.read_text() for file in (root, child)}
            root.write_text(texts[root] + "pub struct Planted;\n")
            child.write_text(texts[child] + "const _: crate::Planted = crate::Planted;\n")
            law = f"{child.name} -> {root.name} -> {child.name}", f"{root.name} -> {child.name} -> {root.name}"
            seen = any(breach.law.endswith(law) for breach in floors.check_circles(copy, [package]))
            for file, text in texts.items():
                file.write_text(text)
            if not seen:
                unseen += 1
                print(f"self-test: planted a circle between {root.relative_to(copy)} and {child.name}: NOT SEEN")
    return unseen


def copy_tree(to):
    """The files git tracks, or all but the builds where there is no git."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0 or not listed.stdout:
        shutil.copytree(ROOT, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("target", ".git"))
        return
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to / name)


def plant_all(copy, packages, share):
    """Plants every breach, or this `(number, of)` share of them; how many were tried, and how many went wrong."""
    # Breaches already there are the business of the check itself.
    before = set(floors.check_dependencies(copy, packages) + floors.check_sources(copy, packages))
    missed = tried = 0
    number, of = share
    for package, what, file, new, line, words in itertools.islice(plants(packages), number, None, of):
        old, tests = file.read_text(), file.parent / "planted_outline.rs"
        file.write_text(new)
        if file.name == "Cargo.toml":
            after = set(floors.check_dependencies(copy, floors.metadata(copy)))
        else:
            tests.write_text(new)  # the same code in a file of tests is no breach
            after = set(floors.check_sources(copy, [package]))
            tests.unlink()
        file.write_text(old)
        tried += 1
        path = file.relative_to(copy).as_posix()
        caught = {breach for breach in after if breach.path == path and breach.line == line and words in breach.law}
        # Lines move under a plant at the top of a file: other breaches are compared without their lines.
        strangers = {(b.path, b.law) for b in after - caught} - {(b.path, b.law) for b in before}
        if not caught or strangers:
            missed += 1
            print(f"self-test: planted `{what}` in {path}:{line}", "seen" if caught else "NOT SEEN", *strangers)
    return tried, missed


def plant_in_a_copy(share):
    """`plant_all` in a copy of its own."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        copy_tree(copy)
        return plant_all(copy, floors.metadata(copy), share)


def laws_about_all():
    """How many breaches that no single file has go unseen."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        copy_tree(copy)
        packages = floors.metadata(copy)
        missed = 0
        orphan = {"name": "chainrule-planted", "manifest_path": str(copy / "Cargo.toml"), "dependencies": []}
        if not any("has no floor" in breach.law for breach in floors.check_dependencies(copy, [*packages, orphan])):
            print("self-test: a crate without a floor went unseen")
            missed += 1
        bare = [{**package, "dependencies": []} for package in packages]
        unused = sum("take it out of its row" in breach.law for breach in floors.check_dependencies(copy, bare))
        if unused != sum(len(floor.workspace) + len(floor.external or []) for floor in floors.FLOORS.values()):
            print(f"self-test: of the allowances of crates that import nothing, {unused} are told")
            missed += 1
        return missed + circles_gone_wrong() + circles_unseen(copy, packages)


def self_test():
    """Breaks each law in copies, one a processor; that breach must be reported, at its line, and nothing else."""
    missed = laws_about_all()
    workers = os.cpu_count() or 1
    if "fork" in multiprocessing.get_all_start_methods():  # a script without an extension cannot be imported anew
        with multiprocessing.get_context("fork").Pool(workers) as pool:
            shares = pool.map(plant_in_a_copy, [(number, workers) for number in range(workers)])
    else:
        shares = [plant_in_a_copy((0, 1))]
    tried = sum(share[0] for share in shares)
    missed += sum(share[1] for share in shares)
    print(f"floors: self-test planted {tried} breaches, {missed} gone wrong")
    return 1 if missed or not tried else 0
