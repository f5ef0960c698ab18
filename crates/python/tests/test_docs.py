"""The examples of the docstrings and of the README run, and say what they say."""

import doctest
import importlib
import pathlib
import re

import numpy as np
import pytest

import chainrule

MODULES = ["_gradcheck", "checkpoints", "dataset", "mlp", "predictor", "trainer"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(f"chainrule.{name}")
    failed, tried = doctest.testmod(module)
    assert tried > 0 and failed == 0


def readme(word):
    """The example of the README that has this word."""
    text = (pathlib.Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (example,) = (code for code in re.findall(r"```python\n(.*?)```", text, re.S) if word in code)
    return compile(example, "README.md", "exec")


def test_the_training_example_of_the_readme(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(readme("Dataset.read"), names)
    assert float(re.search(r"'accuracy': ([\d.]+)", capsys.readouterr().out)[1]) > 0.9
    exec(readme("Predictor(model)"), names)


def test_the_loss_of_the_readme():
    x = np.random.default_rng(0).normal(size=(12, 3))
    t = x[:, :1] * 2
    names = {"np": np, "x": x, "t": t, "mlp": chainrule.Mlp("3-4-1 tanh", seed=1), "data": chainrule.Dataset(x, t)}
    exec(readme("gradcheck"), names | {"chainrule": chainrule})
