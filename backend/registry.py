"""Plugins: one module each, found by walking their package; class attributes are the registration."""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
from importlib.metadata import entry_points
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


def discover(package: str, base: type[T]) -> dict[str, type[T]]:
    """Find every concrete subclass of ``base`` that is defined in a module of ``package``.

    Args:
        package: dotted name of the package whose modules are walked, sub-packages included.
        base: the plugin kind; its subclasses carry a ``name`` class attribute.

    Returns:
        Plugins by their ``name``, in alphabetical order.

    Raises:
        ValueError: two plugins carry the same name, or one has no name or no docstring (its first line is
            what people read).
    """
    found: dict[str, type[T]] = {}
    for module_name in module_names(package):
        module = importlib.import_module(module_name)
        for _, plugin in inspect.getmembers(module, inspect.isclass):
            if plugin.__module__ != module_name or not issubclass(plugin, base) or inspect.isabstract(plugin):
                continue
            if plugin is not base:
                _add(found, plugin)
    return dict(sorted(found.items()))


def installed(group: str, base: type[T]) -> tuple[dict[str, type[T]], dict[str, str]]:
    """Find the plugins that other installed packages name under an entry-point group.

    Args:
        group: such as ``assay.detectors``.
        base: the plugin kind.

    Returns:
        Plugins by their ``name``, and by entry point why one could not be taken: a broken package stops no other.
    """
    found: dict[str, type[T]] = {}
    refused: dict[str, str] = {}
    for point in sorted(entry_points(group=group), key=lambda one: (one.name, one.value)):
        try:
            plugin = point.load()
            if not (inspect.isclass(plugin) and issubclass(plugin, base)) or inspect.isabstract(plugin):
                raise ValueError(f"{point.value} is no concrete {base.__name__}")
            _add(found, plugin)
        except Exception as fault:  # noqa: BLE001 - foreign code: whatever it raises, the others are loaded
            refused[point.name] = f"{type(fault).__name__}: {fault}"[:300]
            log.error("plugin %s of %s was not taken: %r", point.name, group, fault)
    return dict(sorted(found.items())), refused


def module_names(package: str) -> list[str]:
    """Dotted names of all modules in ``package``, sorted, so that discovery has one order everywhere."""
    root = importlib.import_module(package)
    return sorted(found.name for found in pkgutil.walk_packages(root.__path__, f"{package}."))


def _add(found: dict[str, type[T]], plugin: type[T]) -> None:
    name = getattr(plugin, "name", "")
    where = f"{plugin.__module__}.{plugin.__qualname__}"
    if not name:
        raise ValueError(f"plugin {where} has no name")
    if not (plugin.__doc__ or "").strip():
        raise ValueError(f"plugin {where} has no docstring; its first line is what people read")
    if name in found:
        raise ValueError(f"two plugins are named {name!r}: {where} and {found[name].__module__}")
    found[name] = plugin
