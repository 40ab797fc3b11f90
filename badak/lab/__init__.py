"""Floor 5, the lab: which technique works, and how sure are we?

    found = bd.lab.compare({"SGD": {"optimizer": "sgd"}, "Adam": {}}, "digits", seeds=5)
    print(found)

In reading order: `drawing` and `measurement` (pictures and numbers), `statistics` (how sure),
`recipe`, `contender` and `task` (what is trained), `store` (what is kept), `arena` and `pace` (how
it is trained), `ranking`, `report` and `comparison` (what came out), `compare`, `contests` (ready
made) and `ablation`. On these stand `claims` (sentences, put to the test) and `figures`;
`descent` walks over surfaces; `sharpness`, `directions` and `matched` look at minima, `proof` at
fixes; `timeline` goes back in a training.
"""

from badak.lab.ablation import Ablation, ablate
from badak.lab.compare import compare
from badak.lab.comparison import Comparison
from badak.lab.contender import Function
from badak.lab.recipe import Recipe
from badak.lab.store import Store
from badak.lab.task import Task
from badak.lab.timeline import Timeline

__all__ = [
    "Ablation",
    "Comparison",
    "Function",
    "Recipe",
    "Store",
    "Task",
    "Timeline",
    "ablate",
    "compare",
]
