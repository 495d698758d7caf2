"""Numbers as they are written in sentences and tables."""


def amount(number: int, noun: str = "problem") -> str:
    """A number of things: "1 problem", "1,024 problems"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def fraction(value: float, signed: bool = False) -> str:
    """A fraction with three decimals and a true minus sign; + only where asked for, 0 unsigned.

    A dash where it is undefined.
    """
    if value != value:
        return "–"
    rounded = round(value, 3) + 0.0  # no −0.0
    return f"{rounded:{'+' if signed and rounded else ''}.3f}".replace("-", "−")
