"""The core's own technique through its suite."""

from __future__ import annotations

from emobench.testing import TechniqueSuite


class TestStopCollapsing(TechniqueSuite):
    component = "stop_collapsing"
