"""Arrays and frames as they come, and what is said of those that cannot be read."""

import numpy as np
import pytest

import chainrule

X = np.random.default_rng(0).normal(size=(40, 4))
Y = np.arange(40) % 3


def unaligned(array):
    """The array in C order, a byte beside where its elements may lie."""
    found = np.frombuffer(b"x" + array.tobytes(), array.dtype, offset=1).reshape(array.shape)
    assert found.flags.c_contiguous and not found.flags.aligned
    return found


def mlp(text="4-6-3 tanh", dtype="float64"):
    return chainrule.Mlp(text, seed=1, dtype=dtype)


def test_arrays_that_are_not_aligned_are_copied():
    net, t = mlp(), np.random.default_rng(1).normal(size=(40, 3))
    np.testing.assert_array_equal(net.forward(unaligned(X)), net.forward(X))
    model = net.to_model("cross-entropy")
    np.testing.assert_array_equal(model.outputs(unaligned(X)), model.outputs(X))
    np.testing.assert_array_equal(chainrule.Predictor(model).outputs(unaligned(X)), model.outputs(X))
    y = Y.astype(np.uint32)
    assert model.evaluate(unaligned(X), unaligned(y)) == model.evaluate(X, y)
    weights = np.arange(40.0)
    odd = chainrule.Dataset(unaligned(X), unaligned(y), weights=unaligned(weights))
    trained = [
        chainrule.Trainer(epochs=2).fit(mlp(), data).weights_sha256()
        for data in (odd, chainrule.Dataset(X, y, weights=weights))
    ]
    assert trained[0] == trained[1]
    assert mlp().train_step(unaligned(X), unaligned(t), "mse") == mlp().train_step(X, t, "mse")
    assert mlp().gradients(X, unaligned(y), "cross-entropy")[0] == mlp().gradients(X, y, "cross-entropy")[0]
    found = mlp().gradients(X, t, lambda y, t: (0.0, unaligned(y - t)))[1]
    np.testing.assert_array_equal(found["0.bias"], mlp().gradients(X, t, lambda y, t: (0.0, y - t))[1]["0.bias"])
    net.set_parameters({"0.bias": unaligned(np.ones(6))})


def test_an_out_that_is_not_aligned_is_refused_by_its_cause():
    predictor = chainrule.Predictor(mlp().to_model("mse"))
    place = np.frombuffer(bytearray(1 + 40 * 3 * 8), np.float64, offset=1, count=120).reshape(40, 3)
    with pytest.raises(chainrule.InvalidInputError, match="aligned"):
        predictor.outputs(X, out=place)


