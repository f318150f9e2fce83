"""Walks the nodes of a graph or function body: folds what is constant, imports the rest, inlines functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgeml.errors import EdgeMLError, ModelFormatError, UnsupportedError
from edgeml.formats.onnx import AttributeValue, FunctionRecord, GraphRecord, NodeRecord, OnnxModel, Reference
from edgeml.frontends.onnx.call import Call, Scope
from edgeml.frontends.onnx.draft import Draft, Value
from edgeml.frontends.onnx.expansions import EXPANSIONS
from edgeml.frontends.onnx.folding import FOLDABLE, Folder
from edgeml.frontends.onnx.importers import IMPORTERS
from edgeml.frontends.onnx.standard import standard_function

# functions inside functions and bodies inside bodies
MAX_DEPTH = 32
# nodes after inlining; a file of functions that call each other twice grows exponentially
MAX_NODES = 200_000
# nodes for one operator of the file, such as a window of many taps: a few bytes must not become hours of work
MAX_EXPANSION = 1500


class Importer:
    """Imports the nodes of one model into a draft."""

    def __init__(self, model: OnnxModel, draft: Draft, source: str) -> None:
        self.model = model
        self.draft = draft
        self.source = source
        self._folder = Folder()
        self._count = 0

    def graph(self, graph: GraphRecord, scope: Scope, depth: int = 0) -> tuple[Value, ...]:
        """Import a graph's nodes; returns the values of its outputs."""
        for name, array in graph.initializers.items():
            scope.values.setdefault(name, Value("", array))
        self._nodes(graph.nodes, scope, depth)
        return tuple(self._output(o.name, scope) for o in graph.outputs)

    def _nodes(self, nodes: Sequence[NodeRecord], scope: Scope, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise UnsupportedError(f"'{self.source}': functions are nested more than {MAX_DEPTH} deep.")
        for node in nodes:
            self._count += 1
            if self._count > MAX_NODES:
                raise UnsupportedError(
                    f"'{self.source}': has more than {MAX_NODES} operators when functions are inlined."
                )
            self._node(node, scope, depth)

    def _node(self, node: NodeRecord, scope: Scope, depth: int) -> None:
        call = Call(node, scope, self.draft)
        first = len(self.draft.nodes)
        self.draft.limit = first + MAX_EXPANSION
        try:
            self._import(call, depth)
        except EdgeMLError:
            raise
        except (KeyError, ValueError, IndexError, TypeError, AttributeError, OverflowError, ZeroDivisionError) as error:
            raise ModelFormatError(
                f"{call.where}: attributes or inputs are inconsistent ({error}). Export the model again."
            ) from error
        for index, name in enumerate(node.outputs):
            if not name:
                continue
            if name in scope.values:
                raise ModelFormatError(f"{call.where}: output '{name}' is assigned twice. The file is damaged.")
            if index in call.results:
                scope.values[name] = self._named(call.results[index], name, first)
            else:
                scope.values[name] = Value(f"?{node.op_type}:{index}")

    def _named(self, value: Value, name: str, first: int) -> Value:
        """A tensor that this call made, under the name that the file gives it."""
        made = any(value.tensor in n.outputs for n in self.draft.nodes[first:])
        if not made or name in self.draft.tensors:
            return value
        return Value(self.draft.rename(value.tensor, name, first))

    def _import(self, call: Call, depth: int) -> None:
        node = call.node
        for value in call.inputs:
            if value is not None and value.tensor.startswith("?"):
                raise call.unsupported(f"reads output {value.tensor[1:]}, which edgeml does not compute.")
        key = (node.domain, node.op_type)
        function = self.model.functions.get(key)
        if function is not None:
            self._inline(call, function, depth)
        elif key == ("", "If"):
            self._branch(call, depth)
        elif self._folder.fold(call):
            return
        elif key in IMPORTERS:
            IMPORTERS[key](call)
        elif key in EXPANSIONS:
            self._inline(call, EXPANSIONS[key](call), depth)
        else:
            body = standard_function(call)
            if body is None and key in FOLDABLE:
                runtime = next(n for n, v in zip(node.inputs, call.inputs, strict=True) if v and v.data is None)
                raise call.unsupported(f"input '{runtime}' must be constant.", "Bind it, or export with fixed sizes.")
            if body is None:
                raise UnsupportedError(
                    f"{call.where}: operator {'.'.join(filter(None, key))} is not supported. `edgeml ops` lists what "
                    "is; replace the layer or export without it."
                )
            self._inline(call, body, depth)

    def _inline(self, call: Call, function: FunctionRecord, depth: int) -> None:
        """Import a function's body with the call's inputs and attributes in place of its parameters."""
        scope = Scope({**call.scope.opsets, **function.opsets}, attributes=_arguments(call, function))
        if len(call.inputs) > len(function.inputs):
            raise call.damaged(f"takes {len(function.inputs)} inputs at most")
        for name, value in zip(function.inputs, call.inputs, strict=False):
            if value is not None:
                scope.values[name] = value
        absent = {n for n in function.inputs if n not in scope.values}
        nodes = [_without(node, absent) for node in function.nodes] if absent else function.nodes
        self._nodes([_unnamed(n, call) for n in nodes], scope, depth + 1)
        for index, name in enumerate(function.outputs):
            if index < len(call.node.outputs) and call.node.outputs[index]:
                call.results[index] = self._output(name, scope)

    def _branch(self, call: Call, depth: int) -> None:
        """If with a constant condition is the branch that is taken."""
        condition = call.constant(0, "condition")
        if condition.size != 1:
            raise call.damaged("the condition must be one value")
        body = call.graph("then_branch" if condition.reshape(-1)[0] else "else_branch")
        scope = Scope(call.scope.opsets, parent=call.scope, attributes=call.scope.attributes)
        for index, value in enumerate(self.graph(body, scope, depth + 1)):
            call.results[index] = value

    def _output(self, name: str, scope: Scope) -> Value:
        value = scope.find(name)
        if value is None:
            raise ModelFormatError(f"'{self.source}': output '{name}' is never computed. The file is damaged.")
        return value


def _arguments(call: Call, function: FunctionRecord) -> Mapping[str, AttributeValue]:
    given = {n: v for n in call.node.attributes if (v := call.attribute(n)) is not None}
    values = {**function.defaults, **given}
    return {n: v for n, v in values.items() if not isinstance(v, Reference)}


def _without(node: NodeRecord, absent: set[str]) -> NodeRecord:
    """A node of a function body whose optional inputs were not given."""
    inputs = tuple("" if n in absent else n for n in node.inputs)
    return NodeRecord(node.op_type, node.domain, node.name, inputs, node.outputs, node.attributes)


def _unnamed(node: NodeRecord, call: Call) -> NodeRecord:
    """A node of a function body, named after the call in messages."""
    name = f"{call.node.label}/{node.label}"
    return NodeRecord(node.op_type, node.domain, name, node.inputs, node.outputs, node.attributes)
