"""Many fits at once, in processes of joblib's, Dask's and Ray's: one thread each, and the bits of one process.

The clusters are of this machine, with two worker processes each.
"""

import contextlib
import os
import pathlib
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", "1.6")
import joblib
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule.sklearn import MLPClassifier, tune

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(not pathlib.Path("/proc/self/task").exists(), reason="threads are counted in Linux's /proc"),
]
DIGITS, DIGIT = (array[:600] for array in load_digits(return_X_y=True))
GRID = {"mlpclassifier__alpha": [1e-4, 1e-2], "mlpclassifier__hidden_layer_sizes": [(64,), (96, 32)]}


def model():
    # A network for which more than one thread is worth it, so that a pool that has more would use them.
    return make_pipeline(StandardScaler(), MLPClassifier((256,), max_iter=8, batch_size=200, random_state=0))


def threads_here():
    """The library's threads in this process."""
    names = [(task / "comm").read_text() for task in pathlib.Path("/proc/self/task").iterdir()]
    return sum(name.startswith("chainrule-") for name in names)


def accuracy(estimator, X, y):
    return estimator.score(X, y)


def threads(estimator, X, y):
    return threads_here()


def process(estimator, X, y):
    return os.getpid()


SCORES = {"accuracy": accuracy, "threads": threads, "process": process}


def search(n_jobs):
    found = GridSearchCV(model(), GRID, cv=3, scoring=SCORES, refit="accuracy", n_jobs=n_jobs)
    return found.fit(DIGITS, DIGIT)


def of_splits(found, score):
    return np.stack([found.cv_results_[f"split{split}_test_{score}"] for split in range(3)])


def weights(found):
    return found.best_estimator_[-1].coefs_ + found.best_estimator_[-1].intercepts_


def assert_same_search(found, truth):
    assert found.best_params_ == truth.best_params_
    for a, b in zip(weights(found), weights(truth), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def alone():
    """The searches, one fit after the other in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return search(n_jobs=1), tuned(n_jobs=1)


def tuned(n_jobs):
    return tune(model(), DIGITS, DIGIT, candidates=6, epochs=8, cv=3, random_state=3, n_jobs=n_jobs)


@contextlib.contextmanager
def on_loky():
    with joblib.parallel_config(backend="loky", n_jobs=2):
        yield


@contextlib.contextmanager
def on_dask():
    distributed = pytest.importorskip("distributed", reason="dask is not installed: scripts/python-tests --all")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        yield


@contextlib.contextmanager
def on_ray():
    ray = pytest.importorskip("ray", reason="ray is not installed: scripts/python-tests --all")
    from ray.util.joblib import register_ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        register_ray()
        with joblib.parallel_config(backend="ray", n_jobs=2):
            yield
    finally:
        ray.shutdown()


@pytest.fixture(scope="module", params=[on_loky, on_dask, on_ray], ids=["loky", "dask", "ray"])
def workers(request):
    """joblib's context of two worker processes, which find this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(pathlib.Path(__file__).parent), prepend=os.pathsep)
        with request.param():
            yield request.param


def test_a_search_has_the_bits_of_one_process_and_a_thread_for_each_network(workers, alone):
    found = search(n_jobs=2)
    np.testing.assert_array_equal(of_splits(found, "accuracy"), of_splits(alone[0], "accuracy"))
    assert_same_search(found, alone[0])
    processes = set(of_splits(found, "process").ravel())
    assert len(processes) == 2 and os.getpid() not in processes, processes
    # joblib gives each of its processes an equal share of the cores, Dask and Ray one.
    share = max(1, joblib.cpu_count() // 2) if workers is on_loky else 1
    assert set(of_splits(found, "threads").ravel()) == {share}, of_splits(found, "threads")


def test_tune_finds_what_it_finds_in_one_process(workers, alone):
    found = tuned(n_jobs=2)
    np.testing.assert_array_equal(found.cv_results_["mean_test_score"], alone[1].cv_results_["mean_test_score"])
    assert_same_search(found, alone[1])


def test_more_threads_would_have_been_seen():
    X, y = DIGITS, DIGIT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model().set_params(mlpclassifier__n_threads=3).fit(X, y)
    assert threads_here() >= 3
