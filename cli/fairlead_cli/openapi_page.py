"""An OpenAPI document as one HTML file that loads nothing: Swagger UI's script and style are in it."""

import html
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from fairlead.errors import MissingPackageError

PACKAGE = "mkdocs_swagger_ui_tag"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'"
# The page sends nothing, so it has no use for Swagger UI's forms of credentials.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}
#page .auth-wrapper, #page .authorization__btn {{ display: none }}</style>
</head>
<body>
<div id="page"></div>
<script>{script}</script>
<script>
SwaggerUIBundle({{
  spec: {document}, dom_id: "#page", supportedSubmitMethods: [], validatorUrl: null,
  defaultModelsExpandDepth: 2, defaultModelExpandDepth: 3, docExpansion: "list"
}});
</script>
</body>
</html>
"""


class Assets(NamedTuple):
    """Swagger UI's script and style."""

    script: str
    style: str


def assets() -> Assets:
    """Read Swagger UI from its package, which is not imported; raises MissingPackageError without it."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise MissingPackageError(
            "this needs mkdocs-swagger-ui-tag, which is not installed: pip install 'fairlead[docs]'"
        )
    folder = Path(found.origin).parent / "swagger-ui"
    return Assets(
        (folder / "javascripts/swagger-ui-bundle.js").read_text(encoding="utf-8"),
        (folder / "stylesheets/swagger-ui.css").read_text(encoding="utf-8"),
    )


def page(document: bytes, swagger: Assets) -> str:
    """Return the HTML file of an OpenAPI document. It sends no requests: calls need a signature."""
    read = json.loads(document)
    info = read["info"]
    return PAGE.format(
        policy=POLICY,
        title=html.escape(f"{info['title']} version {info['version']}: API"),
        style=swagger.style,
        script=swagger.script.replace("</script", "<\\/script"),
        document=json.dumps(_resolved(read, read)).replace("<", "\\u003c"),
    )


def _resolved(part: Any, document: Any) -> Any:
    """Return a part of the document with what it refers to in place of `$ref`: Swagger UI resolves none in a file."""
    if isinstance(part, list):
        return [_resolved(one, document) for one in part]
    if not isinstance(part, dict):
        return part
    if not isinstance(part.get("$ref"), str):  # a field may have this name
        return {name: _resolved(one, document) for name, one in part.items()}
    found = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return _resolved(found, document)
