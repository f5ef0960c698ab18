"""PyTorch, eager: minibatches by indexing tensors, no loader between."""

import torch
from torch import nn

import worker

job = worker.job()
torch.set_num_threads(job["threads"])
torch.manual_seed(job.get("seed", 0))

modules = []
for inputs, outputs in zip(job["widths"], job["widths"][1:]):
    modules += [nn.Linear(inputs, outputs), nn.ReLU()]
net = nn.Sequential(*modules[:-1])


def trains():
    x, y, test_x, test_y = map(torch.from_numpy, worker.mnist(job["mnist"], job["rows"]))
    settings = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}
    optimizer = settings[job["optimizer"]](net.parameters(), lr=job["lr"])
    loss = nn.CrossEntropyLoss()

    def epoch():
        minibatches = torch.randperm(len(x)).split(job["batch"])
        for rows in minibatches:
            optimizer.zero_grad(set_to_none=True)
            loss(net(x[rows]), y[rows]).backward()
            optimizer.step()
        return len(minibatches)

    def accuracy():
        with torch.inference_mode():
            return (net(test_x).argmax(1) == test_y).float().mean()

    return worker.trained(epoch, accuracy)


def predicts():
    x = torch.rand(job["predict"], job["widths"][0])

    def predict():
        with torch.inference_mode():
            net(x)

    return worker.predicted(predict)


worker.serve(torch.__version__, predicts() if "predict" in job else trains())
