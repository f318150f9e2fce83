"""LiteRT on our export and on the original .tflite, with its default resolver or its reference kernels.

Intermediate tensors are read from a copy of the file that lists them as outputs: the interpreter's own
`experimental_preserve_all_tensors` would switch the XNNPACK delegate off, and with it the kernels under test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from edgeml.backends import litert
from edgeml.errors import TargetError
from edgeml.formats.litert import read, write
from edgeml.frontends.litert.draft import Draft
from edgeml.ir import Array
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.validate.contracts import LITERT, litert_contract
from edgeml.validate.runners.base import Loaded, Runner, Subject, exposed, input_specs


class LiteRTExport(Runner):
    """Our .tflite."""

    name = "litert"
    contract = LITERT

    def __init__(self, subject: Subject) -> None:
        self._subject, self._graph = subject, subject.graph
        self.contract = litert_contract(subject.graph, subject.resolver)
        self._target = self._open(self.content())
        self.runtime = self._target.runtime

    def call(self, sample: Sequence[Array]) -> Sequence[Array]:
        self._target.reset()
        return self._target.run_once(sample)

    def activations(self, arrays: Sequence[Array]) -> Mapping[str, Array]:
        names, content = self.instrumented()
        return dict(zip(names, self._open(content).run_all(arrays), strict=True))

    def content(self) -> bytes:
        """The file to run."""
        return litert.emit(self._graph)

    def instrumented(self) -> tuple[Sequence[str], bytes]:
        """A file with all activations as outputs, and their names in the graph."""
        graph = exposed(self._graph)
        return graph.outputs, litert.emit(graph)

    def _open(self, content: bytes) -> Loaded:
        return LiteRTTarget(content, resolver=self._subject.resolver)


class LiteRTOriginal(LiteRTExport):
    """The .tflite that the user gave."""

    name = "litert:original"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        for got, want in zip(self._target.inputs, input_specs(self._graph), strict=True):
            if got.shape[1:] != want.shape[1:] or got.dtype != want.dtype:
                raise TargetError(
                    f"the original's input '{got.name}' is {got.dtype} {got.shape}, the graph's is {want.dtype} "
                    f"{want.shape}, so that both cannot take the same samples."
                )

    def content(self) -> bytes:
        found = self._subject.original(".tflite")
        if found is None:
            raise TargetError("the model was not read from a .tflite file.")
        return found

    def instrumented(self) -> tuple[Sequence[str], bytes]:
        model = read(self.content(), str(self._subject.path))
        names, known = Draft(model).names, set(self._graph.tensors)
        computed = [o for op in model.operators for o in op.outputs if names[o] in known]
        outputs = tuple(dict.fromkeys((*model.outputs, *computed)))
        own = dict(zip(model.outputs, self._graph.outputs, strict=True))
        return [own.get(i, names[i]) for i in outputs], write(replace(model, outputs=outputs))
