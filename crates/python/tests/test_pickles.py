"""Pickles: what goes on to the same bits, what is read again, what is refused."""

import copy
import multiprocessing
import pickle
import subprocess
import sys

import numpy as np
import pytest

import chainrule

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
X = np.random.default_rng(0).normal(size=(40, 5))
Y = np.arange(40) % 3
NETWORKS = ["5-7-3 batch_norm relu dropout(0.4)", "dropout(0.2), tanh, dense(5, 6), layer_norm(6), gelu, dense(6, 3)", "5-3"]
OPTIMIZERS = ["sgd:lr=0.2", "sgd:lr=0.1:momentum=0.9", "adamw:lr=0.01", "adam:lr=0.01", "rmsprop", "adagrad"]


def through(value, protocol=pickle.HIGHEST_PROTOCOL):
    return pickle.loads(pickle.dumps(value, protocol))


def steps(mlp, optimizer, count=3):
    return [mlp.train_step(X, Y, "cross-entropy", optimizer) for _ in range(count)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_goes_on_to_the_same_bits(network, optimizer, dtype):
    mlp = chainrule.Mlp(network, seed=3, dtype=dtype)
    steps(mlp, optimizer)
    copies = [through(mlp), copy.deepcopy(mlp), copy.copy(mlp)]
    for each in copies:
        assert (repr(each), each.kernel) == (repr(mlp), mlp.kernel) and each.weights_sha256() == mlp.weights_sha256()
        np.testing.assert_array_equal(each(X), mlp(X))
    truth = steps(mlp, optimizer)
    for each in copies:
        assert steps(each, optimizer) == truth and each.weights_sha256() == mlp.weights_sha256()
        np.testing.assert_array_equal(each(X), mlp(X))
    # The moments make a difference, where there are some: a copy without them takes other steps.
    if optimizer.startswith("adam"):
        fresh = chainrule.Mlp(network, seed=3, dtype=dtype)
        steps(fresh, optimizer)
        fresh.set_parameters(fresh.parameters())
        assert steps(fresh, optimizer) != truth


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_of_pickle_holds_networks_and_models(protocol):
    mlp = chainrule.Mlp(NETWORKS[0], seed=1)
    steps(mlp, "adam")
    model = mlp.to_model("cross-entropy", ["a", "b", "c"])
    for each in (mlp, model):
        again = through(each, protocol)
        assert type(again) is type(each) and again.weights_sha256() == each.weights_sha256()
        assert {key: value for key, value in vars(again).items() if key != "_compiled"} == {
            key: value for key, value in vars(each).items() if key != "_compiled"
        }
    predictor = through(chainrule.Predictor(model), protocol)
    np.testing.assert_array_equal(predictor.outputs(X), model.outputs(X))
    data = through(chainrule.Dataset(X, Y), protocol)
    assert fitted(data).weights_sha256() == fitted(chainrule.Dataset(X, Y)).weights_sha256()


def fitted(data, layers="5-4-3 relu", **settings):
    return chainrule.Trainer(epochs=2, **settings).fit(chainrule.Mlp(layers, seed=2), data)


def test_a_new_network_and_one_of_several_optimisers_are_held():
    mlp = chainrule.Mlp("5-4-3 relu dropout(0.5)", seed=9)
    again = through(mlp)
    assert steps(again, "adam") == steps(mlp, "adam")
    # Another optimiser begins anew, here and there.
    assert steps(through(mlp), "rmsprop") == steps(mlp, "rmsprop")


def test_momentum_may_come_and_go():
    mlp = chainrule.Mlp("5-3", seed=9, dtype="float64")
    with_velocity = chainrule.Mlp("5-3", seed=9, dtype="float64")
    assert steps(mlp, "sgd:lr=0.1", 1) == steps(with_velocity, "sgd:lr=0.1:momentum=0.9", 1)
    # The first step has no velocity yet; the second one begins with none, or with that of the first.
    steps(mlp, "sgd:lr=0.1:momentum=0.9", 1)
    steps(with_velocity, "sgd:lr=0.1:momentum=0.9", 1)
    assert mlp.weights_sha256() != with_velocity.weights_sha256()


class Named(chainrule.Mlp):
    """A class of the caller's own."""


def test_attributes_of_the_callers_own_stay():
    net = Named("5-3")
    net.label = "mine"
    again = through(net)
    assert type(again) is Named and again.label == "mine" and again.weights_sha256() == net.weights_sha256()


def test_a_model_comes_back_with_its_history_and_what_it_does_to_columns():
    train, test = chainrule.Dataset.read("wine").split(seed=4)
    model = chainrule.Trainer(epochs=3, patience=2).fit(chainrule.Mlp("13-6-3 relu", seed=1), train, test)
    for again in (through(model), copy.deepcopy(model)):
        assert again.history == model.history and len(again.history) > 0
        assert again.evaluate(test) == model.evaluate(test)
        np.testing.assert_array_equal(again.predict(test), model.predict(test))
        assert (again.feature_names, again.class_names, again.task) == (model.feature_names, model.class_names, model.task)
    values = chainrule.Dataset.read("diabetes").split(seed=4)[0]
    model = chainrule.Trainer(epochs=1).fit(chainrule.Mlp(f"{values.n_features}-4-1 tanh", dtype="float64"), values)
    np.testing.assert_array_equal(through(model).outputs(values), model.outputs(values))


def test_a_predictor_keeps_its_number_of_threads():
    model = chainrule.Mlp("5-4-3 relu", seed=1).to_model("cross-entropy")
    for threads in (1, 2, None):
        again = through(chainrule.Predictor(model, threads=threads))
        assert again._threads == threads
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_a_trainer_is_held_with_a_loss_that_pickle_finds():
    data = chainrule.Dataset(X, Y)
    for loss in ("cross-entropy", squares):
        trainer = chainrule.Trainer(loss, "adam:lr=0.01", epochs=2, seed=3)
        again = through(trainer)
        assert repr(again) == repr(trainer)
        net, other = (chainrule.Mlp("5-4-3 relu", seed=1) for _ in range(2))
        assert again.fit(other, data).weights_sha256() == trainer.fit(net, data).weights_sha256()
    with pytest.raises((pickle.PicklingError, AttributeError)):
        through(chainrule.Trainer(lambda y, t: (0.0, y)))


def squares(y, t):
    error = y - np.eye(3)[t]
    return (error**2).mean(), 2 * error / error.size


@pytest.mark.parametrize("kind", [bytes, list, type(None)])
def test_a_state_of_another_kind_is_refused(kind):
    for each in (chainrule.Mlp("2-1"), chainrule.Mlp("2-1").to_model("mse"), chainrule.Dataset(X, Y)):
        with pytest.raises(chainrule.InvalidInputError, match="damaged"):
            type(each).__new__(type(each)).__setstate__(kind())


@pytest.mark.parametrize("of", ["mlp", "model"])
def test_every_damaged_byte_is_an_error_of_chainrules(of):
    mlp = chainrule.Mlp("2-3-2 batch_norm relu", seed=1)
    mlp.train_step(np.ones((4, 2)) * np.arange(4)[:, None], np.arange(4) % 2, "cross-entropy", "adam")
    each = mlp if of == "mlp" else mlp.to_model("cross-entropy", ["no", "yes"])
    kind, whole = type(each), each.__getstate__()["_compiled"]
    assert kind.__new__(kind).__setstate__({"_compiled": whole}) is None
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        with pytest.raises(chainrule.ChainruleError):
            kind.__new__(kind).__setstate__({"_compiled": bytes(damaged)})
    for length in range(0, len(whole), 7):
        with pytest.raises(chainrule.ChainruleError):
            kind.__new__(kind).__setstate__({"_compiled": whole[:length]})
    other = chainrule.Mlp("2-1").to_model("mse") if of == "mlp" else chainrule.Mlp("2-1")
    with pytest.raises(chainrule.InvalidInputError):
        kind.__new__(kind).__setstate__(other.__getstate__())


def test_a_network_in_use_and_one_that_is_no_longer_finite_are_refused():
    net, found = chainrule.Mlp("5-3", seed=1), []

    def look(epoch):
        with pytest.raises(chainrule.InvalidInputError, match="in use"):
            pickle.dumps(net)
        found.append(epoch.epoch)

    chainrule.Trainer(epochs=1).fit(net, chainrule.Dataset(X, Y), callbacks=look)
    assert found == [1]
    overflowed = chainrule.Mlp("1-1", seed=1)
    for _ in range(2):
        overflowed.train_step([[1.0]], None, lambda y, t: (1.0, np.full_like(y, 3e38)), "sgd:lr=1")
    assert not np.isfinite(overflowed.parameters()["0.weight"]).all()
    with pytest.raises(chainrule.InvalidInputError):
        through(overflowed)
    with pytest.raises(chainrule.InvalidInputError):
        pickle.dumps(overflowed.to_model("mse"))


def test_rows_of_a_source_are_read_again(tmp_path, monkeypatch):
    path = tmp_path / "houses.csv"
    text = "rooms,town,price\n" + "".join(f"{n % 5},{'Ulm' if n % 3 else 'Kiel'},{n * 7 % 31}\n" for n in range(60))
    path.write_text(text)
    monkeypatch.chdir(tmp_path)
    whole = chainrule.Dataset.read("houses.csv", target="price")
    train, test = whole.split(test=0.25, seed=3)
    like = chainrule.Dataset.read("houses.csv", target="price", like=whole)
    pickles = {name: pickle.dumps(data) for name, data in (("whole", whole), ("train", train), ("test", test), ("like", like))}
    assert max(map(len, pickles.values())) < 3000, "the rows are not in it"
    monkeypatch.chdir("/")
    again = {name: pickle.loads(held) for name, held in pickles.items()}
    assert str(again["train"]) == str(train) and len(again["test"]) == len(test) and str(again["like"]) == str(like)

    def bits(part):
        return fitted(part, "3-4-1 relu").weights_sha256()

    assert bits(again["train"]) == bits(train) != bits(again["test"])
    assert [len(part) for part in again["whole"].split(seed=1)] == [len(part) for part in whole.split(seed=1)]
    # Copies share the table, wherever it came from.
    path.write_text(text.replace("Kiel", "Bonn"))
    for same in (copy.copy(train), copy.deepcopy(train)):
        assert bits(same) == bits(train) and same._table is train._table
    for held in pickles.values():
        with pytest.raises(chainrule.InvalidInputError, match="other rows"):
            pickle.loads(held)
    path.unlink()
    with pytest.raises(OSError, match=r"houses\.csv"):
        pickle.loads(pickles["train"])


def test_rows_from_standard_input_are_refused():
    code = """
import pickle, sys, chainrule
data = chainrule.Dataset.read("-", target="y")
try:
    pickle.dumps(data)
except chainrule.InvalidInputError as error:
    print(len(data), error)
"""
    text = "x,y\n" + "".join(f"{n},{n % 2 + 0.5}\n" for n in range(9))
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("9 the rows came from standard input"), done.stdout


def losses(arguments):
    mlp, data, seed = arguments
    chainrule.Trainer(epochs=2, seed=seed, threads=1).fit(mlp, data)
    return mlp, mlp.weights_sha256()


def test_processes_take_and_give_them():
    mlp, data = chainrule.Mlp("4-6-3 relu", seed=1), chainrule.Dataset.read("iris").split(seed=1)[0]
    tasks = [(copy.deepcopy(mlp), data, seed) for seed in range(3)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.map(losses, tasks)
    assert [net.weights_sha256() for net, _ in found] == [sha for _, sha in found]
    assert [sha for _, sha in found] == [losses(task)[1] for task in tasks] and len({sha for _, sha in found}) == 3


def test_joblib_takes_and_gives_them():
    joblib = pytest.importorskip("joblib", reason="joblib is not installed: it comes with scikit-learn")
    model = chainrule.Mlp("5-4-3 relu", seed=1).to_model("cross-entropy", ["a", "b", "c"])
    predictor = chainrule.Predictor(model)
    parts = joblib.Parallel(n_jobs=2)(joblib.delayed(predictor.predict)(rows) for rows in np.array_split(X, 4))
    np.testing.assert_array_equal(np.concatenate(parts), model.predict(X))
    assert joblib.hash(model) == joblib.hash(through(model))
