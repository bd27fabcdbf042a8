"""What a method, a problem or a study of the user's may be called."""

import re
from typing import Any

from optimizers.user.signatures import shown

NAME = re.compile(r"[^\W_][\w+-]*")
RESERVED = ("all", "none", "problem", "optimizer", "tuned", "default")
"""What words of the command line mean something by, in place of a name."""


def check_name(kind: str, name: Any) -> None:
    """Raise ValueError unless `name` can stand in lists, in settings (NAME.lr=0.1) and in names of folders."""
    if not isinstance(name, str):
        raise ValueError(  # noqa: TRY004  # a user's mistake is a ValueError
            f'A name is text: write @{kind}("name") above the {kind}; got {shown(name)}.'
        )
    if name.lower() in RESERVED:
        raise ValueError(f"The name '{name}' is reserved: on the command line it means something else. Choose another.")
    if not NAME.fullmatch(name):
        raise ValueError(
            "A name is made of letters, digits, -, + and _, and begins with a letter or a digit: no spaces, commas or "
            f"dots; got '{name}'."
        )
