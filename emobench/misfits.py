"""Why a plugin could not be loaded, in words; tells what a newer plugin API may have brought."""

from __future__ import annotations

import re

from emobench import api
from emobench.api.component import SERVED
from emobench.api.errors import PluginError


def reason_of(error: BaseException) -> str:
    """What a plugin's registration raised; what it misses in the API may come with a newer one."""
    if isinstance(error, PluginError):
        return str(error)
    reason = f"{type(error).__name__}: {error}"
    if not _misses_api(error):
        return reason
    return (
        f"{reason}; perhaps it was built for a newer emobench: this one serves versions {SERVED} "
        "of the plugin API"
    )


def _misses_api(error: BaseException) -> bool:
    """Whether something was asked of the API, or given to it, that it does not know."""
    if isinstance(error, ImportError):
        return f"{error.name}.".startswith(f"{api.__name__}.")
    called = re.match(r"(\w+)\b.* got an unexpected keyword argument", str(error))
    return isinstance(error, TypeError) and called is not None and hasattr(api, called[1])
