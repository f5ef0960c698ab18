"""Datasets: arrays of several libraries, tables, and their parts."""

import numpy as np
import pytest

import chainrule

SIZES = [40 + 37 * row % 61 for row in range(60)]  # in no order: a column that counts rows is left out
HOUSES = "size,town,price\n" + "\n".join(
    f"{size},{('Bonn', 'Ulm', 'Jena')[row % 3]},{100 + 7 * size + 20 * (row % 3)}" for row, size in enumerate(SIZES)
)


def arrays(rows=30, columns=4, seed=0):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(rows, columns)), draw.integers(0, 3, rows)


class OnDevice:
    """What a library's array says of itself, with NumPy's memory behind it."""

    def __init__(self, array, device):
        self.array, self.device = array, device

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, *args, **kwargs):
        return self.array.__dlpack__()


def fitted(data, **settings):
    mlp = chainrule.Mlp(f"{data.n_features}-5-{data.n_outputs} tanh", seed=1)
    return chainrule.Trainer(**({"epochs": 2, "seed": 3} | settings)).fit(mlp, data)


def test_arrays_have_a_task_and_classes():
    X, y = arrays()
    data = chainrule.Dataset(X, y)
    assert (len(data), data.n_features, data.n_outputs, data.task, data.class_names) == (30, 4, 3, "classification", None)
    names = np.array(["pear", "apple", "fig"])[y]
    data = chainrule.Dataset(X, names)
    assert data.class_names == ["apple", "fig", "pear"] and data.n_outputs == 3
    assert repr(data) == "Dataset(30 rows, 4 features, classification of apple, fig, pear)"
    given = chainrule.Dataset(X, names, class_names=["pear", "fig", "apple", "plum"])
    assert given.n_outputs == 4 and given.class_names[3] == "plum"
    assert chainrule.Dataset(X, X[:, 0]).task == "regression"
    assert chainrule.Dataset(X, y, task="regression").n_outputs == 1
    assert chainrule.Dataset(X, y > 1, task="binary").usual_loss == "binary-cross-entropy"
    assert chainrule.Dataset(X, X[:, :2] > 0, task="multi-label").n_outputs == 2


def test_the_same_numbers_in_other_arrays_train_the_same_network():
    pd = pytest.importorskip("pandas")
    X, y = arrays()
    X = X.astype(np.float32)
    truth = fitted(chainrule.Dataset(X, y)).weights_sha256()
    frame = pd.DataFrame(X, columns=list("abcd"))
    assert chainrule.Dataset(frame, pd.Series(y)).feature_names == ["a", "b", "c", "d"]
    for rows, targets in (
        (X.astype(np.float64), y.astype(np.int8)),
        (np.asfortranarray(X), y),
        (np.repeat(X, 2, axis=0)[::2], np.repeat(y, 3)[::3]),
        (X.tolist(), y.tolist()),
        (frame, pd.Series(y)),
        (OnDevice(X, (1, 0)), OnDevice(y, (1, 0))),
    ):
        assert fitted(chainrule.Dataset(rows, targets)).weights_sha256() == truth


def test_bytes_are_the_numbers_that_they_are():
    pixels = np.random.default_rng(1).integers(0, 256, (40, 6)).astype(np.uint8)
    y = np.arange(40) % 2
    settings = {"preprocess": "scale:0.00390625", "optimizer": "adam"}
    as_bytes, as_floats = (fitted(chainrule.Dataset(x, y), **settings) for x in (pixels, pixels.astype(np.float64)))
    assert as_bytes.weights_sha256() == as_floats.weights_sha256()
    np.testing.assert_array_equal(as_bytes.predict_proba(pixels), as_floats.predict_proba(pixels.astype(float)))


@pytest.mark.parametrize(
    "wrap", [lambda array: array, lambda array: OnDevice(array, (1, 0)), lambda array: OnDevice(array, (3, 0))]
)
def test_what_lies_right_is_not_copied(wrap):
    for dtype in (np.float32, np.float64):
        X = arrays()[0].astype(dtype)
        assert np.shares_memory(chainrule.Dataset(wrap(X), X[:, 0])._x, X)
        assert np.shares_memory(chainrule.Mlp("4-3", dtype=dtype)._x(wrap(X)), X)


def test_torchs_tensors_are_read_where_they_lie():
    torch = pytest.importorskip("torch")
    X, y = arrays()
    data = chainrule.Dataset(torch.from_numpy(X), torch.from_numpy(y))
    assert np.shares_memory(data._x, X)
    assert fitted(data).weights_sha256() == fitted(chainrule.Dataset(X, y)).weights_sha256()
    with pytest.raises(chainrule.InvalidInputError, match="detach"):
        chainrule.Dataset(torch.from_numpy(X).requires_grad_(), y)


