"""TensorFlow Lite Micro on our export and on the original .tflite: what tflm numerics stand for."""

from __future__ import annotations

from edgeml.targets.tflite_micro_runtime import TfliteMicroTarget
from edgeml.validate.contracts import micro_contract
from edgeml.validate.runners.base import Loaded, Subject
from edgeml.validate.runners.litert import LiteRTExport, LiteRTOriginal


class TfliteMicroExport(LiteRTExport):
    """Our .tflite."""

    name = "tflite_micro"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.contract = micro_contract(subject.graph)

    def _open(self, content: bytes) -> Loaded:
        return TfliteMicroTarget(content)


class TfliteMicroOriginal(LiteRTOriginal):
    """The .tflite that the user gave."""

    name = "tflite_micro:original"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.contract = micro_contract(subject.graph)

    def _open(self, content: bytes) -> Loaded:
        return TfliteMicroTarget(content)
