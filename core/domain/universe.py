"""The ETFs that ship as the default universe: facts of the KRX list of 2026-09-27.

A person can replace it with their own list; codes never change, names do.
"""

from __future__ import annotations

from core.domain.instrument import Instrument, TaxType, symbol

