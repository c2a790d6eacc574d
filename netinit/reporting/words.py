"""How numbers are written in reports and messages."""


def shown(value: str | float | None) -> str:
    """How a report shows a value: three significant digits of a fraction, nothing for nothing.

    >>> shown(0.0123456), shown(12), shown(None)
    ('0.0123', '12', '')
    """
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def counted(number: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "row"), counted(3, "row")
    ('1 row', '3 rows')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
