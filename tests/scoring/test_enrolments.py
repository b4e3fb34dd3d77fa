from __future__ import annotations

import pytest

from voxmetric.errors import InputError
from voxmetric.scoring.enrolments import Enrolments


def test_lines_of_one_or_several_recordings(tmp_path):
    (tmp_path / "models.txt").write_text("anna r1\nbert r2 r3\n\nanna r4\n")
    enrolments = Enrolments.read(tmp_path / "models.txt")
    assert enrolments.recordings == {"anna": ("r1", "r4"), "bert": ("r2", "r3")}
    recordings, owners = enrolments.of(["bert", "r9", "anna"])
    assert recordings.tolist() == ["r2", "r3", "r9", "r1", "r4"]
    assert owners.tolist() == [0, 0, 1, 2, 2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("anna r1\nbert\n", "line 2: expected `model id` lines"),
        ("anna r1 r1\n", "expected different recordings of model 'anna'"),
        ("\n", "found nothing"),
    ],
)
def test_malformed_files_are_named(tmp_path, text, words):
    (tmp_path / "models.txt").write_text(text)
    with pytest.raises(InputError, match=words):
        Enrolments.read(tmp_path / "models.txt")
    with pytest.raises(InputError, match="cannot read enrolments"):
        Enrolments.read(tmp_path / "missing.txt")


def test_models_become_rows_of_the_table(table):
    one, other = table.ids[:2]  # of one speaker
    extended = Enrolments({"model": [other, one]}).with_models(table)
    assert extended.ids.tolist() == [*table.ids, "model"]
    assert extended.speakers[-1] == table.speakers[0]
    stranger = table.ids[table.speakers != table.speakers[0]][0]
    with pytest.raises(InputError, match="model 'mixed' has recordings of several speakers"):
        Enrolments({"mixed": [one, stranger]}).with_models(table)
    with pytest.raises(InputError, match="is both a model and an utterance"):
        Enrolments({one: [other]}).with_models(table)
    with pytest.raises(InputError, match="nobody"):
        Enrolments({"model": ["nobody"]}).with_models(table)
