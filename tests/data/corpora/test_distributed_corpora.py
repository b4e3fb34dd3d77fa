"""TED-LIUM, CALLHOME, AMI and VoxConverse, made in the layout in which they are distributed, and the turns of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.data.annotated_recordings import AnnotatedRecordings
from voxmetric.data.preparation import Plan, prepare
from voxmetric.data.utterances import UtteranceTable
from voxmetric.errors import InputError

pytest.importorskip("lhotse", reason="the extra `corpora` is not installed")

MEETINGS = ("ES2002a", "ES2011a", "ES2004a")


def sound(path: Path, seconds: float = 4.0, rate: int = 16_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, round(seconds * rate))
    if path.suffix == ".sph":
        soundfile.write(path, samples, rate, format="NIST", subtype="PCM_16")
    else:
        soundfile.write(path, samples, rate)


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize("release", [2, 3])
def test_tedlium(release: int, tmp_path: Path) -> None:
    root = tmp_path / ("TEDLIUM_release2" if release == 2 else "TEDLIUM_release-3")
    parts = root if release == 2 else root / "legacy"
    for part, talk in (("train", "AlGore_2006"), ("train", "AlGore_2009"), ("dev", "AimeeMullins_2009P")):
        sound(parts / part / "sph" / f"{talk}.sph")
        name = talk.split("_")[0]
        write(
            parts / part / "stm" / f"{talk}.stm",
            f"{talk} 1 {name} 0.50 1.75 <o,f0,male> thank you so much",
            f"{talk} 1 inter_segment_gap 1.75 2.00 <o,,unknown> ignore_time_segment_in_scoring",
            f"{talk} 1 {name} 2.00 3.50 <o,f0,male> and now",
        )
    table = UtteranceTable.read(root, kind="tedlium")
    assert len(table) == 6
    assert set(table.where(split="train").speakers) == {"AlGore"}, "two talks of one person"
    assert set(table.where(split="dev").speakers) == {"AimeeMullins"}
    of_talk = table.where(session="AlGore_2006")
    assert of_talk.starts.tolist() == [0.5, 2.0]
    assert of_talk.durations.tolist() == [1.25, 1.5]
    assert set(table.paths) == {str(path) for path in parts.rglob("*.sph")}
    assert set(table.column("corpus")) == {"tedlium"}


def test_callhome(tmp_path: Path) -> None:
    sound(tmp_path / "r65_8_1" / "sid00sg1" / "data" / "iaaa.sph", rate=8000)
    sound(tmp_path / "r65_8_1" / "sid00sg1" / "data" / "iaab.sph", rate=8000)
    write(
        tmp_path / "sre2000-key" / "fullref.rttm",
        "SPEAKER iaaa 1 0.00 1.50 <NA> <NA> A <NA>",
        "SPEAKER iaaa 1 1.25 1.00 <NA> <NA> B <NA>",
        "SPEAKER iaab 1 0.10 0.90 <NA> <NA> A <NA>",
        "SPEAKER iaab 1 1.00 0.00 <NA> <NA> B <NA>",
    )
    table = UtteranceTable.read(tmp_path, kind="callhome")
    assert table.speakers.tolist() == ["iaaa_A", "iaaa_B", "iaab_A"], "turns without a length are none"
    assert table.starts.tolist() == [0.0, 1.25, 0.1]
    prepared = prepare(table, tmp_path / "callhome.csv", Plan(rttm=True))
    assert prepared.rttm_paths == [tmp_path / "callhome.rttm"]
    recordings = AnnotatedRecordings.read(tmp_path / "callhome.rttm")
    assert list(recordings.turns) == ["iaaa", "iaab"]
    assert recordings.turns["iaaa"].end.tolist() == [1.5, 2.25]
    assert recordings.scored is not None
    assert recordings.scored["iaab"].extent().end == 4.0


def test_ami(tmp_path: Path) -> None:
    for meeting in MEETINGS:
        sound(tmp_path / "wav_db" / meeting / "audio" / f"{meeting}.Mix-Headset.wav")
    annotations = tmp_path / "ami_public_manual_1.6.2"
    speakers = "".join(
        f'<speaker nxt_agent="{agent}" global_name="{meeting[1]}{agent}00{number}" channel="{number}"/>'
        for meeting in ("ES",)
        for number, agent in enumerate("AB")
    )
    meetings = "".join(
        f'<meeting observation="{name}">{speakers}</meeting>' for name in ("ES2002a", "ES2011a", "ES2004a")
    )
    write(annotations / "corpusResources" / "meetings.xml", f"<meetings>{meetings}</meetings>")
    for meeting in MEETINGS:
        for agent, start in (("A", 0.5), ("B", 1.5)):
            segment = f'<segment transcriber_start="{start}" transcriber_end="{start + 1.4}"/>'
            write(annotations / "segments" / f"{meeting}.{agent}.segments.xml", f"<root>{segment}</root>")
            words = "".join(
                f'<w starttime="{start + at}" endtime="{start + at + 0.4}">word</w>' for at in (0.0, 0.4, 1.0)
            )
            write(annotations / "words" / f"{meeting}.{agent}.words.xml", f"<root>{words}</root>")
    table = UtteranceTable.read(tmp_path, kind="ami")
    assert set(table.where(split="train").sessions) == {"ES2002a"}
    assert set(table.where(split="dev").sessions) == {"ES2011a"}
    of_meeting = table.where(session="ES2002a")
    assert set(of_meeting.speakers) == {"SA000", "SB001"}
    assert of_meeting.starts.min() == 0.5
    assert of_meeting.paths[0].endswith("ES2002a.Mix-Headset.wav")
    prepared = prepare(table, tmp_path / "ami.csv", Plan(rttm=True))
    assert prepared.rttm_paths == [tmp_path / f"ami-{part}.rttm" for part in ("dev", "test", "train")]
    assert list(AnnotatedRecordings.read(tmp_path / "ami-dev.rttm").turns) == ["ES2011a.Mix-Headset"]


def test_ami_without_its_annotations(tmp_path: Path) -> None:
    sound(tmp_path / "ES2002a" / "audio" / "ES2002a.Mix-Headset.wav")
    with pytest.raises(InputError, match=r"unpack ami_public_manual_1\.6\.2\.zip"):
        UtteranceTable.read(tmp_path, kind="ami")


def test_voxconverse(tmp_path: Path) -> None:
    for part, name in (("dev", "abjxc"), ("dev", "afjiv"), ("test", "aepyx")):
        sound(tmp_path / part / "audio" / f"{name}.wav")
        write(
            tmp_path / part / f"{name}.rttm",
            f"SPEAKER {name} 1 0.40 1.20 <NA> <NA> spk00 <NA> <NA>",
            f"SPEAKER {name} 1 1.40 1.20 <NA> <NA> spk01 <NA> <NA>",
        )
    table = UtteranceTable.read(tmp_path, kind="voxconverse")
    assert len(table) == 6
    assert len(set(table.speakers)) == 6, "spk00 is another person in each recording"
    assert set(table.where(split="test").speakers) == {"aepyx-spk00", "aepyx-spk01"}
    prepared = prepare(table, tmp_path / "voxconverse.csv", Plan(rttm=True))
    again = AnnotatedRecordings.read(prepared.rttm_paths[0])
    assert again.turns["afjiv"].start.tolist() == [0.4, 1.4]
    (tmp_path / "dev" / "audio" / "afjiv.wav").unlink()
    with pytest.raises(InputError, match="one audio file named afjiv"):
        UtteranceTable.read(tmp_path, kind="voxconverse")


@pytest.mark.parametrize("kind", ["tedlium", "callhome", "voxconverse"])
def test_another_folder_is_refused(kind: str, tmp_path: Path) -> None:
    sound(tmp_path / "a" / "b.wav")
    with pytest.raises(InputError):
        UtteranceTable.read(tmp_path, kind=kind)


def test_a_broken_transcript_is_one_line(tmp_path: Path) -> None:
    sound(tmp_path / "dev" / "sph" / "A_2009.sph")
    write(tmp_path / "dev" / "stm" / "A_2009.stm", "A_2009 1 A never 1.0 <o> hello")
    with pytest.raises(InputError, match="not laid out as tedlium") as caught:
        UtteranceTable.read(tmp_path, kind="tedlium")
    assert "\n" not in str(caught.value)
