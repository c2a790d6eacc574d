"""One script out of several JavaScript modules.

A page and JupyterLab load a widget's script from memory, where a relative import finds nothing.
So the modules are put into one text here. Each keeps a scope of its own: it becomes a function
that is called once and returns what the module exports.

A module may use these forms, each at the start of a line, and no others::

    import { html, name as newId } from "./dom.js";
    import lines from "./panels/lines.js";
    export function ticks(low, high) {          // also async function, class, const: one name each
    export default { draw, legend };            // an expression
"""

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import (?:(\w+)|\{([^}]*)\}) from "(\.\.?/[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
# Comments that fill whole lines are for whoever reads the files.
_COMMENTS = re.compile(r"^ *(?:/\*\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class _Module:
    """A module that is part of the script: its text and the names it exports."""

    text: str
    exports: frozenset[str]


def bundle(entry: str, folder: Path = HERE) -> str:
    """One module out of the text of another and all that it imports.

    Parameters
    ----------
    entry : text of the last module, which ends with ``export default``
    folder : what its imports are relative to

    Raises
    ------
    ValueError
        If modules import each other in a circle, a name is imported that is not exported, or an
        import or export is not one of the forms above.
    """
    found: dict[Path, _Module] = {}
    last = _linked(entry, folder / "entry", folder, found, ())
    checked = last.replace("export default ", "", 1)
    if found_other := _OTHER.search(checked):
        raise ValueError(f"the entry cannot be bundled: {found_other[0]}")
    return "const $modules = {};\n" + "".join(m.text for m in found.values()) + last


def _linked(
    text: str, path: Path, root: Path, found: dict[Path, _Module], above: tuple[Path, ...]
) -> str:
    """The text with its imports replaced, once what it imports has been ``found``."""

    def replaced(match: re.Match) -> str:
        default, names, target = match.groups()
        source = (path.parent / target).resolve()
        if source not in found:
            _add(source, root, found, above)
        wanted = f"default as {default}" if default else " ".join(names.split())
        for name in filter(None, map(str.strip, wanted.split(","))):
            if name.split()[0] not in found[source].exports:
                raise ValueError(f"{path.name} imports {name!r}, which {target} does not export")
        return f"const {{ {wanted.replace(' as ', ': ')} }} = $modules[{_key(source, root)}];\n"

    return _IMPORT.sub(replaced, _COMMENTS.sub("", text))


def _add(path: Path, root: Path, found: dict[Path, _Module], above: tuple[Path, ...]) -> None:
    if path in above:
        circle = " -> ".join(p.name for p in (*above[above.index(path) :], path))
        raise ValueError(f"modules import each other in a circle: {circle}")
    text = _linked(path.read_text("utf8"), path, root, found, (*above, path))
    exports = [name for _, name in _EXPORT.findall(text)]
    returned = list(exports)
    if _DEFAULT.search(text):
        text, returned = _DEFAULT.sub("const $default = ", text), [*exports, "default: $default"]
    text = _EXPORT.sub(r"\1", text)
    if other := _OTHER.search(text):
        raise ValueError(f"{path.name} cannot be bundled: {other[0]}")
    scope = f"(() => {{\n{text}return {{ {', '.join(returned)} }};\n}})()"
    names = frozenset(name.split(":")[0] for name in returned)
    found[path] = _Module(f"$modules[{_key(path, root)}] = {scope};\n", names)


def _key(path: Path, root: Path) -> str:
    return f'"{path.relative_to(root.resolve()).as_posix()}"'