def test_frames_of_several_types_are_numbers():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "flag": np.arange(40) % 2 == 0,
            "count": pd.array(np.arange(40), dtype="Int64"),
            "known": pd.array(np.arange(40) % 3 == 0, dtype="boolean"),
            "share": pd.array(X[:, 3], dtype="Float64"),
            "value": X[:, 0],
        }
    )
    plain = frame.astype(float).to_numpy()
    net = mlp("5-6-3 tanh")
    np.testing.assert_array_equal(net.forward(frame), net.forward(plain))
    model = chainrule.Trainer(epochs=2).fit(net, chainrule.Dataset(frame, Y))
    assert model.feature_names == list(frame.columns)
    np.testing.assert_array_equal(model.outputs(frame), model.outputs(plain))
    assert model.evaluate(frame, pd.Series(Y, dtype="Int64")) == model.evaluate(plain, Y)
    dummies = pd.get_dummies(pd.DataFrame({"x": X[:, 0], "kind": list("uv") * 20}))
    assert chainrule.Dataset(dummies, Y).n_features == 3
    for column, values, words in (
        ("count", pd.array([1] * 39 + [None], dtype="Int64"), "'count' has no value in row 40"),
        ("kind", ["u", "v"] * 20, "'kind' holds .*'u'"),
        ("day", pd.date_range("2024-01-01", periods=40), "'day' holds dates"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            chainrule.Dataset(frame.assign(**{column: values}), Y)


def test_sparse_matrices_are_refused_by_their_cause():
    sparse = pytest.importorskip("scipy.sparse")
    for door in (mlp().forward, mlp().to_model("mse").predict, lambda x: chainrule.Dataset(x, Y)):
        with pytest.raises(chainrule.InvalidInputError, match=r"sparse matrix \(csr\).*X\.toarray\(\)"):
            door(sparse.csr_matrix(X))


def test_a_dataset_is_traced_drawn_and_examined():
    train, test = chainrule.Dataset.read("iris").split(seed=1)
    model = chainrule.Trainer(epochs=3).fit(mlp(), train)
    assert model.doctor(test).loss == pytest.approx(model.evaluate(test)["loss"], rel=1e-6)
    assert "2 rows" in model.trace(test.select([0, 1])).text
    assert "<svg" in model.graph(test, row=3).svg()
    with pytest.raises(chainrule.InvalidInputError, match="beside a Dataset"):
        model.doctor(test, Y)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: chainrule.Mlp("4-3", seed=2**63), r"seed is 9223372036854775808; expected a whole number, 0 to 2\*\*63 - 1"),
        (lambda: MODEL.graph(X[:5], Y[:5], row=7), "row is 7 of 5 rows; expected 0 to 4, counted from 0"),
        (lambda: MODEL.graph(X[:5], Y[:5], row=-1), "row is -1; expected a whole number, at least 0"),
        (lambda: MODEL.trace(X[:5], Y[:5], steps=-1), "steps is -1"),
        (lambda: MODEL.evaluate(X), "y is missing"),
        (lambda: MODEL.graph(X), "y is missing"),
        (lambda: VALUES.evaluate(X, Y * 1j), "y is an array of complex128"),
        (lambda: VALUES.evaluate(X, np.array(list("abcd") * 10)), "y is an array of <U1.*numbers"),
        (lambda: VALUES.evaluate(X, np.zeros((40, 3, 1))), "y has 3 dimensions"),
        (lambda: MODEL.evaluate(X, np.array([b"a"] * 40)), r"y holds bytes.*y\.astype\(str\)"),
        (lambda: chainrule.Dataset(X, np.array([b"a", b"b"] * 20)), r"y holds bytes, beginning with b'a'"),
        (lambda: chainrule.Dataset(X, Y, weights=np.ones((20, 2))), r"weights is \(20, 2\); expected one number"),
        (lambda: mlp().train_step(X, Y == 1, "cross-entropy"), r"y is an array of bool; .*whole ones: y\.astype\(int\)"),
        (lambda: mlp().train_step(X, Y * 1.0, "cross-entropy"), "y is an array of float64"),
        (lambda: mlp().train_step(X, Y, "cross-entropy", None), "optimizer is None; expected a text"),
        (lambda: chainrule.Trainer(optimizer=None), "optimizer is None; expected a text such as"),
        (lambda: chainrule.Trainer(shuffle="no"), "shuffle is 'no'; expected True or False"),
        (lambda: chainrule.Trainer(schedule=3), "schedule is 3"),
        (lambda: chainrule.Trainer(clip_norm="1"), "clip_norm is '1'; expected a number"),
        (lambda: chainrule.Trainer(threads=3000), "threads is 3000; expected a whole number, 1 to 1024"),
        (lambda: chainrule.Predictor(MODEL, threads=3000), "threads is 3000"),
    ],
)
def test_what_cannot_be_is_told_in_words(call, words):
    with pytest.raises(chainrule.InvalidInputError, match=words):
        call()


MODEL, VALUES = mlp().to_model("cross-entropy"), mlp().to_model("mse")


def test_numbers_that_overflow_are_told_and_examined():
    net = mlp(dtype="float32")
    net.set_parameters({"0.weight": np.full((4, 6), 1e38), "2.weight": np.full((6, 3), 3e38)})
    with pytest.raises(chainrule.InvalidInputError, match=r"expected a finite number.*\(doctor names the layer\)"):
        net.to_model("mse").predict(X)
    found = net.to_model("mse").doctor(X, X[:, :3])
    assert not found and np.isnan(found.loss) and "nan" in str(found)


def test_a_checkpoint_is_no_model_and_python_says_what_goes_on_with_it(tmp_path):
    chainrule.Trainer(epochs=1).fit(mlp(), chainrule.Dataset(X, Y), checkpoints=tmp_path)
    (file,) = tmp_path.iterdir()
    with pytest.raises(chainrule.InvalidInputError, match="in Python by Trainer.fit.*resume=True"):
        chainrule.Model.load(file)
