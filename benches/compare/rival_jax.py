"""JAX: an epoch is one compiled scan over its minibatches. The last, smaller minibatch of an epoch is left out, since
all must have one shape. One thread is one processor: scripts/compare gives it no other."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

import worker

job = worker.job()
widths, random = job["widths"], np.random.default_rng(job.get("seed", 0))


def layer(inputs, outputs):
    limit = 1 / np.sqrt(inputs)
    w = random.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)
    return jnp.asarray(w), jnp.asarray(random.uniform(-limit, limit, outputs).astype(np.float32))


params = [layer(inputs, outputs) for inputs, outputs in zip(widths, widths[1:])]


def forward(params, x):
    for w, b in params[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def loss(params, x, y):
    logs = jax.nn.log_softmax(forward(params, x))
    return -jnp.take_along_axis(logs, y[:, None], 1).mean()


def sgd(lr):
    return (), lambda params, grads, state: (jax.tree.map(lambda w, g: w - lr * g, params, grads), state)


def rmsprop(lr, alpha=0.99, eps=1e-8):
    def update(params, grads, s):
        s = jax.tree.map(lambda s, g: alpha * s + (1 - alpha) * g * g, s, grads)
        return jax.tree.map(lambda w, g, s: w - lr * g / (jnp.sqrt(s) + eps), params, grads, s), s

    return jax.tree.map(jnp.zeros_like, params), update


def adam(lr, beta1=0.9, beta2=0.999, eps=1e-8):
    def update(params, grads, state):
        m, s, t = state
        t += 1
        m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, grads)
        s = jax.tree.map(lambda s, g: beta2 * s + (1 - beta2) * g * g, s, grads)
        step, root = lr / (1 - beta1**t), jnp.sqrt(1 - beta2**t)
        return jax.tree.map(lambda w, m, s: w - step * m / (jnp.sqrt(s) / root + eps), params, m, s), (m, s, t)

    return (jax.tree.map(jnp.zeros_like, params), jax.tree.map(jnp.zeros_like, params), jnp.float32(0)), update


def trains():
    x, y, test_x, test_y = map(jnp.asarray, worker.mnist(job["mnist"], job["rows"]))
    state, update = {"sgd": sgd, "rmsprop": rmsprop, "adam": adam}[job["optimizer"]](job["lr"])
    batch, steps = job["batch"], len(x) // job["batch"]

    @partial(jax.jit, donate_argnums=(0, 1))
    def scan(params, state, minibatches):
        def step(carry, rows):
            params, state = carry
            return update(params, jax.grad(loss)(params, x[rows], y[rows]), state), None

        return jax.lax.scan(step, (params, state), minibatches)[0]

    right = jax.jit(lambda params: (forward(params, test_x).argmax(1) == test_y).mean())
    carry = [params, state]

    def epoch():
        order = random.permutation(len(x))[: steps * batch].reshape(steps, batch)
        carry[:] = jax.block_until_ready(scan(*carry, jnp.asarray(order)))
        return steps

    return worker.trained(epoch, lambda: right(carry[0]))


def predicts():
    x = jnp.asarray(random.random((job["predict"], widths[0]), np.float32))
    compiled = jax.jit(forward)
    return worker.predicted(lambda: compiled(params, x).block_until_ready())


worker.serve(jax.__version__, predicts() if "predict" in job else trains())
