"""Codecs are tried, not looked up."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import soundfile

from voxmetric.diagnosis import codecs


def test_every_format_is_tried_and_works() -> None:
    findings = codecs.codecs()
    assert [finding.name for finding in findings] == ["wav", "flac", "ogg vorbis", "ogg opus", "mp3", "m4a"]
    assert [finding.name for finding in findings if finding.required and not finding.ok] == []


def test_codec_that_gives_another_sound_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfile, "read", lambda _file, dtype: (np.zeros(8000, dtype), 16000))
    wav = codecs.codecs()[0]
    assert wav.state == "broken"
    assert "expected 1 s of 440 Hz, decoded 0.50 s of 0 Hz" in wav.found


def test_m4a_without_its_extra_is_missing_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    m4a = codecs.codecs()[-1]
    assert m4a.state == "missing"
    assert "[av]" in m4a.mend
