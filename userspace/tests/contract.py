# SPDX-License-Identifier: GPL-2.0-only
"""openapi.json as a judge: every reply that a test gets must be one that it promises."""

import json
import re
from pathlib import Path

import jsonschema

DOCUMENT = json.loads((Path(__file__).parent.parent / "programs/phyrd/openapi.json").read_text())
METHODS = ("get", "put", "post", "delete", "patch", "options", "head")
seen = set()                    # (path, method, status) of every reply that was judged


def pattern(path):
    """A path of the document as an expression for paths of requests."""
    return re.compile(re.sub(r"\\{\w+\\}", r"[1-9][0-9]{0,17}", re.escape(path)) + "$")


PATTERNS = {path: pattern(path) for path in DOCUMENT["paths"]}


def resolve(node):
    while "$ref" in node:
        target = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def validate(schema, value):
    """The schema may point into the document."""
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": DOCUMENT["components"], **schema}
    jsonschema.Draft202012Validator(whole).validate(value)


def find_path(path):
    return next((known for known, expression in PATTERNS.items() if expression.match(path)), None)


def find_response(path, method, status):
    """What the document says of this reply; an operation it does not know may only be refused."""
    operation = DOCUMENT["paths"].get(path, {}).get("get" if method == "head" else method)
    if not operation:
        assert status in (401, 403, 404, 405, 413), f"{method} {path}: {status}, but the document has no such operation"
        return resolve({"$ref": "#/components/responses/Problem"})
    responses = operation["responses"]
    if str(status) in responses:
        return resolve(responses[str(status)])
    assert status >= 400, f"{method} {path}: {status} is not in the document"
    return resolve(responses["default"])


def check(method, target, status, headers, text):
    """Judge a reply: its status, type and body, and the headers that belong to it."""
    method, path = method.lower(), find_path(target.partition("?")[0])
    response = find_response(path, method, status)
    seen.add((path, method, status))
    assert headers["X-Content-Type-Options"] == "nosniff", target
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; "), target
    for name in response.get("headers", {}):
        assert headers[name], f"{target}: no {name}"
    content = response.get("content", {})
    if not content:
        assert not text, f"{target}: a body where there should be none"
        return
    kind = headers["Content-Type"].partition(";")[0]
    assert kind in content, f"{target}: {kind} instead of {', '.join(content)}"
    if method == "head":
        assert not text
    elif kind.endswith("json"):
        validate(content[kind]["schema"], json.loads(text))
