"""JSON schemas for a small model: cut to what the grammar takes, bounded so that an answer ends, and sketched."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

__all__ = ["Schema", "bounded", "sketch"]

Schema = Mapping[str, object]

# An unbounded string, list or number lets a small model write until it is cut off in the middle of its JSON.
_STRING_CHARS, _ITEMS, _INTEGER = 1200, 8, 999_999_999
_FORMATS = frozenset({"date", "date-time", "time", "email", "uuid", "ipv4", "ipv6", "hostname", "uri"})
_SCALARS = {"type": ["string", "integer", "boolean", "null"], "maxLength": _STRING_CHARS}


def bounded(schema: Schema) -> dict[str, object]:
    """Return `schema` in the keywords the grammar takes; what it drops is checked later by whoever asked.

    The engine answers without any constraint when it cannot compile a schema, so this is an allow-list.
    """
    result = _node(schema)
    for key in ("$defs", "definitions"):
        own = schema.get(key)
        if isinstance(own, Mapping):
            result[key] = {name: _node(item) for name, item in own.items()}
    return result


def _node(schema: object) -> dict[str, object]:
    if not isinstance(schema, Mapping):
        return dict(_SCALARS)
    if isinstance(schema.get("$ref"), str):
        return {"$ref": schema["$ref"]}
    if "const" in schema:
        return {"const": schema["const"]}
    if isinstance(schema.get("enum"), list):
        return {"enum": schema["enum"]}
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            return {"anyOf": [_node(item) for item in schema[key]]}
    if isinstance(schema.get("allOf"), list):
        return {"allOf": [_node(item) for item in schema["allOf"]]}
    kind = schema.get("type")
    if isinstance(kind, list):
        return {"anyOf": [_typed(item, schema) for item in kind]}
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else None
    return _typed(kind, schema)


def _typed(kind: object, schema: Schema) -> dict[str, object]:
    match kind:
        case "object":
            return _object(schema)
        case "array":
            return _array(schema)
        case "string":
            return _string(schema)
        case "integer":
            return {"type": "integer", **_range(schema)}
        case "number":
            # Digits after the point have no end in the grammar; two places are enough for a small model.
            return {"type": "number", "multipleOf": schema.get("multipleOf", 0.01), **_range(schema)}
        case "boolean" | "null":
            return {"type": kind}
        case _:
            return dict(_SCALARS)


def _object(schema: Schema) -> dict[str, object]:
    own = schema.get("properties")
    properties = {str(name): _node(item) for name, item in own.items()} if isinstance(own, Mapping) else {}
    extra = schema.get("additionalProperties", False)
    result: dict[str, object] = {"type": "object", "properties": properties}
    if isinstance(schema.get("required"), list):
        result["required"] = schema["required"]
    result["additionalProperties"] = _node(extra) if isinstance(extra, Mapping) else bool(extra) and not properties
    if result["additionalProperties"] is True:
        result["additionalProperties"] = dict(_SCALARS)
    return result


def _array(schema: Schema) -> dict[str, object]:
    least = _whole(schema.get("minItems"), default=0)
    most = max(_whole(schema.get("maxItems"), default=_ITEMS), least)
    prefix = schema.get("prefixItems")
    result: dict[str, object] = {"type": "array"}
    if isinstance(prefix, list):
        result["prefixItems"] = [_node(item) for item in prefix]
        most = max(most, len(prefix)) if "maxItems" not in schema else most
    result["items"] = _node(schema.get("items", {}))
    return {**result, "minItems": least, "maxItems": most}


def _string(schema: Schema) -> dict[str, object]:
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and _is_plain(pattern):
        return {"type": "string", "pattern": pattern}
    if schema.get("format") in _FORMATS:
        return {"type": "string", "format": schema["format"]}
    least = _whole(schema.get("minLength"), default=0)
    most = max(_whole(schema.get("maxLength"), default=_STRING_CHARS), least)
    return {"type": "string", "minLength": least, "maxLength": most}


def _range(schema: Schema) -> dict[str, object]:
    keys = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    result = {key: schema[key] for key in keys if isinstance(schema.get(key), int | float)}
    if "minimum" not in result and "exclusiveMinimum" not in result:
        result["minimum"] = -_INTEGER
    if "maximum" not in result and "exclusiveMaximum" not in result:
        result["maximum"] = _INTEGER
    return dict(result)


def _is_plain(pattern: str) -> bool:
    """Tell whether the grammar's regular expressions (no look-around, no back-references) take a pattern."""
    if "(?" in pattern or re.search(r"\\[1-9bBAZz]", pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _whole(value: object, *, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def sketch(schema: Schema) -> str:
    """Return a schema the way a small model reads it best: `{"city": string (where), "days": integer}`."""
    return _sketch(schema, root=schema, depth=0)


def _sketch(node: object, *, root: Schema, depth: int) -> str:
    if not isinstance(node, Mapping) or depth > 6:
        return "any"
    reference = node.get("$ref")
    if isinstance(reference, str):
        return _sketch(_resolve(reference, root), root=root, depth=depth + 1)
    if "const" in node:
        return json.dumps(node["const"], ensure_ascii=False)
    if isinstance(node.get("enum"), list):
        return " | ".join(json.dumps(item, ensure_ascii=False) for item in node["enum"])
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(node.get(key), list):
            parts = dict.fromkeys(_sketch(item, root=root, depth=depth + 1) for item in node[key])
            return (" & " if key == "allOf" else " | ").join(parts)
    if "properties" in node:
        return _sketch_object(node, root=root, depth=depth)
    if node.get("type") == "array" or "items" in node:
        return f"[{_sketch(node.get('items'), root=root, depth=depth + 1)}, …]"
    kind = node.get("type")
    return " | ".join(map(str, kind)) if isinstance(kind, list) else str(kind or "any")


def _sketch_object(node: Schema, *, root: Schema, depth: int) -> str:
    properties = node["properties"]
    if not isinstance(properties, Mapping):
        return "object"
    required = node.get("required")
    needed = required if isinstance(required, list) else []
    fields = []
    for name, item in properties.items():
        text = f'"{name}"{"" if name in needed else "?"}: {_sketch(item, root=root, depth=depth + 1)}'
        said = item.get("description") if isinstance(item, Mapping) else None
        fields.append(f"{text} ({said.strip()})" if isinstance(said, str) and said.strip() else text)
    return "{" + ", ".join(fields) + "}"


def _resolve(reference: str, root: Schema) -> object:
    node: object = root
    for step in reference.removeprefix("#/").split("/"):
        if not isinstance(node, Mapping):
            return None
        node = node.get(step)
    return node
