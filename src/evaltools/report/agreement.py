"""Whether the text of a bound number shows its value: a text written beside the value cannot drift from it."""

from __future__ import annotations

import re

from evaltools.errors import ReportError
from evaltools.report.inline import Bound

_AFTER = r"(?:%|％|‰|万|亿|个百分点|percentage points|×\s*10,000|×\s*100 million)"
PRINTED = re.compile(rf"[-−]?\d[\d,]*(?:\.\d+)?(?:\s*{_AFTER})?")
_SCALES = (("%", 0.01), ("％", 0.01), ("个百分点", 0.01), ("percentage", 0.01), ("‰", 0.001), ("100 million", 1e8),
           ("10,000", 1e4), ("万", 1e4), ("亿", 1e8))  # fmt: skip


def shown(text: str) -> list[tuple[float, float]]:
    """(value, half a unit of the last digit) of each numeral in `text`; %, 万 and 亿 scale it.

    >>> shown("1.23%")
    [(0.0123, 5e-05)]
    """
    out = []
    for m in PRINTED.finditer(text):
        digits = re.match(r"[-−]?\d[\d,]*(?:\.\d+)?", m[0])
        number = (digits[0] if digits else "0").replace(",", "").replace("−", "-")
        scale = next((s for word, s in _SCALES if word in m[0][len(digits[0]) if digits else 0 :]), 1.0)
        decimals = len(number.partition(".")[2])
        out.append((float(f"{float(number) * scale:.12g}"), float(f"{0.5 * 10**-decimals * scale:.12g}")))
    return out


def agrees(bound: Bound) -> bool:
    """True when every number of the value is one of the numbers in the text, rounded as printed.

    A value that is text or unknown claims no number.
    """
    values = bound.value if isinstance(bound.value, tuple) else (bound.value,)
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    printed = shown(bound.text)
    if not numbers:
        return True
    return len(printed) >= len(numbers) and all(
        any(abs(v - p) <= half * (1 + 1e-9) + 1e-12 * abs(v) for p, half in printed) for v in numbers
    )


def check_agreement(bound: Bound, where: str) -> None:
    """Errors: ReportError when the text shows another number than the value."""
    if not agrees(bound):
        raise ReportError(
            f"the text {bound.text!r} does not show the value {bound.value!r}", where=f"{where}: {bound.ref}",
            expected="a text made from the value", todo="make it with evaltools.report.binding",
        )  # fmt: skip
