"""Whether the texts that a script replaces in the sources are still there, each exactly once."""


def misplaced(root, edits):
    """A line for each edit (name, file, text, replacement) whose text its file holds another number of times."""
    lines = []
    for name, file, text, _ in edits:
        found = (root / file).read_text().count(text) if (root / file).exists() else 0
        if found != 1:
            lines.append(f"{name}: {file} has this text {found} times, not once; plant it anew:\n{text}")
    return lines
