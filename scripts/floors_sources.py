"""Reads Rust sources for scripts/floors: what of a file is code, what of the code is tests, and the paths of each `use`.

No parser of the language: comments and literals are blanked, brackets are counted. Every line and column stays where it was.
"""

import re

NOT_CODE = re.compile(
    r"""//[^\n]*
      | (?P<block>/\*)
      | \b[bc]?r(?P<hashes>\#*)"(?:.*?)"(?P=hashes)   # raw string
      | [bc]?"(?:\\.|[^"\\])*"                        # string
      | b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\])'         # character; a lifetime has no closing quote
    """,
    re.VERBOSE | re.DOTALL,
)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """The text with comments and literals blanked; every line and column stays where it was."""
    out, at = [], 0
    while match := NOT_CODE.search(text, at):
        end = match.end()
        if match["block"]:  # block comments nest
            depth = 1
            while depth and (mark := re.compile(r"/\*|\*/").search(text, end)):
                depth += 1 if mark[0] == "/*" else -1
                end = mark.end()
            end = end if depth == 0 else len(text)
        out += [text[at : match.start()], blank(text[match.start() : end])]
        at = end
    return "".join(out) + text[at:]


def closing(code, at):
    """The place after the bracket that closes the one at `at`."""
    depth = 0
    for place in range(at, len(code)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(code[place], 0)
        if depth == 0:
            return place + 1
    return len(code)


def is_test(attribute):
    inside = re.sub(r"\s", "", attribute)
    return inside in ("test", "cfg(test)") or (inside.startswith("cfg(all(") and bool(
        re.search(r"\btest\b", inside) and "not(" not in inside
    ))


def without_tests(code):
    """The code with test items blanked, and the names of the `mod x;` that are tests as a whole."""
    outline, at = [], 0
    while match := re.compile(r"#(!?)\[").search(code, at):
        end = at = closing(code, match.end() - 1)
        if not is_test(code[match.end() : end - 1]):
            continue
        if match[1]:  # #![cfg(test)]: all of the file
            return blank(code), outline
        while code[end:].lstrip().startswith("#["):  # further attributes
            end = closing(code, code.index("[", end))
        item = end
        while end < len(code) and code[end] not in ";{}":  # to its body or its semicolon; } ends a last field
            end = closing(code, end) if code[end] in "([" else end + 1
        if module := re.match(r"\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;", code[item : end + 1]):
            outline.append(module[1])
        at = closing(code, end) if code[end : end + 1] == "{" else end + (code[end : end + 1] == ";")
        code = code[: match.start()] + blank(code[match.start() : at]) + code[at:]
    return code, outline


def used_paths(code):
    """Every path of every `use`, braces multiplied out: (place, "std::fs::File")."""
    for match in re.finditer(r"\buse\s+([^;]*);", code):
        prefixes, path, start = [], "", match.start(1)
        for token in re.finditer(r"::|[{},]|[^\s:{},]+(?:\s+as\s+\w+)?", match[1] + ","):
            if token[0] == "{":
                prefixes.append(path)
            elif token[0] in "},":
                if path and not path.endswith("::"):  # a trailing comma leaves only the prefix
                    yield start, path
                path = "" if token[0] == "}" else prefixes[-1] if prefixes else ""
                if token[0] == "}":
                    prefixes.pop()
            else:
                start = match.start(1) + token.start()
                path += re.split(r"\s", token[0])[0]
