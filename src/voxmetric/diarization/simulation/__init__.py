"""Conversations made of labelled utterances, with exact truth: `simulate` makes one, `write` a folder of them."""

from __future__ import annotations

from voxmetric.diarization.simulation.conversation import Conversation, Facts, Simulation, simulate
from voxmetric.diarization.simulation.folder import ConversationSet, write
from voxmetric.diarization.simulation.settings import ConversationSettings

__all__ = ["Conversation", "ConversationSet", "ConversationSettings", "Facts", "Simulation", "simulate", "write"]
