"""Classes and columns of other rows than those that were learned from: they are found by their names."""

import numpy as np
import pytest

pd = pytest.importorskip("pandas")

import chainrule

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(300, 2))
KIND = np.array(list("abc"))[np.digitize(X[:, 0], [-0.5, 0.5])]
FRAME = pd.DataFrame(RANDOM.normal(size=(200, 3)) * [1, 10, 1], columns=["a", "b", "c"])
VALUES = (3 * FRAME["a"] - 0.1 * FRAME["b"]).to_numpy()
MIXED = FRAME[["c", "a", "b"]]


def trained(data, text, validation=None, **settings):
    trainer = chainrule.Trainer(**({"optimizer": "adam:lr=0.02", "epochs": 8} | settings))
    return trainer.fit(chainrule.Mlp(text, seed=1, dtype="float64"), data, validation=validation)


def test_validation_classes_are_found_by_their_names():
    train, is_held_out = chainrule.Dataset(X[:200], KIND[:200]), np.arange(300) >= 200
    rows = is_held_out & (KIND != "a")
    for validation in (
        chainrule.Dataset(X[rows], KIND[rows]),  # its classes are 'b' and 'c'
        chainrule.Dataset(X[rows], KIND[rows], class_names=["c", "b", "a"]),
    ):
        model = trained(train, "2-8-3 tanh", validation)
        right = np.mean(model.predict(X[rows]) == KIND[rows])
        assert model.history[-1].validation_accuracy == pytest.approx(right, abs=1e-12)
        assert model.evaluate(validation)["accuracy"] == pytest.approx(right, abs=1e-12)
        found = model.doctor(validation)
        assert found.loss == pytest.approx(model.evaluate(X[rows], KIND[rows])["loss"], rel=1e-6)


@pytest.mark.parametrize(
    ("learned", "other", "words"),
    [
        ("abc", np.array(["a", "d", "b", "c"]), "the class 'd'; expected one of the classes of .*a.*b.*c"),
        ("abc", np.array([0, 1, 2, 0]), "the class '0'.*class_names="),
        (None, np.array(["a", "b", "c", "a"]), "the class 'a'"),
    ],
)
def test_classes_that_were_not_learned_are_refused(learned, other, words):
    y = np.arange(30) % 3 if learned is None else np.array(list(learned))[np.arange(30) % 3]
    train, validation = chainrule.Dataset(X[:30], y), chainrule.Dataset(X[:4], other)
    with pytest.raises(chainrule.InvalidInputError, match=f"the validation part has {words}"):
        trained(train, "2-3", validation)
    with pytest.raises(chainrule.InvalidInputError, match=f"the dataset has {words}"):
        trained(train, "2-3").evaluate(validation)


def test_classes_that_are_numbers_are_those_of_numbers_as_names():
    y = np.arange(30) % 3
    train, texts = chainrule.Dataset(X[:30], y), chainrule.Dataset(X[:30], np.array(["0", "1", "2"])[y])
    model = trained(train, "2-8-3 tanh", chainrule.Dataset(X[:5], np.zeros(5, int)))
    assert model.evaluate(texts) == model.evaluate(train)
    assert trained(texts, "2-8-3 tanh").evaluate(train) == model.evaluate(train)


def test_predictions_of_a_dataset_do_not_look_at_its_classes():
    model = trained(chainrule.Dataset(X, KIND), "2-8-3 tanh")
    np.testing.assert_array_equal(model.predict(chainrule.Dataset(X, np.zeros(300, int))), model.predict(X))
    unlabelled = chainrule.Dataset(X, np.full(300, "?"))
    np.testing.assert_array_equal(model.predict_proba(unlabelled), model.predict_proba(X))


def test_a_model_of_a_frame_knows_its_columns_also_from_a_file(tmp_path):
    data = chainrule.Dataset(FRAME, VALUES)
    model = trained(data, "3-8-1 tanh")
    assert data.feature_names == model.feature_names == ["a", "b", "c"]
    model.save(tmp_path / "m.safetensors")
    for each in (model, chainrule.Model.load(tmp_path / "m.safetensors")):
        truth = each.predict(FRAME.to_numpy())
        for frame in (FRAME, MIXED, FRAME.assign(more="text")):
            np.testing.assert_array_equal(each.predict(frame), truth)
        np.testing.assert_array_equal(chainrule.Predictor(each).predict(MIXED), truth)
        assert each.evaluate(chainrule.Dataset(MIXED, VALUES)) == each.evaluate(FRAME, VALUES)
        np.testing.assert_array_equal(each.predict(chainrule.Dataset(MIXED, VALUES)), truth)
        for other in (FRAME.rename(columns=str.upper), chainrule.Dataset(FRAME.rename(columns=str.upper), VALUES)):
            with pytest.raises(chainrule.InvalidInputError, match="no column 'a'.*to_numpy"):
                each.predict(other)


