from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import locales
from bot.cli.app import app
from bot.files.strategy import FILE_NAME, SEED_FILE, load_strategy
from bot.files.universe import BYTES_MAX, Doubt, read_universe
from core.domain.instrument import TaxType
from core.errors import ConfigurationError
from tests.bot.environment import only

SHARED = Path(__file__).parents[4] / "shared/data/krx/etf_universe_2026-09-27.csv"
OURS = "code,name,asset_class,multiple,tax_type,fee_pct,index\n"
KRX = (
    "표준코드,단축코드,한글종목명,한글종목약명,상장일,기초지수명,추적배수,복제방법,"
    "기초시장분류,기초자산분류,총보수,과세유형\n"
)


def write(folder: Path, text: str, name: str = "universe.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_an_own_list_is_read_with_all_its_facts(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        OURS + "69500,KODEX 200,국내 주식,1,비과세,0.150,KOSPI 200\n"
        "0080G0,어떤 채권,국내 채권,,배당소득세(보유기간과세),0.045%,\n\n",
    )
    first, second = read_universe(path).instruments
    assert (first.symbol, first.name, first.asset_class) == ("069500", "KODEX 200", "국내 주식")
    assert (first.multiple, first.tax_type, first.fee_bps) == (1, TaxType.EXEMPT, 15)
    assert first.index == "KOSPI 200"
    assert (second.symbol, second.fee_bps, second.index) == ("0080G0", 5, "")


def test_the_list_that_krx_offers_is_read_as_it_comes(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        KRX + "KR7069500007,069500,삼성KODEX200증권상장지수투자신탁[주식],KODEX 200,2002/10/14,"
        "코스피 200,일반,실물(패시브),국내,주식,0.15,비과세\n"
        "KR7122630007,122630,삼성KODEX레버리지,KODEX 레버리지,2010/02/22,코스피 200,"
        "2X 레버리지 (2),실물(패시브),국내,주식,0.64,배당소득세(보유기간과세)\n"
        "KR7114800000,114800,삼성KODEX인버스,KODEX 인버스,2009/09/16,코스피 200 선물지수,"
        "1X 인버스 (-1),실물(패시브),국내,주식,0.64,배당소득세(보유기간과세)\n"
        "KR7252670000,252670,삼성KODEX200선물인버스2X,KODEX 200선물인버스2X,2016/09/22,"
        "코스피 200 선물지수,2X 인버스 (-2),실물(패시브),국내,주식,0.64,배당소득세(보유기간과세)\n",
        encoding="cp949",
    )
    found = read_universe(path)
    assert [(item.symbol, item.multiple) for item in found.instruments] == [
        ("069500", 1),
        ("122630", 2),
        ("114800", -1),
        ("252670", -2),
    ]
    assert [item.symbol for item in found.plain] == ["069500"]
    assert [item.symbol for item in found.excluded] == ["122630", "114800", "252670"]
    assert (found.plain[0].name, found.plain[0].index) == ("KODEX 200", "코스피 200")
    assert (found.plain[0].asset_class, found.doubts) == ("국내 주식", ())


def test_what_can_be_read_but_may_be_wrong_is_named(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        OURS + "000001,가,,,,,\n"
        "000002,나,,,비과세(미확인:같은 계열 규칙),,\n"
        "000003,KODEX 200TR,,,비과세,,\n"
        "000004,KODEX 로봇액티브,,,비과세,,\n"
        "000005,KODEX 200TR,,,배당소득세(보유기간과세),,\n",
    )
    found = read_universe(path)
    assert found.doubts == (
        ("000001", Doubt.TAX_UNKNOWN),
        ("000002", Doubt.TAX_UNCONFIRMED),
        ("000003", Doubt.TAX_UNLIKELY),
        ("000004", Doubt.TAX_UNLIKELY),
    )
    assert found.instruments[0].tax_type is TaxType.HOLDING_PERIOD
    assert found.instruments[1].tax_type is TaxType.EXEMPT


