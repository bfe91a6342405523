"""What the rules on training jobs share: when to judge one, and how one is replaced."""

from __future__ import annotations

from ._jobs import replacing
from ._status import unless

living = unless("TrainingJobStatus", "Deleting")
replace = replacing("training", "training-job")
