import gzip
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from brokers.sim.prices_csv import BarFile
from core.errors import DataError
from tests.brokers.sim.worlds import write_bars

A, B = "069500", "0080G0"
ROWS = [
    f"2024-06-03,{A},36265,36805,36250,36660,4712955",
    f"2024-06-03,{B},10000,10100,9900,10050,500",
    f"2024-06-04,{A},36600,36700,36500,36550,1000000",
    f"2024-06-04,{B},0,0,0,10050,0",
    f"2024-06-05,{A},36550,36900,36400,36800,2000000",
    f"2024-06-05,{B},5000,5100,4900,5050,900",
]
D3, D4, D5 = (date(2024, 6, day) for day in (3, 4, 5))


@pytest.fixture
def bars(tmp_path):
    return BarFile(write_bars(tmp_path / "bars.csv", ROWS), names={A: "KODEX 200"})


def test_what_the_file_holds(bars):
    assert bars.symbols() == (B, A)
    assert (bars.name(A), bars.name(B)) == ("KODEX 200", B)
    assert bars.sessions() == (D3, D4, D5)
    assert bars.is_session(D4)
    assert not bars.is_session(date(2024, 6, 6))
    assert bars.one_series
    assert "bars.csv" in bars.label
    assert "한 계열" in bars.label
    first = bars.daily_bars(A, D3, D4, adjusted=True)
    assert [(bar.session, bar.close) for bar in first] == [(D3, 36_660), (D4, 36_550)]


def test_base_prices(bars):
    assert bars.base_price(A, D4) == 36_660
    assert bars.base_price(A, date(2024, 6, 8)) == 36_800
    assert bars.base_price(A, D3) == 36_265  # listed today: the open stands in
    assert bars.base_price(A, date(2024, 6, 2)) == 0
    assert bars.base_price(B, D4) == 10_050
    assert bars.base_price(B, D5) == 5_000  # a split: beyond the limits of the old close
    with pytest.raises(KeyError):
        bars.base_price("999999", D4)


def test_a_day_without_trades(bars):
    minute = bars.minute(B, D4, 100)
    assert (minute.last, minute.bid, minute.ask, minute.cumulative_volume) == (10_050, 0, 0, 0)


def test_a_day_with_trades_follows_its_bar(bars):
    assert bars.minute(A, D3, 0).last == 36_265
    close = bars.minute(A, D3, 390)
    assert (close.last, close.day_high, close.day_low) == (36_660, 36_805, 36_250)
    assert close.cumulative_volume == 4_712_955
    with pytest.raises(ValueError, match="not a session"):
        bars.minute(A, date(2024, 6, 6), 0)


def test_two_readings_give_the_same_day(tmp_path, bars):
    again = BarFile(tmp_path / "bars.csv")
    whole = [bars.minute(A, D5, index) for index in range(391)]
    assert whole == [again.minute(A, D5, index) for index in range(391)]


def test_gz_bom_column_order_and_further_columns(tmp_path):
    path = tmp_path / "bars.csv.gz"
    text = "\ufeffsymbol,nav,date,close,low,high,open,volume\r\n069500,1.5,2024-06-03,4,2,5,3,9\r\n"
    path.write_bytes(gzip.compress(text.encode()))
    bar = BarFile(path).daily_bars(A, D3, D3, adjusted=False)[0]
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (3, 5, 2, 4, 9)


def test_rows_in_any_order(tmp_path, bars):
    shuffled = BarFile(write_bars(tmp_path / "other.csv", reversed(ROWS)))
    for symbol in (A, B):
        assert shuffled.daily_bars(symbol, D3, D5, adjusted=False) == bars.daily_bars(
            symbol, D3, D5, adjusted=False
        )


def test_empty_lines_are_no_rows(tmp_path, bars):
    spaced = BarFile(write_bars(tmp_path / "other.csv", [ROWS[0], "", *ROWS[1:], "", ""]))
    assert spaced.sessions() == bars.sessions()


def test_filters(tmp_path):
    path = write_bars(tmp_path / "bars.csv", ROWS)
    assert BarFile(path, symbols={A}).symbols() == (A,)
    late = BarFile(path, start=D4, end=D4)
    assert late.sessions() == (D4,)
    assert [bar.session for bar in late.daily_bars(A, D3, D5, adjusted=False)] == [D4]


