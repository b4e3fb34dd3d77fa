"""`voxmetric prepare` from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voxmetric.cli import main
from voxmetric.data.trials import TrialList
from voxmetric.data.utterances import UtteranceTable


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for speaker in range(5):
        folder = tmp_path / "recordings" / f"[s{speaker}]"
        folder.mkdir(parents=True)
        for place in range(3):
            rate, channels = (8000, 2) if place else (16000, 1)
            soundfile.write(folder / f"{place}.wav", rng.uniform(-0.1, 0.1, (rate, channels)), rate)
    (tmp_path / "recordings" / "[s0]" / "broken.flac").write_bytes(b"no flac")
    return tmp_path / "recordings"


def run(*arguments: object) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["prepare", *map(str, arguments)])
    assert not caught.value.code


def fails(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as caught:
        main(["prepare", *map(str, arguments)])
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("voxmetric: ")
    assert error.count("\n") == 1
    return error


def test_a_folder_becomes_a_table(recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "table.csv"
    options = ["--split", "train=0.6,dev=0.4", "--trials", "6", "--trials-split", "dev", "--quiet"]
    run(recordings, "--output", output, *options)
    shown = capsys.readouterr()
    assert shown.err == ""
    table = UtteranceTable.read(output)
    assert len(table) == 15
    assert len(TrialList.read(tmp_path / "table-trials.txt")) == 6
    text = " ".join(shown.out.split())
    for expected in (
        "unreadable",
        "[s0]/broken.flac",
        "left out",
        "10 files have 2 channels: mixed to one; choose with --channel",
        "10 at 8,000 Hz, 5 at 16,000 Hz",
        "table-trials.txt, 6, sha256",
        f"next: voxmetric demo --data {output} --output my-comparison",
    ):
        assert expected in text
    # The table is itself a source: prepared again, it stays what it is.
    before = table.sha256
    run(output, "-o", output, "--quiet")
    assert UtteranceTable.read(output).sha256 == before
    assert "finding" not in capsys.readouterr().out


def test_recordings_of_unknown_speakers_are_led_to_training_without_labels(
    recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(recordings, "--kind", "unlabelled", "-o", tmp_path / "b, ü" / "table.csv", "--quiet")
    line, *recipe = capsys.readouterr().out.rpartition("next: ")[2].splitlines()
    assert line == "voxmetric train recipe.yaml --output my-model, with these lines as recipe.yaml:"
    assert "demo" not in "".join(recipe)
    (tmp_path / "recipe.yaml").write_text("\n".join(recipe), encoding="utf-8")
    # Smaller than what is printed, to be quick.
    small = ["encoder.name=x_vector", "encoder.embedding_size=16", "encoder.options={channels: [8, 8, 8, 8, 8]}"]
    small += ["training.steps=1", "training.workers=0", "training.threads=1", "data.crop_seconds=0.5"]
    options = [part for setting in small for part in ("--set", setting)]
    with pytest.raises(SystemExit) as caught:
        main(["train", str(tmp_path / "recipe.yaml"), "--output", str(tmp_path / "model"), "--quiet", *options])
    assert not caught.value.code
    assert "15 recordings" in capsys.readouterr().out


def test_json_has_the_same_facts(recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(recordings, "-o", tmp_path / "t.parquet", "--channel", "0", "--json", "--quiet")
    summary = json.loads(capsys.readouterr().out)
    assert (summary["speakers"], summary["utterances"], summary["left_out"]) == (5, 15, 1)
    assert summary["hours"] == pytest.approx(15 / 3600, abs=1e-4)
    assert summary["findings"] == {"unreadable": 1}
    assert summary["channels_read"] == ["0"]
    assert summary["num_channels"] == {"1": 5, "2": 10}
    assert summary["splits"] == {"none": {"speakers": 5, "utterances": 15, "hours": summary["hours"]}}
    assert summary["trials"] is None


def test_bad_input_is_one_line_and_code_2(recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out" / "t.csv"
    assert "no such file or folder" in fails(capsys, tmp_path / "none", "-o", output)
    assert "add up to 1" in fails(capsys, recordings, "-o", output, "--split", "train=0.5", "--quiet")
    for text in ("train", "train=x", "a=0.5,a=0.5", "=1"):
        assert "NAME=SHARE" in fails(capsys, recordings, "-o", output, "--split", text)
    assert "--trials-split needs --trials" in fails(capsys, recordings, "-o", output, "--trials-split", "dev")
    assert "did you mean 'folder'" in fails(capsys, recordings, "-o", output, "--kind", "foldr")
    assert "--minimum-second" in fails(capsys, recordings, "-o", output, "--minimum-secs", "1")
    assert not output.parent.exists()


def test_help_is_quick_to_import() -> None:
    """The help of a verb must not wait for the libraries that do its work."""
    code = (
        "import sys; sys.argv = ['voxmetric', 'prepare', '--help']\n"
        "from voxmetric.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('torch', 'pyarrow', 'numpy', 'soundfile') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert "--trials-split" in ran.stdout


def test_some_utterances_and_their_turns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    rows = ["id,path,speaker,start,duration,split"]
    for name, split in (("one", "dev"), ("two", "test")):
        soundfile.write(tmp_path / f"{name}.wav", rng.uniform(-0.1, 0.1, 4 * 8000), 8000)
        rows += [f"{name}-0,{name}.wav,kim,0.0,1.5,{split}", f"{name}-1,{name}.wav,lee,1.25,2.0,{split}"]
    table = tmp_path / "turns.csv"
    table.write_text("\n".join(rows) + "\n")
    run(table, "--where", "split=test", "--rttm", "-o", tmp_path / "out" / "part.csv", "--json", "--quiet")
    summary = json.loads(capsys.readouterr().out)
    assert summary["utterances"] == 2
    assert summary["rttm"] == [str(tmp_path / "out" / "part-test.rttm")]
    assert (tmp_path / "out" / "part-test.rttm").read_text().splitlines() == [
        "SPEAKER two 1 0.000 1.500 <NA> <NA> kim <NA> <NA>",
        "SPEAKER two 1 1.250 2.000 <NA> <NA> lee <NA> <NA>",
    ]
    assert (tmp_path / "out" / "part-test.uem").read_text() == "two 1 0.000 4.000\n"
    assert "unknown column" in fails(capsys, table, "--where", "nothing=x", "-o", tmp_path / "x.csv")
