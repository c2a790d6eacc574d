"""TeX of the chapters in the words that matplotlib's mathtext knows."""

import re

GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
ARGUMENT = rf"\s*({GROUP}|\\[a-zA-Z]+|\w)"
END = r"(?![a-zA-Z])"  # of a command
WORDS = {
    rf"\\tfrac{END}": r"\\frac",
    rf"\\[bB]igg?[lr]?{END}\s*": "",
    rf"\\[lr]vert{END}": "|",
    rf"\\textstyle{END}": "",
    rf"\\top{END}": r"\\mathrm{T}",
    rf"\\([lg])e{END}": r"\\\1eq",
}
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))


def mathtext(tex: str) -> str:
    r"""The same formula for mathtext, without dollar signs.

    >>> mathtext(r"\tfrac12 \Bigl(1 - \frac1C\Bigr) \le \sqrt2")
    '\\frac{1}{2} (1 - \\frac{1}{C}) \\leq \\sqrt{2}'
    """
    for pattern, new in WORDS.items():
        tex = re.sub(pattern, new, tex)
    return _fractions(_roots(tex))


def _roots(tex: str) -> str:
    return re.sub(rf"\\sqrt{ARGUMENT}", lambda f: rf"\sqrt{_braced(_roots(f[1]))}", tex)


def _fractions(tex: str) -> str:
    def written(found: re.Match) -> str:
        above, below = (_braced(_fractions(part)) for part in found.groups()[1:])
        return rf"\{found[1]}{above}{below}"

    return re.sub(rf"\\(d?frac){ARGUMENT}{ARGUMENT}", written, tex)


def _braced(argument: str) -> str:
    return argument if argument.startswith("{") else f"{{{argument}}}"


def raised(text: str) -> str:
    """Raised and lowered digits of a text as formulas, since few fonts have them all.

    >>> raised("10⁻³ of t₀")
    '10$^{-3}$ of t$_{0}$'
    """
    for digits, mark in ((RAISED, "^"), (LOWERED, "_")):
        text = re.sub(
            f"[{''.join(digits)}]+",
            lambda found, digits=digits, mark=mark: (
                f"${mark}{{{''.join(digits[digit] for digit in found[0])}}}$"
            ),
            text,
        )
    return text
