"""Every template compiles: a misspelled tag, filter or include is found before somebody opens the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template import TemplateDoesNotExist
from django.template.base import Node
from django.template.loader import get_template
from django.template.loader_tags import ExtendsNode, IncludeNode

FOLDER = Path(__file__).parents[2] / "frontend" / "templates"
TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_compiles_and_so_does_what_it_names(name: str) -> None:
    """Includes and parents are read when a page is shown; here they are read before."""
    template = get_template(name).template
    for node in template.nodelist.get_nodes_by_type((IncludeNode, ExtendsNode)):
        named = _named(node)
        if named:
            try:
                get_template(named)
            except TemplateDoesNotExist:
                pytest.fail(f"{name} names {named}, which does not exist")


def _named(node: Node) -> str:
    """The template that a tag names, where that is no variable."""
    expression = node.template if isinstance(node, IncludeNode) else node.parent_name
    return expression.var if isinstance(expression.var, str) else ""
