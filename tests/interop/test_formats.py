"""The list of formats."""

from __future__ import annotations

import subprocess
import sys

from voxmetric import interop


def test_listing_formats_does_not_import_torch() -> None:
    code = "import sys; from voxmetric import interop; interop.available(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_format_names_its_origin() -> None:
    for name, summary in interop.available().items():
        assert summary
        assert interop.formats.create(name, {}).origin.startswith("https://")
