"""Records the configurations with which PyTorch tests its own optimizers.

They stand in a private module whose import takes seconds and wants packages of PyTorch's own tests.

    python tests/golden/record_torch_optimizers.py
"""

from __future__ import annotations

import importlib
import json
import sys
import types
import unittest
from pathlib import Path
from typing import Any

import torch

OF_THE_IMPLEMENTATION = ("foreach", "fused", "capturable", "differentiable")


def plain(value: Any) -> Any:
    """A value as JSON has it; tensors of one number become numbers."""
    if isinstance(value, torch.Tensor):
        return float(f"{value.item():.7g}")
    return [plain(x) for x in value] if isinstance(value, tuple) else value


def record() -> dict[str, Any]:
    """The settings by optimizer, without those that say how PyTorch computes."""
    private: Any = importlib.import_module("torch.testing._internal.common_optimizers")
    configs: dict[str, list[Any]] = {}
    for info in private.optim_db:
        seen = configs[info.optim_cls.__name__] = []
        for config in info.optim_inputs_func("cpu"):
            kept = {k: plain(v) for k, v in config.kwargs.items() if k not in OF_THE_IMPLEMENTATION}
            if kept not in seen:
                seen.append(kept)
    return {"torch": torch.__version__, "configurations": configs}


if __name__ == "__main__":
    stand_in: Any = types.ModuleType("expecttest")  # a base class of tests that do not run here
    stand_in.TestCase = unittest.TestCase
    sys.modules.setdefault("expecttest", stand_in)
    path = Path(__file__).with_name("torch_optimizers.json")
    path.write_text(json.dumps(record(), indent=1) + "\n", encoding="utf-8")