def test_an_adjusted_file_serves_adjusted_bars_only(tmp_path):
    raw = write_bars(tmp_path / "raw.csv", ROWS)
    rows = [f"2024-06-0{day},{A},18130.4,18400.0,18125.5,18330.0" for day in (3, 4)]
    adjusted = write_bars(tmp_path / "adjusted.csv", rows, "date,symbol,open,high,low,close")
    both = BarFile(raw, adjusted=adjusted)
    assert not both.one_series
    assert "한 계열" not in both.label
    bar = both.daily_bars(A, D3, D5, adjusted=True)[0]
    assert (bar.open, bar.low, bar.close, bar.volume) == (18_130, 18_126, 18_330, 4_712_955)
    assert len(both.daily_bars(A, D3, D5, adjusted=True)) == 2
    assert both.daily_bars(A, D3, D3, adjusted=False)[0].close == 36_660
    assert both.base_price(A, D4) == 36_660
    # Raw bars never stand in for adjusted ones that are not there.
    assert both.daily_bars(B, D3, D5, adjusted=True) == []


def test_etn_rows_are_left_out_and_counted(tmp_path):
    rows = [*ROWS, "2024-06-03,Q530107,1,1,1,1,1", "2024-06-04,Q530107,1,1,1,1,1"]
    source = BarFile(write_bars(tmp_path / "bars.csv", rows))
    assert source.symbols() == (B, A)
    assert source.left_out == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"2024-13-01,{A},1,1,1,1,1", "not a date"),
        (f"2024-02-30,{A},1,1,1,1,1", "not a date"),
        (f"20240603,{A},1,1,1,1,1", "not a date"),
        (f",{A},1,1,1,1,1", "not a date"),
        ("2024-06-07,69500,1,1,1,1,1", "leading zeros"),
        ("2024-06-07,KS11,1,1,1,1,1", "six-character"),
        (f"2024-06-07,{A},1,1,1x,1,1", "not a number: low '1x'"),
        (f"2024-06-07,{A},1,1,,1,1", "not a number: low"),
        (f"2024-06-07,{A},nan,1,1,1,1", "not a number: open"),
        (f"2024-06-07,{A},1,1e3,1,1,1", "not a number: high"),
        (f"2024-06-07,{A},1,1,1,1,many", "not a number: volume"),
        (f"2024-06-07,{A},1.5,1,1,{'9' * 40}.5,1", "not a number: close"),
        (f"2024-06-07,{A},-5,1,1,1,1", "impossible"),
        (f"2024-06-07,{A},1,1,2,1,1", "impossible"),
        (f"2024-06-07,{A},1,1,1,0,1", "impossible"),
        (f"2024-06-07,{A},0,0,0,0,0", "impossible"),
        (f"2024-06-07,{A},1,1,1,1,-1", "impossible"),
        (f"2024-06-07,{A},{'9' * 40},1,1,1,1", "impossible"),
        (f"2024-06-07,{A},1,1,1,1,{'9' * 40}", "impossible"),
        (f"2024-06-07,{A},1,1,1,1,{'9' * 5_000}", "not a number: volume '9{100,160}…$"),
        (f"2024-06-07,{A},0,0,0,{'9' * 19},0", "impossible"),
        (f"2024-06-07,{A},1,1,1", "only 5 columns"),
        (f"2024-06-03,{A},1,1,1,1,1", "second row .*: 069500"),
    ],
)
def test_bad_rows_are_named_with_file_line_and_reason(tmp_path, row, reason):
    path = write_bars(tmp_path / "bad.csv", [*ROWS, row])
    with pytest.raises(DataError, match=reason) as caught:
        BarFile(path)
    assert "bad.csv, line 8" in str(caught.value)


def test_a_missing_column_is_named(tmp_path):
    path = write_bars(tmp_path / "bad.csv", ROWS, "date,symbol,open,high,low,last,amount")
    with pytest.raises(DataError, match="line 1: missing column: close, volume"):
        BarFile(path)


