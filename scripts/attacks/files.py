"""Special files in every place that takes one: an error within ten seconds, in bounded memory; never a hang."""

import os
import socket
import threading

from .common import Path, folder, measured, model, table

SIZES = {"1T": 1 << 40}
# What a reader may hold of a file that never ends: its stated bound, and what is made of it.
MEMORY = 5 << 30


def make(kind, path, rng):
    """Puts a special file at `path`; returns the path to name, or None where this machine has no such thing."""
    if kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "pipe that ends":
        feed(path, b"")
    elif kind == "pipe of noise":
        feed(path, rng.randbytes(1 << 20))
    elif kind == "pipe of text":
        feed(path, b"1,2,3\n" * 200_000)
    elif kind == "unreadable":
        path.write_bytes(b"1,2\n")
        path.chmod(0)
        return None if os.access(path, os.R_OK) else path
    elif kind == "link to itself":
        path.symlink_to(path.name)
    elif kind == "link to nothing":
        path.symlink_to("nothing")
    elif kind == "socket":
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.close()
    elif kind == "sparse terabyte":
        with open(path, "wb") as file:
            file.truncate(SIZES["1T"])
    elif kind == "noise":
        path.write_bytes(rng.randbytes(100_000))
    elif kind == "missing, named by escapes":
        return path.with_name("\x1b[31m\nno\tsuch\x07")
    elif kind == "name of 300 letters":
        return path.with_name("n" * 300)
    elif kind.startswith("/"):
        return kind if os.path.exists(kind) else None
    return path


def feed(path, content):
    """A pipe whose writer comes at once and goes when all is written or nobody reads."""
    os.mkfifo(path)

    def write():
        try:
            with open(path, "wb") as pipe:
                pipe.write(content)
        except (BrokenPipeError, FileNotFoundError):  # the reader, or the folder, has gone
            pass

    threading.Thread(target=write, daemon=True).start()


KINDS = [
    "folder", "empty", "missing", "pipe that ends", "pipe of noise", "pipe of text", "unreadable", "link to itself",
    "link to nothing", "socket", "sparse terabyte", "noise", "missing, named by escapes", "name of 300 letters", "/dev/null",
    "/dev/zero", "/dev/full", "/dev/urandom", "/proc/self/mem", "/proc/self/maps",
]  # fmt: skip
PLACES = [
    ["inspect", "FILE"],
    ["eval", "FILE", "--data", "digits"],
    ["predict", "FILE", "--data", "digits"],
    ["predict", "m", "--data", "FILE"],
    ["graph", "FILE"],
    ["doctor", "FILE", "--data", "digits"],
    ["trace", "FILE", "--data", "digits"],
    ["trace", "FILE.toml"],
    ["train", "--init", "FILE", "--epochs", "1"],
    ["train", "--data", "FILE", "--labels", "y.csv", "--epochs", "1"],
    ["train", "--data", "x.csv", "--labels", "FILE", "--epochs", "1"],
    ["train", "--data", "mnist:FILE", "--epochs", "1"],
]


def run(attack):
    cases = [(place, kind) for place in PLACES for kind in KINDS]
    skipped = set()
    for index in attack.indices(len(cases)):
        if attack.left_out(index):
            continue
        place, kind = cases[index]
        with folder() as home:
            one(attack, index, place, kind, home, skipped)
    for kind in sorted(skipped):
        attack.skip(kind, "not on this machine, or readable all the same (root)")


def one(attack, index, place, kind, home, skipped):
    home = Path(home)
    rng = attack.random(index)
    model(attack, home / "m")
    table(home / "x.csv", 20, 3, rng)
    table(home / "y.csv", 20, 1, rng, integer=2)
    suffix = ".toml" if "FILE.toml" in place else ""
    path = make(kind, home / f"special{suffix}", rng)
    if path is None:
        skipped.add(kind)
        return
    if suffix and not str(path).endswith(suffix):
        # What ends otherwise is no worked example: reach it by a name that is.
        link = home / "link.toml"
        link.symlink_to(path)
        path = link
    args = [word.replace("FILE.toml", "FILE").replace("FILE", str(path)) for word in place]
    outcome, usage = measured(attack, args, home)
    memory = usage.ru_maxrss << 10
    if attack.judge(index, outcome, codes=(1, 2), setting=kind) and memory > MEMORY:
        attack.violation(index, f"{memory >> 20} MiB of memory for {kind}", " ".join(outcome.args))
    if b"\x1b" in outcome.err or b"\x07" in outcome.err:
        attack.violation(index, "control characters of a file's name on the terminal", repr(outcome.err[:200]))
