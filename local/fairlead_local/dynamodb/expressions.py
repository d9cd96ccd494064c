"""moto's update expressions in linear time.

The ledger adds up to 100 counters with one update. moto nests the clauses of an expression and repeats two checks at
each level. It copies the tree deeply, looks up a node's class by each class in turn, and adds up the whole item before
it sets an attribute, with the value that is replaced.
"""

import copy
from collections.abc import Callable
from typing import Any

from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict
from moto.dynamodb.models.utilities import bytesize
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node, UpdateExpression  # type: ignore[attr-defined]
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator

Process = Callable[[Any, Any], Any]

LARGEST_ITEM = 405_000
"""Bytes, moto's own limit."""


def patch_expressions() -> None:
    """Replace moto's checks, walk and size of items; what they answer stays."""
    if getattr(DepthFirstTraverser, "mended", False):
        return
    for validator, name in (
        (ActionCountValidator, "verify_action_counts"),
        (OverlappingPathsValidator, "check_for_overlapping_paths"),
    ):
        setattr(validator, name, _outermost(getattr(validator, name)))
    DepthFirstTraverser.traverse_node_recursively = _walk
    DepthFirstTraverser.mended = True
    validators.deepcopy = _copied  # type: ignore[attr-defined, assignment]
    LimitedSizeDict.__setitem__ = _set_attribute  # type: ignore[method-assign]


def _outermost(check: Process) -> Process:
    """Check an expression as a whole only: it contains what its nested parts contain."""
    return lambda self, node: node if isinstance(node.parent, UpdateExpression) else check(self, node)


def _copied(value: Any) -> Any:
    """Copy a tree of nodes; its leaves are never changed in place. Copy anything else as moto does."""
    if not isinstance(value, Node):
        return copy.deepcopy(value)
    node = copy.copy(value)
    if node.children is not None:
        node.children = [_copied(child) if isinstance(child, Node) else child for child in node.children]
        for child in node.children:
            if isinstance(child, Node):
                child.set_parent(node)
    return node


def _walk(self: Any, node: Any, child_id: int = -1) -> Any:
    """Process the children of a node, then the node, and put the result in the node's place."""
    parent = node.parent
    for place, child in enumerate(node.children or ()):
        self.pre_processing_of_child(node, place)
        if isinstance(child, Node):
            _walk(self, child, place)
    if process := _process_of(self, type(node)):
        node = process(node)
        node.parent = parent
        if parent:
            parent.children[child_id] = node
    return node


def _process_of(self: Any, kind: type) -> Callable[[Any], Any] | None:
    """Return a traverser's function for nodes of a class, from the traverser's table."""
    table: dict[type, Callable[[Any], Any] | None] = self.__dict__.setdefault("table", {})
    if kind not in table:
        table[kind] = next((do for known, do in self._processing_map().items() if issubclass(kind, known)), None)
    return table[kind]


def _set_attribute(self: LimitedSizeDict, name: str, value: Any) -> None:
    """Set an attribute; add up the other ones only where an upper bound of the size passes the limit."""
    added = _size(name) + _size(value)
    bound = self.__dict__.get("bound")
    if bound is None or bound + added > LARGEST_ITEM:
        bound = sum(_size(key) + _size(kept) for key, kept in self.items() if key != name)
    if bound + added > LARGEST_ITEM:
        raise ItemSizeTooLarge
    self.__dict__["bound"] = bound + added
    dict.__setitem__(self, name, value)


def _size(value: Any) -> int:
    return value.size() if type(value) is DynamoType else bytesize(str(value))
