"""Turns rustdoc's JSON of a crate into a sorted listing of its public surface, for scripts/public-api.

A line for each item that a user can name, with its signature: `chainrule_dense::Plan::forward: fn(...)`. Re-exports are
followed where the item is the crate's own, and listed as `use` where it is another's. Traits that a type implements are
listed; what the compiler or the standard library implements for every type is not.
"""

import re


class Surface:
    def __init__(self, document):
        self.index, self.paths, self.lines = document["index"], document["paths"], set()
        self.crate = document["index"][str(document["root"])]
        self.seen = set()

    def item(self, number):
        return self.index.get(str(number))

    def listing(self):
        self.module(self.crate, self.crate["name"])
        return sorted(self.lines)

    def add(self, path, words):
        self.lines.add(f"{path}: {words}")

    # -------------------------------------------------------------------------------------------------- items

    def module(self, module, path):
        key = (module["id"], path)
        if key in self.seen:
            return
        self.seen.add(key)
        for number in module["inner"]["module"]["items"]:
            if item := self.item(number):
                self.visit(item, path)

    def visit(self, item, path):
        kind, inner = next(iter(item["inner"].items()))
        if kind == "use":
            return self.reexport(inner, path)
        if item["visibility"] != "public" and kind != "macro":
            return None
        self.named(item, kind, inner, f"{path}::{item['name']}")

    def reexport(self, use, path):
        target = self.item(use["id"]) if use["id"] is not None else None
        if use["is_glob"]:
            if target and "module" in target["inner"]:
                self.module(target, path)
            elif target is None:
                self.add(f"{path}::*", f"use {use['source']}::*")
            return
        name = f"{path}::{use['name']}"
        if target is None or target["crate_id"] != 0:
            self.add(name, f"use {use['source']}")
        else:
            kind, inner = next(iter(target["inner"].items()))
            if kind == "use":
                self.reexport({**inner, "name": use["name"]}, path)
            else:
                self.named(target, kind, inner, name)

    def named(self, item, kind, inner, path):
        if kind == "module":
            self.add(path, "mod")
            self.module(item, path)
        elif kind == "function":
            self.add(path, self.function(inner))
        elif kind in ("struct", "union"):
            self.struct(kind, inner, path, item)
        elif kind == "enum":
            self.add(path, f"{self.marks(item)}enum{self.generics(inner['generics'])}")
            for number in inner["variants"]:
                self.variant(self.item(number), path)
            self.impls(inner["impls"], path)
        elif kind == "trait":
            self.trait(inner, path)
        elif kind == "type_alias":
            self.add(path, f"type{self.generics(inner['generics'])} = {self.type(inner['type'])}")
        elif kind == "constant":
            value = re.sub(r"\\\n\s*", "", inner["const"]["expr"])  # of a literal that goes on in the next line
            self.add(path, f"const {self.type(inner['type'])} = {value}")
        elif kind == "static":
            self.add(path, f"static {self.type(inner['type'])}")
        else:
            self.add(path, kind)

    def marks(self, item):
        return "#[non_exhaustive] " if any("non_exhaustive" in str(attribute) for attribute in item["attrs"]) else ""

    def struct(self, kind, inner, path, item):
        self.add(path, f"{self.marks(item)}{kind}{self.generics(inner['generics'])}{self.fields(inner, path)}")
        self.impls(inner["impls"], path)

    def fields(self, inner, path):
        """Of a tuple, its types; named ones are lines of their own."""
        shape = inner.get("kind", {"plain": {"fields": inner.get("fields", []), "has_stripped_fields": False}})
        if shape == "unit":
            return ""
        if "tuple" in shape:
            return f"({', '.join(self.field(number) for number in shape['tuple'])})"
        for number in shape["plain"]["fields"]:
            if field := self.item(number):
                self.add(f"{path}::{field['name']}", self.type(field["inner"]["struct_field"]))
        return " { .. }" if shape["plain"]["has_stripped_fields"] else " {}"

    def field(self, number):
        field = self.item(number) if number is not None else None
        return self.type(field["inner"]["struct_field"]) if field else "_"

    def variant(self, variant, path):
        kind = variant["inner"]["variant"]["kind"]
        name = f"{path}::{variant['name']}"
        if kind == "plain":
            self.add(name, f"{self.marks(variant)}variant")
        elif "tuple" in kind:
            fields = ", ".join(self.field(number) for number in kind["tuple"])
            self.add(name, f"{self.marks(variant)}variant({fields})")
        else:
            fields = [self.item(number) for number in kind["struct"]["fields"]]
            words = ", ".join(f"{field['name']}: {self.type(field['inner']['struct_field'])}" for field in fields if field)
            self.add(name, f"{self.marks(variant)}variant {{ {words} }}")

    def trait(self, inner, path):
        bounds = self.bounds(inner["bounds"])
        unsafe = "unsafe " if inner["is_unsafe"] else ""
        self.add(path, f"{unsafe}trait{self.generics(inner['generics'])}{': ' + bounds if bounds else ''}")
        for number in inner["items"]:
            if item := self.item(number):
                self.member(item, path)

    def member(self, item, path):
        kind, inner = next(iter(item["inner"].items()))
        name = f"{path}::{item['name']}"
        if kind == "function":
            self.add(name, self.function(inner))
        elif kind == "assoc_const":
            self.add(name, f"const {self.type(inner['type'])}")
        elif kind == "assoc_type":
            self.add(name, f"type {self.bounds(inner['bounds'])}".rstrip())

    def impls(self, numbers, path):
        for number in numbers:
            item = self.item(number)
            if item is None:
                continue
            inner = item["inner"]["impl"]
            if inner["blanket_impl"] is not None or not self.is_told(inner):
                continue
            if inner["trait"] is None:
                for member in filter(None, map(self.item, inner["items"])):
                    if member["visibility"] == "public":
                        self.member(member, path)
            else:
                not_ = "!" if inner["is_negative"] else ""
                of = f"{self.generics(inner['generics'])} {not_}{self.path(inner['trait'])} for {self.type(inner['for'])}"
                self.lines.add(f"{path}: impl{of}")

    @staticmethod
    def is_told(inner):
        """All that the crate wrote or derived; of what the compiler finds, that a type cannot go to another thread."""
        trait = inner["trait"]["path"].rpartition("::")[2] if inner["trait"] else None
        if inner["is_synthetic"]:
            return inner["is_negative"] and trait in ("Send", "Sync")
        return trait != "StructuralPartialEq"  # PartialEq says it

    # -------------------------------------------------------------------------------------------------- types

    def function(self, inner):
        header, signature = inner["header"], inner["sig"]
        marks = "".join(f"{word} " for word in ("const", "async", "unsafe") if header[f"is_{word}"])
        inputs = ", ".join(self.argument(name, type_) for name, type_ in signature["inputs"])
        output = f" -> {self.type(signature['output'])}" if signature["output"] else ""
        return f"{marks}fn{self.generics(inner['generics'])}({inputs}){output}{self.where(inner['generics'])}"

    def argument(self, name, type_):
        words = self.type(type_)
        return {"Self": "self", "&Self": "&self", "&mut Self": "&mut self"}.get(words, words) if name == "self" else words

    def generics(self, generics):
        words = []
        for parameter in generics["params"]:
            (kind, inner), name = next(iter(parameter["kind"].items())), parameter["name"]
            if kind == "lifetime":
                words.append(f"{name}: {' + '.join(inner['outlives'])}" if inner["outlives"] else name)
            elif kind == "const":
                words.append(f"const {name}: {self.type(inner['type'])}")
            elif not inner.get("is_synthetic"):
                bounds = self.bounds(inner["bounds"])
                words.append(f"{name}: {bounds}" if bounds else name)
        return f"<{', '.join(words)}>" if words else ""

    def where(self, generics):
        words = []
        for predicate in generics["where_predicates"]:
            if bound := predicate.get("bound_predicate"):
                words.append(f"{self.type(bound['type'])}: {self.bounds(bound['bounds'])}")
        return f" where {', '.join(words)}" if words else ""

    def bounds(self, bounds):
        words = []
        for bound in bounds:
            if trait := bound.get("trait_bound"):
                words.append({"maybe": "?"}.get(trait["modifier"], "") + self.path(trait["trait"]))
            elif outlives := bound.get("outlives"):
                words.append(outlives)
        return " + ".join(words)

    def path(self, path):
        summary = self.paths.get(str(path["id"]))
        name = path["path"].rpartition("::")[2] if summary is None else summary["path"][-1]
        return name + self.arguments(path.get("args"))

    def arguments(self, arguments):
        if not arguments:
            return ""
        if inner := arguments.get("parenthesized"):
            output = f" -> {self.type(inner['output'])}" if inner["output"] else ""
            return f"({', '.join(map(self.type, inner['inputs']))}){output}"
        inner = arguments.get("angle_bracketed")
        if not inner:
            return ""
        words = []
        for argument in inner["args"]:
            kind, value = next(iter(argument.items())) if isinstance(argument, dict) else (argument, None)
            words.append({"type": self.type, "const": lambda c: c["expr"]}.get(kind, str)(value) if value else kind)
        for constraint in inner["constraints"]:
            binding = constraint["binding"]
            term = binding.get("equality")
            value = f" = {self.type(term['type']) if 'type' in term else term['constant']['expr']}" if term else ""
            words.append(f"{constraint['name']}{value or ': ' + self.bounds(binding['constraint'])}")
        return f"<{', '.join(words)}>" if words else ""

    def type(self, type_):
        if type_ is None:
            return "()"
        if isinstance(type_, str):
            return "_" if type_ == "infer" else type_
        kind, inner = next(iter(type_.items()))
        if kind == "resolved_path":
            return self.path(inner)
        if kind in ("generic", "primitive"):
            return inner
        if kind == "tuple":
            return f"({', '.join(map(self.type, inner))})"
        if kind == "slice":
            return f"[{self.type(inner)}]"
        if kind == "array":
            return f"[{self.type(inner['type'])}; {inner['len']}]"
        if kind == "borrowed_ref":
            lifetime = f"{inner['lifetime']} " if inner["lifetime"] else ""
            return f"&{lifetime}{'mut ' if inner['is_mutable'] else ''}{self.type(inner['type'])}"
        if kind == "raw_pointer":
            return f"*{'mut' if inner['is_mutable'] else 'const'} {self.type(inner['type'])}"
        if kind == "impl_trait":
            return f"impl {self.bounds(inner)}"
        if kind == "dyn_trait":
            traits = [self.path(bound["trait"]) for bound in inner["traits"]]
            return f"dyn {' + '.join(traits + [inner['lifetime']] * bool(inner['lifetime']))}"
        if kind == "function_pointer":
            signature = inner["sig"]
            output = f" -> {self.type(signature['output'])}" if signature["output"] else ""
            unsafe = "unsafe " if inner["header"]["is_unsafe"] else ""
            return f"{unsafe}fn({', '.join(self.type(t) for _, t in signature['inputs'])}){output}"
        if kind == "qualified_path":
            trait = f" as {self.path(inner['trait'])}" if inner["trait"] else ""
            return f"<{self.type(inner['self_type'])}{trait}>::{inner['name']}"
        return kind
