"""Options of `voxmetric evaluate` that say how scores become log-likelihood ratios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter


@dataclass(frozen=True)
class CalibrationOptions:
    """How scores become log-likelihood ratios.

    Parameters
    ----------
    calibrate_on
        A split with other speakers: a calibration is fitted on its trials, so that Cllr can be given. Without it a
        model's own calibration is used, where its folder holds one.
    calibration
        The map: logistic, isotonic (any rising one), or logistic_quality (durations and noise count too).
    save_calibration
        Keep the calibration in the model's folder.
    fuse
        Add the system `fusion`: the weighted sum of all systems that is best on the split calibrated on.
    llr
        The scores are natural log-likelihood ratios already.
    """

    calibrate_on: str | None = None
    calibration: Literal["logistic", "isotonic", "logistic_quality"] = "logistic"
    save_calibration: Annotated[bool, Parameter(negative="")] = False
    fuse: Annotated[bool, Parameter(negative="")] = False
    llr: Annotated[bool, Parameter(negative="")] = False

    def check(self, num_systems: int) -> None:
        """Refuse options that contradict each other.

        Raises:
            InputError: naming them.
        """
        from voxmetric.errors import InputError

        if self.calibrate_on is None:
            for name, needs in (("--save-calibration", self.save_calibration), ("--fuse", self.fuse)):
                if needs:
                    raise InputError(f"{name} needs --calibrate-on SPLIT, with other speakers than those evaluated")
        elif self.llr:
            raise InputError("expected --llr or --calibrate-on, found both: ratios need no calibration")
        if self.fuse and num_systems < 2:
            raise InputError(f"expected two systems or more to --fuse, found {num_systems}")
