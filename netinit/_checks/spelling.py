"""One name, spelled as different libraries spell it."""


def plain(name: str) -> str:
    """`name` in lower case with its letters and digits alone.

    >>> plain("HeNormal"), plain("he_normal_"), plain("he-normal")
    ('henormal', 'henormal', 'henormal')
    """
    return "".join(character for character in name.lower() if character.isalnum())
