from __future__ import annotations

from xml.etree import ElementTree

from voxmetric.reports.det_file import write_det_drawing

CURVE = {"false_alarm": [1.0, 0.2, 0.05, 0.0], "miss": [0.0, 0.05, 0.2, 1.0]}


def test_the_drawing_is_a_whole_svg_file_with_a_legend(tmp_path):
    path = tmp_path / "new" / "det.svg"
    write_det_drawing(path, {"first system": CURVE, "second $system$": CURVE})
    root = ElementTree.fromstring(path.read_text())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    text = " ".join(root.itertext())
    for words in ("first system", "second $system$", "false alarms", "misses"):
        assert words in text


def test_equal_curves_give_equal_files(tmp_path):
    for name in ("a.svg", "b.svg"):
        write_det_drawing(tmp_path / name, {"system": CURVE})
    assert (tmp_path / "a.svg").read_text() == (tmp_path / "b.svg").read_text()
