"""Losses in NumPy that several tests train with."""

import numpy as np


def cross_entropy(z, y):
    """The mean over the rows, and its gradient by the logits."""
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    gradient = p.copy()
    gradient[rows, y] -= 1
    return -np.log(p[rows, y]).mean(), gradient / len(y)
