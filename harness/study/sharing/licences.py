"""The licence of what is published, as its description wants it: an address."""

import re
from difflib import get_close_matches

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

LICENSE = "CC-BY-4.0"
USUAL = (
    *("CC-BY-4.0", "CC0-1.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "ODbL-1.0", "ODC-By-1.0", "PDDL-1.0"),
    *("BSD-3-Clause", "MIT", "Apache-2.0", "GPL-3.0-only", "GPL-3.0-or-later"),
)
"""Licences of data, and then of code, that a mistyped one may have meant."""
URL = re.compile(r"https?://[^\s/]+\.[^\s/]+(/\S*)?")


def license_address(text: str) -> str:
    """An address as it is, or that of the page of SPDX where `text` is an identifier of its list (Croissant 1.0).

    Raises ValueError for anything else."""
    if URL.fullmatch(text):
        return text
    try:
        known = canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        known = None
    # an expression of several, an exception or a licence of one's own has no page
    if known is None or not re.fullmatch(r"(?!LicenseRef-)[\w.-]+", known):
        usual = {name.upper(): name for name in USUAL}
        near = get_close_matches("-".join(text.upper().split()), usual, 1)
        meant = "".join(f" Did you mean '{usual[name]}'?" for name in near)
        raise ValueError(
            f"A licence is an address or one identifier of spdx.org/licenses, such as {', '.join(USUAL[:3])}; "
            f"got '{text}'.{meant}"
        )
    return f"https://spdx.org/licenses/{known}.html"
