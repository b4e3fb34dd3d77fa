"""A check that fails is a finding, never a crash."""

from __future__ import annotations

import warnings

import pytest

from voxmetric.diagnosis.finding import Finding, attempt


def test_what_works_is_told() -> None:
    finding = attempt("thing", lambda: "1.0", mend="mend it")
    assert finding == Finding("thing", "1.0")
    assert finding.state == "ok"


@pytest.mark.parametrize(("required", "state"), [(True, "broken"), (False, "missing")])
def test_what_fails_is_told_in_one_line_with_the_way_to_mend_it(required: bool, state: str) -> None:
    def fail() -> str:
        raise OSError("no\n  luck")

    finding = attempt("thing", fail, required=required, mend="mend it")
    assert (finding.state, finding.found, finding.mend) == (state, "OSError: no luck", "mend it")


def test_error_without_words_is_told() -> None:
    def fail() -> str:
        raise AssertionError

    assert attempt("thing", fail).found == "AssertionError: no reason given"


def test_warnings_of_the_patient_do_not_show(recwarn: pytest.WarningsRecorder) -> None:
    def warn() -> str:
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return "works"

    assert attempt("thing", warn).ok
    assert len(recwarn) == 0
