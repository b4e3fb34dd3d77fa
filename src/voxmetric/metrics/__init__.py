"""Figures of merit: detection errors, costs, calibration, errors of diarization, intervals and paired tests."""

from __future__ import annotations

from voxmetric.metrics.det import DetCurve, det_curve
from voxmetric.metrics.detection_cost import act_dcf, min_dcf
from voxmetric.metrics.diarization.error import diarization_error
from voxmetric.metrics.diarization.jaccard import jaccard_error
from voxmetric.metrics.equal_error import EER_DEFINITIONS, eer
from voxmetric.metrics.identification import detection_identification_rate, top_k_accuracy
from voxmetric.metrics.llr_cost import cllr, min_cllr

__all__ = [
    "EER_DEFINITIONS",
    "DetCurve",
    "act_dcf",
    "cllr",
    "det_curve",
    "detection_identification_rate",
    "diarization_error",
    "eer",
    "jaccard_error",
    "min_cllr",
    "min_dcf",
    "top_k_accuracy",
]
