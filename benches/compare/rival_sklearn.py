"""scikit-learn's MLPClassifier, an epoch at a time. It has no RMSprop."""

import sklearn
from sklearn.neural_network import MLPClassifier

import worker

job = worker.job()
settings = {"solver": job["optimizer"], "learning_rate_init": job["lr"], "batch_size": job["batch"]}
net = MLPClassifier(job["widths"][1:-1], **settings, momentum=0, alpha=0, random_state=job.get("seed", 0))
x, y, test_x, test_y = worker.mnist(job["mnist"], job["rows"])


def epoch():
    net.partial_fit(x, y, classes=range(job["widths"][-1]))
    return -(-len(x) // job["batch"])


worker.serve(sklearn.__version__, worker.trained(epoch, lambda: net.score(test_x, test_y)))
