"""DINO: the student predicts from every view what the teacher says of the other, full-length views."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from voxmetric.encoders.encoder import Encoder
from voxmetric.errors import InputError
from voxmetric.selfsupervised.cross_view import cross_view_entropy
from voxmetric.selfsupervised.dino_head import DINOHead
from voxmetric.selfsupervised.method import Method, Moment, ViewNeeds
from voxmetric.selfsupervised.momentum import MomentumCopy


class DINO(Method):
    """Self-distillation without labels.

    L = mean over pairs (a, v) of different views of CE(softmax((t_a - c) / teacher_temperature), softmax(s_v /
    student_temperature)), s and t being the head's outputs of student and teacher, c the moving average of the
    teacher's mean output (the centre). Only global views go through the teacher.

    What travels between `project`, `targets` and `compare` is the head's bottleneck; its wide last layer is applied
    to the whole batch in `compare`.

    Args:
        encoder: the encoder to be trained; the teacher starts as its copy.
        hidden_size: of the head's layers.
        bottleneck_size: P, of its narrow layer.
        outputs: K, of its last layer.
        student_temperature: of the student's softmax.
        teacher_temperature: of the teacher's; the lower, the sharper.
        warmup_temperature: the teacher's in the first epoch.
        warmup_epochs: epochs over which it rises to `teacher_temperature`, which the last of them has.
        momentum: of the teacher at the beginning; it rises to 1 along half a cosine.
        center_momentum: of the centre.
        frozen_epochs: epochs at the beginning in which the last layer stays as drawn.

    Attributes:
        center: (K,) the centre.

    Raises:
        InputError: for a size below 1, a temperature that is not above 0 or a momentum outside [0, 1].

    Published values:
        The defaults, with two views of 4 s and four of 2 s, each tensor's gradient clipped at 3
        (`training.gradient_clip_of: each`), and SGD at a learning rate of 0.2 that falls along a cosine. For images:
        AdamW whose weight decay rises from 0.04 to 0.4 along a cosine (`optimizer.weight_decay_end`).

    Source:
        Caron et al. 2021, "Emerging properties in self-supervised vision transformers".
    """

    needs = ViewNeeds(local_views=True, targets=True)

    center: Tensor

    def __init__(
        self,
        encoder: Encoder,
        hidden_size: int = 2048,
        bottleneck_size: int = 256,
        outputs: int = 65536,
        student_temperature: float = 0.1,
        teacher_temperature: float = 0.04,
        warmup_temperature: float = 0.04,
        warmup_epochs: int = 10,
        momentum: float = 0.996,
        center_momentum: float = 0.9,
        frozen_epochs: int = 1,
    ) -> None:
        super().__init__()
        temperatures = (student_temperature, teacher_temperature, warmup_temperature)
        if min(temperatures) <= 0 or not 0.0 <= center_momentum <= 1.0:
            raise InputError(
                "expected temperatures above 0 and a momentum of the centre in [0, 1], found "
                f"{', '.join(map(str, temperatures))} and {center_momentum}"
            )
        self.head = DINOHead(encoder.embedding_size, hidden_size, bottleneck_size, outputs)
        self.teacher_encoder = MomentumCopy(encoder, momentum, 1.0)
        self.teacher_head = MomentumCopy(self.head, momentum, 1.0)
        self.register_buffer("center", torch.zeros(outputs))
        self.student_temperature, self.teacher_temperature = student_temperature, teacher_temperature
        self.warmup_temperature, self.warmup_epochs = warmup_temperature, warmup_epochs
        self.center_momentum, self.frozen_epochs = center_momentum, frozen_epochs
        self._temperature = teacher_temperature
        self._figures: dict[str, Tensor] = {}

    def begin(self, encoder: Encoder, moment: Moment) -> None:  # noqa: ARG002
        risen = 1.0
        if moment.epoch < self.warmup_epochs:
            # The last epoch of the warm-up already has the full temperature, as in the authors' code.
            risen = moment.epoch / max(1, self.warmup_epochs - 1)
        self._temperature = self.warmup_temperature + risen * (self.teacher_temperature - self.warmup_temperature)
        self.head.last_layer.requires_grad_(moment.epoch >= self.frozen_epochs)

    def project(self, embeddings: Tensor) -> Tensor:
        bottleneck: Tensor = self.head(embeddings)
        return bottleneck

    @torch.no_grad()
    def embed_targets(self, waveforms: Tensor) -> Tensor:
        embeddings: Tensor = self.teacher_encoder.module(waveforms)
        return embeddings

    @torch.no_grad()
    def project_targets(self, embeddings: Tensor) -> Tensor:
        bottleneck: Tensor = self.teacher_head.module(embeddings)
        return bottleneck

    def compare(self, projections: Sequence[Tensor], targets: Sequence[Tensor], recordings: Tensor) -> Tensor:  # noqa: ARG002
        with torch.no_grad():
            taught = [self.teacher_head.module.scores(view) for view in targets]
            sharpened = [(view - self.center.to(view.dtype)) / self._temperature for view in taught]
            assignments = [view.softmax(1) for view in sharpened]
            self._note(sharpened[0], assignments[0])
            if self.training:
                mean = torch.stack([view.mean(0) for view in taught]).mean(0).to(self.center.dtype)
                # A new tensor: what an update has seen stays what it was.
                self.center = self.center.lerp(mean, 1 - self.center_momentum)
        return cross_view_entropy(
            [self.head.scores(view) / self.student_temperature for view in projections], assignments
        )

    def follow(self, encoder: Encoder, moment: Moment) -> None:
        self.teacher_encoder.update(encoder, moment)
        self.teacher_head.update(self.head, moment)

    def teacher(self) -> Encoder:
        return self.teacher_encoder.module

    def measure(self) -> dict[str, float]:
        """Entropies, in nats, of the teacher's outputs: `teacher_entropy` of one recording's, on average, and
        `teacher_marginal_entropy` of their mean. Where both agree, the outputs say nothing of the recording."""
        return {name: float(value) for name, value in self._figures.items()}

    def _note(self, logits: Tensor, assignments: Tensor) -> None:
        of_each = logits.logsumexp(1) - (assignments * logits).sum(1)
        of_mean = torch.special.entr(assignments.mean(0)).sum()
        self._figures = {"teacher_entropy": of_each.mean(), "teacher_marginal_entropy": of_mean}
