"""What scripts/compare says of its results: a table in Markdown."""

import subprocess

NAMES = {"ours": "chainrule", "torch": "PyTorch", "jax": "JAX", "sklearn": "scikit-learn", "kann": "KANN + OpenBLAS"}


def knows(rival, job):
    """Whether a rival takes part in a job."""
    if "predict" in job:
        return rival in ("torch", "jax", "onnxruntime")
    if rival == "sklearn":  # which has no RMSprop, and takes minutes for the largest
        return job["optimizer"] != "rmsprop" and max(job["widths"][1:]) <= 512
    return rival != "onnxruntime"


def machine(root):
    """The processor and the commit."""
    lines = open("/proc/cpuinfo").read().splitlines()
    field = lambda name: next((line.split(":")[1].strip() for line in lines if line.startswith(name + "\t")), "?")
    git = lambda *words: subprocess.run(["git", *words], cwd=root, capture_output=True, text=True).stdout.strip()
    changed = "-dirty" if git("status", "--porcelain", "--untracked-files=no") else ""
    cpu = f"{field('model name')} (family {field('cpu family')}, model {field('model')})"
    return {"cpu": cpu, "commit": git("rev-parse", "HEAD") + changed}


def title(row):
    job = row["job"]
    widths = "-".join(map(str, job["widths"]))
    if "predict" in job:
        return f"{row['row']}: {widths}, {job['predict']:,} row{'s' if job['predict'] > 1 else ''}, predict"
    return f"{row['row']}: {widths}, {job['batch']}, {job['optimizer']}"


def time_of(us):
    return f"{us:.2f}" if us < 10 else f"{us:.1f}" if us < 1000 else f"{us:,.0f}"


def cell(result, ours):
    if result is None:
        return "-"
    ratio = "" if result is ours else f" ({result['us'] / ours['us']:.2f}x)"
    accuracy = "" if result["accuracy"] is None else f", {100 * result['accuracy']:.1f} %"
    return time_of(result["us"]) + ratio + accuracy


def line(row, rivals):
    results = row["results"]
    cells = [cell(results.get(name), results["ours"]) for name in rivals]
    return f"| {title(row)} | {row['job']['threads']} | " + " | ".join(cells) + " |"


def whole(results, rivals):
    versions = {}
    for row in results["rows"]:
        versions |= {name: result["version"] for name, result in row["results"].items()}
    heads = [f"{NAMES.get(name, name)} {versions.get(name, '')}".strip() for name in rivals]
    text = f"{results['machine']['cpu']}, commit {results['machine']['commit'][:10]}, {results['date'][:10]}. "
    text += "Microseconds a step (of a prediction: a call) in the best epoch, "
    text += "how many times ours that is, and the test accuracy after the same epochs. "
    text += "Measured by: `scripts/compare`.\n\n"
    text += "| job: network, batch, optimiser | threads | " + " | ".join(heads) + " |\n"
    text += "|---|--:|" + "--:|" * len(heads) + "\n"
    text += "".join(line(row, rivals) + "\n" for row in results["rows"])
    if "headline" in results:
        job, goal, runs = (results["headline"][key] for key in ("job", "goal", "results"))
        ours, torch = runs["ours"], runs["torch"]
        widths = "-".join(map(str, job["widths"]))
        text += f"\nFrom nothing to {100 * goal:.0f} % of MNIST's test rows ({widths}, {job['optimizer']}, minibatches of "
        text += f"{job['batch']}, 2 threads, median of {len(ours['runs'])}): "
        text += f"{ours['seconds']:.2f} s in {ours['epochs']:.0f} epochs, PyTorch {torch['seconds']:.2f} s in "
        text += f"{torch['epochs']:.0f}: {torch['seconds'] / ours['seconds']:.1f}x.\n"
    return text