def test_an_array_of_another_device_says_what_to_type():
    X, y = arrays()
    for device, words in (((2, 1), r"device 1 of CUDA.*X\.cpu\(\)"), ((8, 0), "Metal"), ((99, 0), "DLPack's 99")):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            chainrule.Dataset(OnDevice(X, device), y)
    with pytest.raises(chainrule.InvalidInputError, match="device 0 of ROCm"):
        chainrule.Mlp("4-3").forward(OnDevice(X, (10, 0)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda X, y: (X[:, 0], y), "1 dimensions"),
        (lambda X, y: (X[:5], y), "5 rows, y 30"),
        (lambda X, y: (X[:0], y[:0]), "a row and a column"),
        (lambda X, y: (X.astype(object), y), "array of object"),
        (lambda X, y: (X.astype(str), y), "expected numbers"),
        (lambda X, y: (X + 0j, y), "complex"),
        (lambda X, y: ([[1.0], [2.0, 3.0]], [0, 1]), "cannot be read"),
        (lambda X, y: (np.ma.masked_less(X, 0.0), y), "masked"),
        (lambda X, y: (X, y - 1), "-1 to 1"),
        (lambda X, y: (X, np.array([None] * 30)), "array of object"),
        (lambda X, y: (X, X[:, :2] > 0), "multi-label"),
        (lambda X, y: (X, y.astype("datetime64[s]")), "datetime"),
        (lambda X, y: (X, np.zeros((30, 2, 2))), "3 dimensions"),
    ],
)
def test_what_is_no_dataset_is_refused(change, words):
    X, y = change(*arrays())
    with pytest.raises(chainrule.InvalidInputError, match=words):
        chainrule.Dataset(X, y)