def test_unusable_files(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "head.csv").write_text("date,symbol,open,high,low,close,volume\n")
    (tmp_path / "broken.csv.gz").write_bytes(b"no gzip at all")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"date" * 1_000)[:-12])
    (tmp_path / "euckr.csv").write_bytes("날짜,종목".encode("euc-kr"))
    (tmp_path / "quote.csv").write_text('date,symbol,open,high,low,close,volume\n"' + "x" * 200_000)
    reasons = {
        "empty.csv": "missing column",
        "head.csv": "no row",
        "broken.csv.gz": "cannot be read",
        "cut.csv.gz": "cannot be read",
        "euckr.csv": "not UTF-8",
        "quote.csv": "field larger",
        "absent.csv": "cannot be read",
        "folder.csv": "cannot be read",
    }
    for name, reason in reasons.items():
        with pytest.raises(DataError, match=reason):
            BarFile(tmp_path / name)


def test_the_most_traded_look_at_nothing_of_the_day_itself(tmp_path):
    days = [date(2024, 1, 1) + timedelta(days=offset) for offset in range(100)]
    rows = []
    for place, day in enumerate(days):
        rows.append(f"{day},000001,100,100,100,100,{1_000 if place < 99 else 1}")
        rows.append(f"{day},000002,100,100,100,100,{900 if place < 99 else 9_000_000}")
        if place != 98:
            rows.append(f"{day},000003,100,100,100,100,999999")
        if place > 90:
            rows.append(f"{day},000004,100,100,100,100,888888")
        rows.append(f"{day},000005,100,100,100,100,{10**6 if place < 30 else 1}")
    source = BarFile(write_bars(tmp_path / "many.csv", rows))
    last = days[99]
    assert source.most_traded(last, 9, sessions_min=99) == ("000001", "000002", "000005")
    assert source.most_traded(last, 1, sessions_min=99) == ("000001",)
    assert source.most_traded(last, 1, sessions_min=99, exclude={"000001"}) == ("000002",)
    assert source.most_traded(last, 1, sessions_min=5)[0] == "000004"
    assert source.most_traded(days[0], 9, sessions_min=0) == ()
    assert source.most_traded(last, 9) == ()


def test_the_most_traded_have_adjusted_bars_too(tmp_path):
    raw = write_bars(tmp_path / "raw.csv", ROWS)
    adjusted = write_bars(tmp_path / "adj.csv", [row for row in ROWS if A in row])
    both = BarFile(raw, adjusted=adjusted)
    assert both.most_traded(D5, 9, sessions_min=2) == (A,)
    assert BarFile(raw).most_traded(D5, 9, sessions_min=2) == (A, B)


@pytest.mark.untraced
def test_paths_are_kept_within_bounds(tmp_path):
    days = [date(2024, 1, 1) + timedelta(days=offset) for offset in range(300)]
    path = write_bars(tmp_path / "b.csv", [f"{d},{A},100,110,95,105,1000" for d in days])
    source = BarFile(path)
    for day in days:
        source.minute(A, day, 1)
    assert len(source._paths) <= 256


RAW = Path(__file__).parents[3] / ".." / "shared" / "data" / "krx"


@pytest.fixture(scope="module")
def real():
    path = RAW / "etf_raw_ohlcv_nav_2020_2024.csv.gz"
    if not path.exists():
        pytest.skip("the real bars are not on this machine")
    return BarFile(path)


def test_real_bars_can_be_replayed(real):
    day = date(2024, 6, 3)
    chosen = real.most_traded(day, 30)
    assert len(chosen) == 30
    assert chosen[0] == A
    for symbol in chosen:
        bar = real.daily_bars(symbol, day, day, adjusted=False)[0]
        close = real.minute(symbol, day, 390)
        assert (close.last, close.day_high, close.day_low) == (bar.close, bar.high, bar.low)
        assert close.cumulative_volume == bar.volume


def test_real_base_prices_are_the_closes_before(real):
    # No day of these files is a split: the stand-in for split days must never fire on a real move.
    for symbol in real.most_traded(date(2024, 6, 3), 30):
        bars = real.daily_bars(symbol, date(2020, 1, 1), date(2024, 12, 31), adjusted=False)
        for before, bar in pairwise(bars):
            assert real.base_price(symbol, bar.session) == before.close