def test_validation_columns_are_found_by_their_names():
    train = chainrule.Dataset(FRAME[:150], VALUES[:150])
    alike, mixed = (chainrule.Dataset(frame[150:], VALUES[150:]) for frame in (FRAME, MIXED))
    one, two = (trained(train, "3-8-1 tanh", validation) for validation in (alike, mixed))
    assert [e.validation_loss for e in one.history] == [e.validation_loss for e in two.history]
    with pytest.raises(chainrule.InvalidInputError, match="the validation part has no column 'a'"):
        trained(train, "3-8-1 tanh", chainrule.Dataset(FRAME[150:].rename(columns=str.upper), VALUES[150:]))


def test_a_model_of_a_table_finds_the_columns_of_frames(tmp_path):
    FRAME.assign(y=VALUES).to_csv(tmp_path / "n.csv", index=False)
    model = trained(chainrule.Dataset.read(tmp_path / "n.csv", target="y"), "3-8-1 tanh")
    assert model.evaluate(chainrule.Dataset(MIXED, VALUES)) == model.evaluate(MIXED, VALUES)
    assert model.evaluate(chainrule.Dataset(MIXED, VALUES)) == model.evaluate(chainrule.Dataset(FRAME, VALUES))
    other = chainrule.Dataset.read(tmp_path / "n.csv", target="y")
    of_frame = trained(chainrule.Dataset(FRAME, VALUES), "3-8-1 tanh")
    assert of_frame.evaluate(other)["r2"] == pytest.approx(of_frame.evaluate(FRAME, VALUES)["r2"], rel=1e-9)


def test_columns_of_one_name_are_refused():
    with pytest.raises(chainrule.InvalidInputError, match="the column 'a' twice"):
        chainrule.Dataset(FRAME.set_axis(["a", "b", "a"], axis=1), VALUES)


def test_a_fitted_estimators_model_knows_the_columns():
    pytest.importorskip("sklearn", "1.6")
    from chainrule.sklearn import MLPRegressor

    estimator = MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0, max_iter=50, tol=1e-1)
    model = estimator.fit(FRAME, VALUES).to_model()
    assert model.feature_names == ["a", "b", "c"]
    np.testing.assert_array_equal(model.predict(MIXED), model.predict(FRAME))


def test_columns_that_pandas_only_counts_have_no_names():
    model = trained(chainrule.Dataset(pd.DataFrame(FRAME.to_numpy()), VALUES), "3-8-1 tanh")
    assert model.feature_names is None
    assert (model.predict(FRAME) == model.predict(FRAME.to_numpy())).all()


def test_texts_without_a_value_are_told_by_their_row():
    for values, message in (
        (["a", None, "b"], "no class in row 2"),
        (["a", "b", float("nan")], "no class in row 3"),
        (pd.Series(["a", pd.NA, "b"], dtype="string"), "no class in row 2"),
        (np.array(["a", 3, "b"], dtype=object), "3, a int, in row 2"),
    ):
        with pytest.raises(chainrule.InvalidInputError, match=message):
            chainrule.Dataset(X[:3], values)


def test_a_column_that_is_found_twice_is_refused():
    model = trained(chainrule.Dataset(FRAME, VALUES), "3-8-1 tanh")
    twice = FRAME[["a", "b", "c", "a"]]
    with pytest.raises(chainrule.InvalidInputError, match="the column 'a' twice"):
        model.predict(twice)


def test_a_batch_size_that_is_none_fails_in_the_fits_of_a_search_and_not_before():
    from sklearn.exceptions import FitFailedWarning

    from chainrule.sklearn import MLPClassifier, tune

    with pytest.warns(FitFailedWarning, match="The 'batch_size' parameter"):
        tune(MLPClassifier(norm="batch_norm", batch_size=0), X, KIND, candidates=2, epochs=1)
