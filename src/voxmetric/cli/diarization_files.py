"""The files that `voxmetric diarize` writes of each recording: turns in several formats, and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voxmetric.errors import InputError

if TYPE_CHECKING:
    from pyannote.core import Annotation

    from voxmetric.metrics.diarization.error import DiarizationError

PICTURES = (".png", ".svg", ".html")


@dataclass(frozen=True)
class DiarizationFiles:
    """What is written of each recording, and where.

    Attributes:
        folder: that they are in, named after the recordings; None: nothing is written.
        formats: names of `voxmetric.diarization.outputs`; without a folder none, or the one to be printed.
        picture: whether timelines are drawn too.
    """

    folder: Path | None
    formats: tuple[str, ...]
    picture: bool

    @classmethod
    def of(cls, format: str | None, folder: Path | None, *, picture: bool, json: bool) -> DiarizationFiles:
        """Those that the options ask for.

        Args:
            format: names with commas between them; None: RTTM where there is a folder.
            folder: to write into.
            picture: draw timelines.
            json: the results are printed as JSON.

        Raises:
            InputError: for an unknown format, several without a folder to put them, or a picture without one.
        """
        from voxmetric.diarization.outputs import suffix

        if picture and folder is None:
            raise InputError("expected --output, a folder to put the pictures in, beside --picture")
        if format is None:
            return cls(folder, () if folder is None else ("rttm",), picture)
        names = tuple(dict.fromkeys(name.strip() for name in format.split(",") if name.strip()))
        for name in names:
            suffix(name)
        if folder is None and (len(names) != 1 or json):
            raise InputError("expected --output, a folder to put files in, beside several formats or --json")
        return cls(folder, names, picture)

    def are_there(self, name: str) -> bool:
        """Whether all those of the recording `name` are."""
        from voxmetric.diarization.outputs import suffix

        if self.folder is None:
            return False
        endings = (*map(suffix, self.formats), *(PICTURES if self.picture else ()))
        return all((self.folder / f"{name}{ending}").is_file() for ending in endings)

    def write(
        self, annotation: Annotation, duration: float, truth: Annotation | None, error: DiarizationError | None
    ) -> None:
        """Write those of one recording, each in one step.

        Args:
            annotation: who spoke when; its `uri` names the recording.
            duration: of the recording, in seconds.
            truth: drawn above, where it is known.
            error: against it.

        Raises:
            InputError: if one cannot be written.
        """
        from voxmetric.diarization.outputs import write

        if self.folder is None:
            return
        for name in self.formats:
            write(self.folder, name, annotation, duration)
        if self.picture:
            from voxmetric.reports.timeline import write_timeline
            from voxmetric.reports.timeline_page import write_timeline_page

            stem = self.folder / str(annotation.uri)
            for ending in (".png", ".svg"):
                write_timeline(f"{stem}{ending}", annotation, duration, truth)
            write_timeline_page(f"{stem}.html", annotation, duration, truth, error)
