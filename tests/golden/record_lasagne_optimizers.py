"""Records thirty steps of Lasagne's update rules in float64.

    python tests/golden/record_lasagne_optimizers.py path/of/lasagne/updates.py

Lasagne needs Theano, which no longer installs. Its rules use little of it: shared variables, whose
new values are expressions of the old ones. So the real `updates.py` is run with the few lines below
in the place of Theano. What is recorded is of the release 0.1, whose `updates.py` was given adamax
and amsgrad, which it lacks, as they stand in the master branch (07ce3cc).
"""

from __future__ import annotations

import importlib.util
import json
import sys
import types
from pathlib import Path

import numpy as np
from gradients import GRADIENTS, START

CASES = [
    ("sgd", {"learning_rate": 0.3}),
    ("momentum", {"learning_rate": 0.3}),
    ("momentum", {"learning_rate": 0.3, "momentum": 0.5}),
    ("nesterov_momentum", {"learning_rate": 0.3}),
    ("adagrad", {}),
    ("adagrad", {"learning_rate": 0.1, "epsilon": 1e-3}),
    ("rmsprop", {}),
    ("rmsprop", {"learning_rate": 0.1, "rho": 0.5, "epsilon": 1e-3}),
    ("adadelta", {}),
    ("adadelta", {"learning_rate": 0.5, "rho": 0.8, "epsilon": 1e-4}),
    ("adam", {}),
    ("adam", {"learning_rate": 0.1, "beta1": 0.7, "beta2": 0.9, "epsilon": 1e-3}),
    ("adamax", {}),
    ("adamax", {"learning_rate": 0.1, "beta1": 0.7, "beta2": 0.8, "epsilon": 1e-3}),
    ("amsgrad", {"beta2": 0.9}),
    ("amsgrad", {"learning_rate": 0.1, "beta1": 0.7, "beta2": 0.9, "epsilon": 1e-3}),
]


class Expression:
    """A formula that is computed when it is asked for."""

    def __init__(self, compute):
        self.compute = compute


def as_expression(x):
    return x if isinstance(x, Expression) else Expression(lambda: x)


def operation(function):
    def build(*inputs):
        inputs = [as_expression(x) for x in inputs]
        return Expression(lambda: function(*(x.compute() for x in inputs)))

    return build


for name, function in {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power,
}.items():  # fmt: skip
    setattr(Expression, f"__{name}__", operation(function))
    setattr(Expression, f"__r{name}__", operation(lambda x, y, function=function: function(y, x)))
Expression.__abs__ = operation(np.abs)


class SharedVariable(Expression):
    """A formula's input, which keeps a value."""

    def __init__(self, value, broadcastable=None):
        super().__init__(lambda: self.value)
        self.value = np.asarray(value)
        self.broadcastable = broadcastable

    def get_value(self, borrow=False):
        return self.value


def stand_in_for_theano():
    theano, tensor = types.ModuleType("theano"), types.ModuleType("theano.tensor")
    theano.compile = types.SimpleNamespace(SharedVariable=SharedVariable)
    theano.shared, theano.tensor = SharedVariable, tensor
    tensor.sqrt, tensor.maximum = operation(np.sqrt), operation(np.maximum)
    tensor.constant = as_expression
    lasagne, utils = types.ModuleType("lasagne"), types.ModuleType("lasagne.utils")
    lasagne.utils, utils.floatX = utils, np.float64
    lasagne.__path__ = []
    return {m.__name__: m for m in (theano, tensor, lasagne, utils)}


def load(path):
    sys.modules.update(stand_in_for_theano())
    spec = importlib.util.spec_from_file_location("lasagne.updates", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def trace(rule, settings):
    """The values after each step."""
    parameter, gradient = SharedVariable(START), SharedVariable(GRADIENTS[0])
    updates = rule([gradient], [parameter], **settings)
    points = []
    for gradient.value in GRADIENTS:
        new = {variable: expression.compute() for variable, expression in updates.items()}
        for variable, value in new.items():
            variable.value = value
        points.append(parameter.value.tolist())
    return points


if __name__ == "__main__":
    updates = load(sys.argv[1])
    record = {
        "made by": Path(__file__).name,
        "lasagne": "updates.py of release 0.1; adamax and amsgrad of master, 07ce3cc",
        "numpy": np.__version__,
        "start": START.tolist(),
        "gradients": GRADIENTS.tolist(),
        "traces": [
            {"name": n, "settings": s, "points": trace(getattr(updates, n), s)} for n, s in CASES
        ],
    }
    path = Path(__file__).with_name("lasagne_optimizers.json")
    path.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{path}\n")
