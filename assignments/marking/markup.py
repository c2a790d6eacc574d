"""Answers and rubrics as HTML: markdown with mathematics and pictures, and nothing that runs.

What a student wrote is untrusted. HTML in it is shown as text, a link as its words and its address,
a picture only if it is in the notebook itself. Mathematics stays as it was written, marked for
MathJax. The page's content security policy holds even if something is missed here.
"""

from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode

from assignments.handed_in.reading import PICTURES
from assignments.pages.shown import LARGEST, LONGEST_ANSWER, PICTURE, address, cut

MOST_BRACKETS = 300  # of a text in markdown: thousands take a parser seconds

_Tokens = Sequence[Token]


def text_html(source: str) -> Markup:
    """A text in markdown, such as a rubric, as HTML."""
    return _rendered(source, {})


def answer_html(cell: NotebookNode) -> Markup:
    """A text cell that a student wrote, as HTML with its pictures in place."""
    pictures = {
        f"attachment:{name}": address(kind, data)
        for name, kinds in cell.get("attachments", {}).items()
        for kind, data in kinds.items()
        if kind in PICTURES and len(data) <= LARGEST
    }

    def kept(found: object) -> str:
        kind, data = found.groups()
        if kind not in PICTURES or len(data) > LARGEST:
            return "picture"
        name = f"attachment:in-the-text-{len(pictures)}"
        pictures[name] = address(kind, data)
        return name

    return _rendered(cut(PICTURE.sub(kept, cell.source), LONGEST_ANSWER), pictures)


def _rendered(source: str, pictures: dict[str, str]) -> Markup:
    seen: set[str] = set()
    if source.count("[") > MOST_BRACKETS:
        return Markup(f"<pre>{escape(source)}</pre>")
    html = _MARKDOWN.render(source, {"pictures": pictures, "seen": seen})
    # An attached picture that the text does not mention is part of the answer too.
    html += "".join(_picture(pictures[name], "") for name in pictures if name not in seen)
    return Markup(html)


def _picture(source: str, words: str) -> str:
    return f'<img src="{escape(source)}" alt="{escape(words or "a picture in the answer")}">'


class _Plain(RendererHTML):
    """Writes what may be dangerous, or would be misleading in the page, as plain text."""

    def image(self, tokens: _Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        where, words = str(tokens[idx].attrs.get("src", "")), tokens[idx].content
        if where in env["pictures"]:
            env["seen"].add(where)
            return _picture(env["pictures"][where], words)
        return (
            f'<span class="elsewhere">[picture {escape(words)}: {escape(cut(where, 200))}]</span>'
        )

    def link_open(self, tokens: _Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        where = str(tokens[idx].attrs.get("href", ""))
        if tokens[idx].info == "auto":  # its words are the address already
            return '<span class="link">'
        return f'<span class="elsewhere">[{escape(cut(where, 200))}]</span> <span class="link">'

    def link_close(self, tokens: _Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</span>"

    def heading_open(self, tokens: _Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<p class="heading">'

    def heading_close(self, tokens: _Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</p>"

    def fence(self, tokens: _Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<pre>{escape(tokens[idx].content)}</pre>"

    code_block = fence

    def math_inline(self, tokens: _Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<span class="math">\\({escape(tokens[idx].content)}\\)</span>'

    def math_block(self, tokens: _Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<div class="math">\\[{escape(tokens[idx].content)}\\]</div>'

    math_block_label = amsmath = math_block

    def math_inline_double(
        self, tokens: _Tokens, idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<span class="math">\\[{escape(tokens[idx].content)}\\]</span>'


_MARKDOWN = (
    MarkdownIt("js-default", {"html": False, "linkify": False}, renderer_cls=_Plain)
    .use(dollarmath_plugin, allow_space=True, allow_digits=True, double_inline=True)
    .use(amsmath_plugin)
)
# The plugins bring renderers of their own; ours write what MathJax is to find.
_OURS = _Plain()
for _name in ("math_inline", "math_inline_double", "math_block", "math_block_label", "amsmath"):
    _MARKDOWN.renderer.rules[_name] = getattr(_OURS, _name)
