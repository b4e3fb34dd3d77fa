"""Text is escaped unless it was built as markup."""

from __future__ import annotations

import html

from hypothesis import given
from hypothesis import strategies as st

from voxmetric.reports.markup import Markup, element, joined, table


def test_elements_nest_and_keep_their_markup() -> None:
    inner = element("b", "a < b")
    assert element("p", inner, " & ", [inner, "c"]) == "<p><b>a &lt; b</b> &amp; <b>a &lt; b</b>c</p>"


def test_attributes_are_named_and_escaped() -> None:
    assert element("line", class_="a", stroke_width=2, viewBox='"', gone=None) == (
        '<line class="a" stroke-width="2" viewBox="&quot;"/>'
    )


@given(st.text())
def test_text_comes_back_as_it_was(text: str) -> None:
    assert html.unescape(joined(text)) == text
    assert "<" not in joined(text)


def test_table_marks_its_headers() -> None:
    drawn = table(["name", "EER"], [["a<b", Markup("<i>1</i>")]])
    assert '<th scope="col">EER</th>' in drawn
    assert '<tr><th scope="row">a&lt;b</th><td><i>1</i></td></tr>' in drawn
