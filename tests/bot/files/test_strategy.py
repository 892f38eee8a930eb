from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.files.strategy import FILE_NAME, SEED_FILE, load_strategy, read_strategy
from core.domain.instrument import TaxType
from core.errors import ConfigurationError
from core.strategy.parameters import Parameters

ENTRY = '[[universe]]\nsymbol = "069500"\nname = "KODEX 200"\n'
PATH = Path("strategy.toml")


def test_the_seed_is_written_once_and_says_the_defaults(tmp_path: Path) -> None:
    found = load_strategy(tmp_path / "data")
    assert found.path.read_text(encoding="utf-8") == SEED_FILE.read_text(encoding="utf-8")
    assert found.parameters == Parameters()
    assert len(found.universe) == 30
    assert all(item.is_plain for item in found.universe)
    assert {item.tax_type for item in found.universe} >= {TaxType.EXEMPT, TaxType.HOLDING_PERIOD}
    found.path.write_text("[parameters]\ntop_k = 2\n" + ENTRY, encoding="utf-8")
    again = load_strategy(tmp_path / "data")
    assert (again.parameters.top_k, len(again.universe)) == (2, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("= 1", "not valid TOML"),
        ("[other]\n" + ENTRY, "other: unknown key"),
        ("parameters = 1\n" + ENTRY, "parameters: must be a table"),
        ("[parameters]\ntopk = 4\n" + ENTRY, "parameters.topk: unknown key"),
        ("[parameters]\ntop_k = 99\n" + ENTRY, "parameters.top_k: must be 1 to 10, got 99"),
        ('[parameters]\ntop_k = "4"\n' + ENTRY, "parameters.top_k: must be a whole number"),
        ("[parameters]\ntop_k = true\n" + ENTRY, "parameters.top_k: must be a whole number"),
        ("[parameters]\natr_method = 'ema'\n" + ENTRY, "parameters.atr_method: must be one of"),
        ("[parameters]\natr_method = 3\n" + ENTRY, "parameters.atr_method: must be one of"),
        ("[parameters]\nskip = 60\nformation = 50\n" + ENTRY, "parameters.skip: must be below"),
        ("[parameters]\ntop_k = 4\n", "universe: must list at least one"),
        ("universe = 3", "universe: must list"),
        ("universe = [3]", r"universe\[1\]: must be a table"),
        (ENTRY + ENTRY, r"universe\[2\].symbol: 069500 is listed twice"),
        (ENTRY + "colour = 1", r"universe\[1\].colour: unknown key"),
        ('[[universe]]\nsymbol = "069500"\n', r"universe\[1\].name: missing"),
        ("[[universe]]\nsymbol = 69500\nname = 'x'", r"universe\[1\].symbol: must be text"),
        (
            "[[universe]]\nsymbol = '69500'\nname = 'x'",
            r"universe\[1\].symbol: not a six-character",
        ),
        (ENTRY + "multiple = 3", r"universe\[1\].multiple: must be one of"),
        (ENTRY + "multiple = true", r"universe\[1\].multiple: must be a whole number"),
        (ENTRY + "fee_bps = -1", r"universe\[1\].fee_bps: must be 0"),
        (ENTRY + "tax_type = '없음'", r"universe\[1\].tax_type: '없음' is none of"),
        ("[parameters]\nuniverse_max = 1\n" + ENTRY + ENTRY.replace("069500", "114260"), "at most"),
    ],
)
def test_every_mistake_names_file_key_and_reason(text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^strategy.toml: ?.*{reason}"):
        read_strategy(PATH, text)


def test_a_complete_entry_is_read() -> None:
    text = ENTRY + "asset_class = '국내 주식'\nmultiple = -1\ntax_type = '비과세'\nfee_bps = 15"
    (found,) = read_strategy(PATH, text).universe
    assert (found.multiple, found.tax_type, found.fee_bps) == (-1, TaxType.EXEMPT, 15)
    assert not found.is_plain


def test_a_mistake_is_told_in_korean_and_a_byte_order_mark_is_none(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text("\ufeff[parameters]\ntop_k = 2\n" + ENTRY, encoding="utf-8")
    assert load_strategy(tmp_path).parameters.top_k == 2
    with pytest.raises(ConfigurationError, match=r"parameters\.top_k: 1 ~ 10 사이여야 합니다: 99"):
        read_strategy(PATH, "[parameters]\ntop_k = 99\n" + ENTRY)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError, match="만들 수 없습니다"):
        load_strategy(tmp_path / "file")


def test_an_unreadable_file_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="neither UTF-8 nor CP949"):
        load_strategy(tmp_path)
    (tmp_path / FILE_NAME).write_text("#" * 1_000_001, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="larger than"):
        load_strategy(tmp_path)


def test_reading_the_file_and_importing_the_cycle_needs_no_numpy() -> None:
    code = (
        "import sys, bot.files.strategy, core.flows.daily_cycle, core.flows.closing_report, "
        "core.news.feeds, core.services.market.service; "
        "sys.exit(any(name in sys.modules for name in ('numpy', 'defusedxml', 'pandas')))"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