ROW = "069500,KODEX 200,국내 주식,1,비과세,0.150,KOSPI 200\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "종목 코드 열이 없습니다(code, symbol, 종목코드, 단축코드)"),
        ("name,multiple\n", "종목 코드 열이 없습니다"),
        (OURS, "universe.csv: 종목이 하나 이상 있어야 합니다"),
        (OURS + ROW + ROW, "universe.csv:3.symbol: 069500이(가) 두 번"),
        (OURS + ROW + "069500,가\n", "universe.csv:3: 열의 수가 머리글(7)과 다릅니다(2)"),
        (OURS + ROW.replace("069500", "KS200"), "universe.csv:2.symbol: 여섯 자리 종목 코드가"),
        (OURS + ROW.replace("069500", ""), "여섯 자리 종목 코드가 아닙니다"),
        (OURS + ROW.replace(",1,", ",3,"), "universe.csv:2.multiple: 배수는 1(일반)"),
        (OURS + ROW.replace(",1,", ",3X 레버리지,"), "3X 레버리지"),
        (OURS + ROW.replace("비과세", "없음"), "universe.csv:2.tax_type: 모르는 과세유형입니다"),
        (OURS + ROW.replace("0.150", "15"), "universe.csv:2.fee_pct: 총보수(%)는"),
        (OURS + ROW.replace("0.150", "-1"), "총보수(%)는"),
        (OURS + ROW.replace("0.150", "NaN"), "총보수(%)는"),
        (OURS + ROW.replace("0.150", "싸다"), "총보수(%)는"),
        (OURS + ROW.replace("KODEX 200", "KODEX 레버리지"), "이름(KODEX 레버리지)은 레버리지"),
        (OURS + ROW.replace("KODEX 200", "TIGER 인버스"), "배수가 1(일반)로 되어 있습니다"),
        ("#" * (BYTES_MAX + 1), "1,000,000바이트보다 큽니다"),
    ],
)
def test_every_mistake_is_said_in_korean_with_file_place_and_reason(
    tmp_path: Path, text: str, words: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        read_universe(path)
    assert str(caught.value).startswith(str(path))
    assert words in str(caught.value)


def test_files_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none.csv: 파일이 없습니다"):
        read_universe(tmp_path / "none.csv")
    with pytest.raises(ConfigurationError, match="폴더입니다"):
        read_universe(tmp_path)
    path = tmp_path / "odd.csv"
    path.write_bytes(b"code,name\n\xff\xff\xff")
    with pytest.raises(ConfigurationError, match=r"odd.csv:2: UTF-8도 CP949도 아닌"):
        read_universe(path)
    with pytest.raises(ConfigurationError, match=r"bad.toml:2: TOML 형식이 아닙니다"):
        read_universe(write(tmp_path, "\n= 1", name="bad.toml"))
    with pytest.raises(ConfigurationError, match=r"wide.csv:2: CSV 형식이 아닙니다"):
        read_universe(write(tmp_path, "code\n" + "x" * 200_000, name="wide.csv"))


def test_the_entries_of_a_toml_file_are_read_too() -> None:
    found = read_universe(SEED_FILE)
    assert (len(found.plain), found.excluded, found.doubts) == (30, (), ())


def test_the_strategy_file_may_name_a_list_beside_it(tmp_path: Path) -> None:
    write(tmp_path, OURS + ROW + "122630,KODEX 레버리지,,2,배당소득세(보유기간과세),0.64,\n")
    strategy = tmp_path / FILE_NAME
    strategy.write_text('universe_file = "universe.csv"\n', encoding="utf-8")
    found = load_strategy(tmp_path)
    assert [item.symbol for item in found.universe] == ["069500", "122630"]
    assert [item.symbol for item in found.listed.excluded] == ["122630"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("universe_file = 3", "universe_file: 따옴표로 묶은 글자여야 합니다: 3"),
        ('universe_file = ""', "universe_file: 따옴표로 묶은 글자여야"),
        ('universe_file = "none.csv"', "none.csv: 파일이 없습니다"),
        (
            "universe_file = 'universe.csv'\n[[universe]]\nsymbol = '069500'\nname = 'x'",
            "universe_file과 [[universe]] 가운데 하나만",
        ),
        (
            "universe_file = 'universe.csv'\n[parameters]\nuniverse_max = 1",
            "2종목입니다. universe_max는 1입니다",
        ),
    ],
)
def test_a_list_that_does_not_fit_is_refused(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, OURS + ROW + ROW.replace("069500", "102110"))
    (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_strategy(tmp_path)
    assert words in str(caught.value)


def test_the_command_shows_a_list_and_what_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path, COLUMNS="140")
    path = write(tmp_path, OURS + ROW + "000002,나 인버스,,-1,,0.5,\n")
    done = CliRunner().invoke(app, ["data", "universe", str(path)])
    assert done.exit_code == 4
    assert "1종목, 레버리지·인버스라서 뺀 것 1종목" in done.stdout
    assert "-1 (제외)" in done.stdout
    assert "000002 나 인버스: 과세유형이 없어 과세(보유기간)로 셉니다" in done.stdout
    done = CliRunner().invoke(app, ["data", "universe"])
    assert (done.exit_code, "30종목, 레버리지·인버스라서 뺀 것 0종목" in done.stdout) == (0, True)
    done = CliRunner().invoke(app, ["data", "universe", str(tmp_path / "none.csv")])
    assert (done.exit_code, "파일이 없습니다" in done.stderr) == (2, True)


@pytest.mark.parametrize("name", locales.LOCALES)
def test_every_doubt_has_its_words(name: str) -> None:
    for doubt in Doubt:
        assert locales.load(name).say(f"universe.doubt_{doubt.value}")


@pytest.mark.skipif(not SHARED.exists(), reason="the shared list is not on this machine")
def test_the_list_of_2026_is_read_whole() -> None:
    found = read_universe(SHARED)
    assert (len(found.plain), len(found.excluded)) == (80, 10)
    by_code = {str(item.symbol): item for item in found.instruments}
    assert by_code["069500"].fee_bps == 15
    assert ("364980", Doubt.TAX_UNCONFIRMED) in found.doubts
    assert {item.multiple for item in found.excluded} == {2, -1, -2}


@pytest.mark.skipif(not SHARED.exists(), reason="the shared list is not on this machine")
def test_what_we_ship_agrees_with_the_list_of_2026() -> None:
    listed = {item.symbol: item for item in read_universe(SHARED).instruments}
    for ours in read_universe(SEED_FILE).instruments:
        theirs = listed[ours.symbol]
        assert (ours.name, ours.asset_class, ours.multiple, ours.tax_type, ours.fee_bps) == (
            theirs.name,
            theirs.asset_class,
            theirs.multiple,
            theirs.tax_type,
            theirs.fee_bps,
        )