def test_tasks_and_names_that_do_not_fit_are_refused():
    X, y = arrays()
    for settings, words in (
        ({"task": "clustering"}, "clustering"),
        ({"task": "binary"}, "0 and 1"),
        ({"task": "regression", "class_names": ["a"]}, "class_names"),
        ({"class_names": ["a", "b"]}, "0 to 1"),
        ({"weights": np.ones(3)}, "weights 3"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            chainrule.Dataset(X, y, **settings)
    with pytest.raises(chainrule.InvalidInputError, match="'c'"):
        chainrule.Dataset(X, np.array(["a", "b", "c"])[y], class_names=["a", "b"])


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_a_number_that_is_none_is_told_with_its_place(bad):
    X, y = arrays()
    X[7, 2] = bad
    with pytest.raises(chainrule.InvalidInputError, match=r"row 8, column 3"):
        fitted(chainrule.Dataset(X, y))


def test_parts_share_no_row_and_are_drawn_by_the_seed():
    X = np.arange(50.0).reshape(-1, 1)
    data = chainrule.Dataset(X, X[:, 0])
    train, validation, test = data.split(test=0.2, validation=0.1, seed=5)
    rows = [part._x[:, 0] for part in (train, validation, test)]
    assert [len(part) for part in rows] == [35, 5, 10]
    np.testing.assert_array_equal(np.sort(np.concatenate(rows)), X[:, 0])
    again, other = data.split(test=0.2, seed=5)[1], data.split(test=0.2, seed=6)[1]
    np.testing.assert_array_equal(again._x[:, 0], rows[2])
    assert not np.array_equal(other._x[:, 0], rows[2])
    chosen = data.select([3, 1])
    assert chosen._x[:, 0].tolist() == [3.0, 1.0] and chosen._y[:, 0].tolist() == [3.0, 1.0]
    for bad in ([50], [-1], [], [0.5]):
        with pytest.raises(chainrule.InvalidInputError, match="rows"):
            data.select(bad)
    for shares in ((1.0, 0.0), (0.6, 0.5), (-0.1, 0.0), (0.001, 0.0)):
        with pytest.raises(chainrule.InvalidInputError):
            data.split(*shares)


def test_a_table_is_read_as_the_command_reads_it(tmp_path):
    (tmp_path / "houses.csv").write_text(HOUSES)
    data = chainrule.Dataset.read(tmp_path / "houses.csv", target="price")
    assert (data.task, data.n_rows, data.n_outputs, data.target_names) == ("regression", 60, 1, ["price"])
    # A number, and a feature for each of three towns.
    assert data.n_features == 4 and data.feature_names[0] == "size"
    assert set(data.feature_names[1:]) == {"town=Bonn", "town=Jena", "town=Ulm"} and "features: size, town=" in str(data)
    train, test = data.split(test=0.25, seed=1)
    model = fitted(train, epochs=300, optimizer="adam:lr=0.01")
    assert model.feature_names == train.feature_names and model.evaluate(test)["r2"] > 0.9
    np.testing.assert_allclose(model.predict(test), model.outputs(test)[:, 0])
    smaller = chainrule.Dataset.read(tmp_path / "houses.csv", target="price", drop=["town"])
    assert smaller.n_features == 1
    for settings, words in (({"target": "cost"}, "cost"), ({}, "target"), ({"target": "price", "missing": "guess"}, "guess")):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            chainrule.Dataset.read(tmp_path / "houses.csv", **settings)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        chainrule.Dataset.read(tmp_path / "nowhere.csv", "price")
    (tmp_path / "houses.csv").write_text(HOUSES.replace(f"\n{SIZES[1]},", "\n,", 1))
    with pytest.raises(chainrule.InvalidInputError, match="missing"):
        chainrule.Dataset.read(tmp_path / "houses.csv", "price")


def test_text_is_read_as_it_is_said_to_be(tmp_path):
    lines = "\n".join(f"{row % 3};{['NA', 'DE', 'FR'][row % 3]};{row % 7},5;{row},25" for row in range(40))
    (tmp_path / "towns.csv").write_text(f"a sheet\nzip;country;share;rent\n{lines}\n")
    read = {"target": "rent", "skip_lines": 1, "categories": ["zip"], "na_as_text": ["country"]}
    data = chainrule.Dataset.read(tmp_path / "towns.csv", **read, delimiter="semicolon", decimal="comma", header=True)
    expected = ["zip=0", "zip=1", "zip=2", "country=DE", "country=FR", "country=NA", "share"]
    assert data.feature_names == expected
    # Told by the first lines, where nothing is said of the text itself.
    assert chainrule.Dataset.read(tmp_path / "towns.csv", **read).feature_names == expected
    without = {name: value for name, value in read.items() if name != "na_as_text"}
    with pytest.raises(chainrule.InvalidInputError, match="na_as_text = country"):
        chainrule.Dataset.read(tmp_path / "towns.csv", **without)
    for name, value in (("delimiter", "x"), ("decimal", "dot"), ("unknown", "maybe")):
        with pytest.raises(chainrule.InvalidInputError, match=f"{name} is .*{value}.*; expected"):
            chainrule.Dataset.read(tmp_path / "towns.csv", **read, **{name: value})


def test_categories_that_training_did_not_see_are_refused_or_none(tmp_path):
    lines = "\n".join(f"{['Bonn', 'Ulm'][row % 2]},{row % 5},{row % 5 + row % 2}" for row in range(60))
    (tmp_path / "towns.csv").write_text(f"town,size,rent\n{lines}\n")
    (tmp_path / "new.csv").write_text("town,size,rent\nKiel,1,1\nUlm,2,3\n")
    for unknown in ("error", "zeros"):
        train = chainrule.Dataset.read(tmp_path / "towns.csv", "rent", task="regression", unknown=unknown)
        model = fitted(train, epochs=2)
        new = chainrule.Dataset.read(tmp_path / "new.csv", "rent", task="regression")
        if unknown == "zeros":
            assert model.predict(new).shape == (2,)
        else:
            with pytest.raises(chainrule.InvalidInputError, match="1 row has a category that training did not see"):
                model.predict(new)


def test_other_rows_are_read_like_those_before(tmp_path):
    lines = "x,kind\n" + "\n".join(f"{17 * row % 31},{'abc'[row % 3]}" for row in range(30))
    (tmp_path / "train.csv").write_text(lines)
    (tmp_path / "test.csv").write_text("x,kind\n1,b\n2,c\n5,c\n")
    train = chainrule.Dataset.read(tmp_path / "train.csv", "kind")
    model = fitted(train)
    alone = chainrule.Dataset.read(tmp_path / "test.csv", "kind")
    with pytest.raises(chainrule.InvalidInputError, match="like="):
        model.evaluate(alone)
    alike = chainrule.Dataset.read(tmp_path / "test.csv", "kind", like=train)
    assert alike.class_names == ["a", "b", "c"]
    assert 0.0 <= model.evaluate(alike)["accuracy"] <= 1.0 and len(model.predict(alike)) == 3


def test_a_part_of_a_table_is_not_split_again():
    train, _ = chainrule.Dataset.read("iris").split(seed=42)
    with pytest.raises(chainrule.InvalidInputError, match="part already"):
        train.split()
    with pytest.raises(chainrule.InvalidInputError, match="sideways"):
        chainrule.Dataset.read("iris").split(by="sideways")
