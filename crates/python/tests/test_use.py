"""How the estimators are used: tools of scikit-learn, pickles, frames, refusals, Ctrl-C."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6")
import joblib
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.inspection import PartialDependenceDisplay, partial_dependence, permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import chainrule
from chainrule.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
# A shell starts its background jobs with the signal ignored, and fits would not end.
signal.signal(signal.SIGINT, signal.default_int_handler)

IRIS, KIND = load_iris(return_X_y=True)


def quick(**settings):
    return MLPClassifier(**({"hidden_layer_sizes": (8,), "solver": "lbfgs", "random_state": 0, "tol": 1e-2} | settings))


def test_importing_chainrule_imports_no_scikit_learn():
    code = "import sys, chainrule; print('sklearn' in sys.modules, 'scipy' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["False", "False"]


def test_without_scikit_learn_the_error_says_what_to_install():
    code = "import sys; sys.modules['sklearn'] = None\nimport chainrule.sklearn"
    failed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert failed.returncode == 1 and "pip install 'scikit-learn>=1.6'" in failed.stderr


def test_the_module_for_onnx_imports_no_skl2onnx_and_says_what_to_install():
    code = "import sys, chainrule.onnx; print('skl2onnx' in sys.modules, 'sklearn' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["False", "False"]
    code = "import sys; sys.modules['skl2onnx'] = None\nimport chainrule.onnx\nchainrule.onnx.register()"
    failed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert failed.returncode == 1 and "pip install skl2onnx" in failed.stderr


def test_digits_are_learned():
    X, y = load_digits(return_X_y=True)
    model = MLPClassifier(random_state=0).fit(X[:1400] / 16, y[:1400])
    assert model.n_iter_ < 200 or model.loss_ < 0.05
    assert model.score(X[1400:] / 16, y[1400:]) > 0.9


def test_grid_search_pipeline_and_calibration():
    search = GridSearchCV(make_pipeline(StandardScaler(), quick()), {"mlpclassifier__alpha": [1e-4, 1.0]}, cv=3)
    search.fit(IRIS, KIND)
    assert search.best_score_ > 0.9
    calibrated = CalibratedClassifierCV(make_pipeline(StandardScaler(), quick()), cv=3).fit(IRIS, KIND)
    assert calibrated.score(IRIS, KIND) > 0.9


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_cross_validation_in_two_workers_gives_what_one_gives(backend):
    one = cross_val_score(quick(), IRIS, KIND, cv=3)
    with joblib.parallel_backend(backend):
        np.testing.assert_array_equal(cross_val_score(quick(), IRIS, KIND, cv=3, n_jobs=2), one)


def test_a_forked_process_computes():
    mp = pytest.importorskip("multiprocessing")
    if "fork" not in mp.get_all_start_methods():
        pytest.skip("no fork")
    X, y = np.random.RandomState(0).rand(600, 300), np.arange(600) % 7
    model = MLPClassifier((200,), max_iter=2, random_state=0, n_threads=2).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with mp.get_context("fork").Pool(1) as pool:
            np.testing.assert_array_equal(pool.apply(model.predict_proba, (X,)), model.predict_proba(X))


def test_partial_dependence():
    found = partial_dependence(quick().fit(IRIS, KIND), IRIS, [2], response_method="predict_proba")
    assert found["average"].shape[0] == 3


def test_a_partial_dependence_is_drawn():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: scripts/python-tests --all").use("Agg")
    model = quick().fit(IRIS, KIND)
    drawn = PartialDependenceDisplay.from_estimator(model, IRIS, [2, (2, 3)], target=1, grid_resolution=7)
    truth = partial_dependence(model, IRIS, [2], response_method="predict_proba", grid_resolution=7)
    np.testing.assert_array_equal(drawn.lines_[0, 0].get_ydata(), truth["average"][1])
    assert drawn.contours_[0, 1] is not None


def test_permutation_importance():
    found = permutation_importance(quick().fit(IRIS, KIND), IRIS, KIND, n_repeats=3, random_state=0)
    assert found.importances_mean[2:].max() > 0.1


def test_a_pickle_predicts_and_goes_on_as_the_original():
    model = MLPClassifier(random_state=0, max_iter=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(IRIS, KIND)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(IRIS), model.predict_proba(IRIS))
    for each in (model, again):
        each.partial_fit(IRIS, KIND)
    for a, b in zip(model.coefs_, again.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_that_are_changed_in_place_are_seen():
    model = quick(tol=1e-4).fit(IRIS, KIND)
    model.predict(IRIS)
    for arrays in (model.coefs_, model.intercepts_):
        before = model.predict_proba(IRIS)
        arrays[-1][:, ...] = arrays[-1][..., ::-1].copy()
        assert not np.array_equal(model.predict_proba(IRIS), before)
    model.coefs_[0] = model.coefs_[0].astype(np.float32)
    model.predict_proba(IRIS)


def test_rows_that_take_the_short_way_are_checked_too():
    model = quick().fit(IRIS, KIND)
    for bad in (np.nan, np.inf):
        rows = IRIS.copy()
        rows[7, 2] = bad
        with pytest.raises(ValueError, match="NaN|infinity"):
            model.predict(rows)
    with pytest.raises(ValueError, match="3 features"):
        model.predict(np.ascontiguousarray(IRIS[:, :3]))
    with pytest.raises(ValueError, match="2D"):
        model.predict(IRIS[0])
    np.testing.assert_array_equal(model.predict_proba(np.asfortranarray(IRIS)), model.predict_proba(IRIS))


def test_threads_predict_with_one_estimator():
    X = np.random.RandomState(0).rand(700, 50)
    model = MLPClassifier((64,), max_iter=2, random_state=0).fit(X, np.arange(700) % 3)
    truth = model.predict_proba(X)
    found = joblib.Parallel(4, backend="threading")(joblib.delayed(model.predict_proba)(X) for _ in range(40))
    for each in found:
        np.testing.assert_array_equal(each, truth)


def test_a_clone_has_the_parameters_and_no_weights():
    copy = clone(quick(n_threads=1, alpha=0.5).fit(IRIS, KIND))
    assert copy.get_params()["n_threads"] == 1 and copy.alpha == 0.5
    with pytest.raises(NotFittedError):
        copy.predict(IRIS)


def test_names_of_frames_are_checked():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(IRIS, columns=["a", "b", "c", "d"])
    model = quick().fit(frame, pd.Series(KIND).map({0: "x", 1: "y", 2: "z"}))
    assert list(model.feature_names_in_) == ["a", "b", "c", "d"] and set(model.predict(frame)) == {"x", "y", "z"}
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "c", "d"]])


def test_frames_of_polars_and_outputs_as_frames():
    pl = pytest.importorskip("polars", reason="polars is not installed: scripts/python-tests --all")
    frame = pl.DataFrame(IRIS, schema=["a", "b", "c", "d"])
    model = quick().fit(frame, pl.Series(KIND))
    assert list(model.feature_names_in_) == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(model.predict_proba(frame), quick().fit(IRIS, KIND).predict_proba(IRIS))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "c", "d"]])
    assert chainrule.Dataset(frame, pl.Series(KIND)).feature_names == ["a", "b", "c", "d"]
    pipeline = make_pipeline(StandardScaler(), quick()).set_output(transform="polars").fit(frame, KIND)
    assert list(pipeline[-1].feature_names_in_) == ["a", "b", "c", "d"]


def test_a_pipeline_hands_frames_on():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(IRIS, columns=["a", "b", "c", "d"])
    pipeline = make_pipeline(StandardScaler(), quick()).set_output(transform="pandas").fit(frame, KIND)
    assert list(pipeline[-1].feature_names_in_) == ["a", "b", "c", "d"]
    plain = make_pipeline(StandardScaler(), quick()).fit(IRIS, KIND)
    np.testing.assert_allclose(pipeline.predict_proba(frame), plain.predict_proba(IRIS), rtol=1e-6, atol=1e-9)


def test_an_activation_of_chainrules_own():
    model = quick(activation="gelu").fit(StandardScaler().fit_transform(IRIS), KIND)
    assert model.score(StandardScaler().fit_transform(IRIS), KIND) > 0.9


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", -1), ("activation", "rellu"), ("activation", "elu(-1)"), ("activation", "relu(1)"), ("solver", "adamww"), ("batch_size", 0), ("hidden_layer_sizes", (3, 0)),
        ("hidden_layer_sizes", b"\x05"), ("hidden_layer_sizes", bytearray(b"\x05")), ("power_t", float("inf")),
        ("tol", float("inf")), ("alpha", np.float32("inf")), ("learning_rate_init", float("inf")), ("epsilon", float("inf")),
        ("alpha", 10**400), ("momentum", 10**400),
        ("momentum", 1.0), ("tol", float("nan")), ("n_threads", 0), ("max_iter", 1.5), ("shuffle", 1), ("dtype", "float16"),
    ],
)  # fmt: skip
def test_parameters_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name) as refused:
        quick(**{name: value}).fit(IRIS, KIND)
    assert isinstance(refused.value, chainrule.ChainruleError)


def test_weights_that_cannot_be_are_refused():
    for weight, words in ((np.repeat([0.0, 1.0], 75), "50 rows add up to 0"), (np.r_[-1.0, np.ones(149)], "-1")):
        with pytest.raises(chainrule.InvalidInputError, match=words):
            MLPClassifier(shuffle=False, batch_size=50).fit(IRIS, KIND, sample_weight=weight)
    with pytest.raises(ValueError, match="y >= 0"):
        MLPRegressor(loss="poisson").fit(IRIS, KIND - 1)


def test_the_compiled_class_refuses_what_does_not_fit():
    network = chainrule._chainrule.Network([np.zeros((4, 3))], [np.zeros(3)], "relu", "softmax")
    for x in (np.zeros((2, 5)), np.zeros((2, 4), np.float32), np.zeros(4), "x"):
        with pytest.raises(chainrule.InvalidInputError, match="expected"):
            network.predict(x)
    rows = np.array([0, 2])
    with pytest.raises(chainrule.InvalidInputError, match="no row 2"):
        network.predict(np.zeros((2, 4)), rows)
    for columns in ([7], [-1]):
        broken = (np.ones(1), np.array(columns, np.int32), np.array([0, 1]), 4)
        with pytest.raises(chainrule.InvalidInputError, match="does not lie"):
            network.predict(broken)
    with pytest.raises(chainrule.InvalidInputError, match="layer 1"):
        chainrule._chainrule.Network([np.zeros((4, 3))] * 2, [np.zeros(3)] * 2, "relu", "softmax")


def test_a_fit_does_not_hold_the_lock():
    X, y = np.random.RandomState(0).rand(4000, 200), np.arange(4000) % 10
    model = MLPClassifier((300,), max_iter=3, random_state=0, n_threads=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        thread = threading.Thread(target=model.fit, args=(X, y))
        ticks, start = 0, time.monotonic()
        thread.start()
        while thread.is_alive():
            time.sleep(0.002)
            ticks += 1
        took = time.monotonic() - start
        thread.join()
    # Were the lock held, this thread would wake between the three epochs alone.
    assert ticks > 20, f"{ticks} in {took:.2f} s"


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_ctrl_c_ends_a_fit_within_a_second(solver):
    X, y = np.random.RandomState(0).rand(20000, 200), np.arange(20000) % 10
    model = MLPClassifier((500,), solver=solver, random_state=0, max_iter=10000, tol=0.0)
    timer = threading.Timer(1.0, signal.raise_signal, [signal.SIGINT])
    start = time.monotonic()
    timer.start()
    if solver == "adam":
        # As scikit-learn's: what was learned until then stays.
        with pytest.warns(UserWarning, match="interrupted"):
            model.fit(X, y)
        assert np.isfinite(model.coefs_[0]).all()
    else:
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
    assert time.monotonic() - start < 10.0


def test_fitting_and_predicting_do_not_copy_x():
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("the peak of memory is read from Linux's /proc")
    code = """
import re, warnings
import numpy as np
from chainrule.sklearn import MLPClassifier

def memory(what):
    return int(re.search(what + r":\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024

warnings.simplefilter("ignore")
X = np.random.default_rng(0).random((200_000, 150), np.float32)  # 114 MiB
y = np.arange(len(X)) % 3
for settings in ({}, {"early_stopping": True}, {"solver": "lbfgs"}):
    model = MLPClassifier((4,), max_iter=1, n_threads=2, **settings).fit(X[:1000], y[:1000])
    open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew
    before = memory("VmRSS")
    model.fit(X, y).predict(X)
    print(memory("VmHWM") - before)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    peaks = [float(line) for line in out.split()]
    assert len(peaks) == 3 and max(peaks) < 60.0, peaks  # MiB
