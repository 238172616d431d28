"""The pages that stand beside the boards: what guides claim, and what leaking is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emobench.api import RecipeError
from emobench.boards.claims import Ledger
from emobench.boards.claims_page import CLAIMS_FILE, CLAIMS_PAGE, claims_page
from emobench.boards.premium import PREMIUM_PAGE, premium_page
from emobench.recipes.text import locate, parse_mapping, plain

if TYPE_CHECKING:
    from emobench.boards.evidence import Evidence


def ledger_pages(
    out: Path, *, evidence: Sequence[Evidence], shipped: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """The pages by file name; none where the folder of boards holds no `claims.yaml`.

    `shipped` holds what the shipped recipes resolve to.
    """
    path = out / CLAIMS_FILE
    if not path.is_file():
        return {}
    ledger = read_ledger(path)
    return {
        CLAIMS_PAGE: claims_page(ledger, evidence, shipped=shipped),
        PREMIUM_PAGE: premium_page(ledger, evidence, shipped=shipped),
    }


def read_ledger(path: Path) -> Ledger:
    """The ledger in a file, or a RecipeError with every fault and its line."""
    root = parse_mapping(path).mapping()
    ledger, faults = Ledger.parse(plain(root))
    if ledger is None:
        raise RecipeError(
            [
                locate(root, fault.path, at_key=fault.at_key).fault(
                    f"{'.'.join(map(str, fault.path)) or 'the ledger'}: {fault.message}"
                )
                for fault in faults
            ]
        )
    return ledger
