"""Floor 4, training: the loop, callbacks, history and checkpoints.

In reading order: `direction`, `curves` and `history` (what happened), `position` (where it stands),
`snapshot`, `measures` and `step` (one update, and why it failed), `program` and
`steps` (many updates, as machine code), `prediction`, `callback` and `callbacks` (who is told),
`signals` (Ctrl-C), `state` (what a checkpoint holds), `arguments` and `rehearsal` (what is checked
before the first update), `course` (which updates, and who is told), `diagnosis` (what is wrong),
`trainer`, `population` (many at once), `range_test` (which learning rates).
"""

from badak.train.callback import Callback
from badak.train.callbacks import Checkpoint, EarlyStopping, Progress, ReduceLROnPlateau
from badak.train.diagnosis.callback import Diagnosis
from badak.train.diagnosis.diagnose import diagnose
from badak.train.diagnosis.finding import Finding, Report
from badak.train.history import History
from badak.train.population import Member, Population
from badak.train.range_test import RangeTest, lr_range_test
from badak.train.step import NotFiniteError
from badak.train.trainer import Trainer

__all__ = [
    "Callback",
    "Checkpoint",
    "Diagnosis",
    "EarlyStopping",
    "Finding",
    "History",
    "Member",
    "NotFiniteError",
    "Population",
    "Progress",
    "RangeTest",
    "ReduceLROnPlateau",
    "Report",
    "Trainer",
    "diagnose",
    "lr_range_test",
]
