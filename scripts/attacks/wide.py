"""Wide tables: twice the columns take about twice the processor time, whatever is asked of them. Where something that is done
for each column looks at every other, it is four times."""

from .common import Path, folder, measured

ROWS = 10
# Between twice, with what caches and a machine's slow moments add to it (2.5 was seen), and four times, of which what is done once
# takes some away.
RATIO = 3
# The least of so many runs counts, and of some more where it is beyond the ratio: other work on the machine only adds to it.
RUNS, MORE = 2, 6
TRAIN = ["--hidden", "4", "--epochs", "1", "--seed", "1", "--force", "--save"]
KINDS = ["named", "unnamed", "texts", "holes", "flags"]


def write(kind, path, columns, rng, shuffled=False):
    """A table of this many columns and the target, the last. `shuffled`: the same columns in another order."""
    order = list(range(columns))
    if shuffled:
        rng.shuffle(order)
    lines = [] if kind == "unnamed" else [",".join([f"c{column}" for column in order] + ["y"])]
    for row in range(ROWS):
        lines.append(",".join([cell(kind, column, row, rng) for column in order] + [str(row % 2)]))
    path.write_text("\n".join(lines) + "\n")


def cell(kind, column, row, rng):
    if kind == "texts":
        return rng.choice(["a", "b", "c"])
    if kind == "flags":
        return str(rng.randrange(2))
    if kind == "holes" and (column + row) % 7 == 0:
        return ""
    return f"{rng.uniform(-1, 1):.3f}"


def cases(columns):
    """What is run, with the model's kind that it needs; the tables are named after their kinds."""
    some = ",".join(f"c{column}" for column in range(columns // 2))
    few = ",".join(f"c{column}" for column in range(columns // 50))
    texts = ",".join(f"c{column}" for column in range(columns // 8))
    save = [*TRAIN, "new"]
    train = ["train", "--data", "named", "--target", "y", *save]
    return {
        "train": train,
        "train without names": ["train", "--data", "unnamed", "--target", str(columns + 1), *save],
        "train on texts": ["train", "--data", "texts", "--target", "y", *save],
        "train on holes": ["train", "--data", "holes", "--target", "y", "--missing", "median", *save],
        "train on features": [*train, "--features", some],
        "train without columns": [*train, "--drop", some],
        "train on categories": [*train, "--categories", texts],
        "train on logarithms": ["train", "--data", "flags", "--target", "y", "--log1p", some, *save],
        "train on targets": ["train", "--data", "named", "--target", few, *save],
        "train with a test file": [*train, "--test-data", "shuffled"],
        "train again": ["train", "--init", "named.model", "--data", "shuffled", *save],
        "data": ["data", "flags"],
        "data of texts": ["data", "texts", "--target", "y"],
        "data of two files": ["data", "[ns][ah]*ed", "--target", "y"],
        "eval": ["eval", "named.model", "--data", "shuffled"],
        "eval without names": ["eval", "unnamed.model", "--data", "unnamed", "--target", str(columns + 1)],
        "predict": ["predict", "named.model", "--data", "shuffled", "--output", "p.csv"],
        "predict from texts": ["predict", "texts.model", "--data", "texts", "--output", "p.csv"],
        "doctor": ["doctor", "named.model", "--data", "shuffled"],
        "explain": ["explain", "holes.model", "--data", "holes", "--row", "3", "--steps", "4"],
        "inspect": ["inspect", "texts.model", "--json"],
        "trace": ["trace", "named.model", "--data", "named"],
        "graph": ["graph", "named.model", "--data", "named", "--format", "dot"],
        "neurons": ["graph", "named.model", "--view", "neurons", "--row", "1", "--data", "named", "--format", "dot"],
        "export": ["export", "texts.model", "--to", "json", "--out", "m.json"],
        "diff": ["diff", "named.model", "named.model", "--data", "shuffled"],
    }


def run(attack):
    columns = attack.args.columns
    with folder() as small, folder() as large:
        homes = [(Path(small), columns), (Path(large), 2 * columns)]
        for home, count in homes:
            prepare(attack, home, count)
        both = [cases(count) for _, count in homes]
        ratios = []
        for index in attack.indices(len(both[0])):
            name = list(both[0])[index]
            if not attack.left_out(index):
                ratios.append((one(attack, index, name, homes, [of[name] for of in both]), name))
        largest = max(ratios, default=(0, "none"))
        attack.note(f"{columns} and {2 * columns} columns; the largest ratio {largest[0]:.2f}, {largest[1]}")


def prepare(attack, home, columns):
    for kind in KINDS:
        write(kind, home / kind, columns, attack.random(kind))
    write("named", home / "shuffled", columns, attack.random("named"), shuffled=True)
    for kind in ["named", "unnamed", "texts", "holes"]:
        target = str(columns + 1) if kind == "unnamed" else "y"
        missing = ["--missing", "median"] if kind == "holes" else []
        unknown = ["--unknown", "zeros"] if kind == "texts" else []
        args = ["train", "--data", kind, "--target", target, *missing, *unknown, *TRAIN, f"{kind}.model"]
        outcome = attack.command.run(args, home)
        if outcome.code != 0:
            raise SystemExit(f"cannot make a model to begin with: {outcome.message()}")


def one(attack, index, name, homes, both):
    """The ratio of what the two tables take, in processor time of the program itself."""
    least = [float("inf")] * 2
    for turn in range(RUNS + MORE):
        for at, ((home, _), args) in enumerate(zip(homes, both)):
            outcome, usage = measured(attack, args, home)
            # Of 1 the doctor has nothing to say on standard error: it found something.
            found = name == "doctor" and outcome.code == 1 and not outcome.err
            if not attack.judge(index, outcome._replace(code=0) if found else outcome, codes=(0,), setting=name):
                return 0
            least[at] = min(least[at], usage.ru_utime)
        ratio = least[1] / least[0]
        if turn + 1 >= RUNS and ratio <= RATIO:
            break
    if ratio > RATIO:
        times = " and ".join(f"{seconds:.2f} s" for seconds in least)
        attack.violation(index, f"{ratio:.1f} times the processor time for twice the columns, {times}", name)
    return ratio
