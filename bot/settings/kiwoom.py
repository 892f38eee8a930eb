"""The settings of a Kiwoom account, by the names of the user's document."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from bot.settings.part import SettingsPart
from bot.settings.types import Address, StreamAddress, YesNo


class KiwoomSettings(SettingsPart):
    """The Kiwoom settings among the settings. docs/brokers.md says what they open."""

    kiwoom_mode: Literal["KIWOOM_VTS", "KIWOOM_REAL"] = "KIWOOM_VTS"
    kiwoom_vts_app_key: SecretStr = SecretStr("")
    kiwoom_vts_app_secret: SecretStr = SecretStr("")
    kiwoom_vts_account_no: str = Field("", pattern=r"^(\d{8})?$", repr=False)
    kiwoom_vts_acnt_prdt_cd: str = Field("01", pattern=r"^\d{2}$")
    kiwoom_vts_base_url: Address = "https://mockapi.kiwoom.com"
    kiwoom_vts_websocket_url: StreamAddress = "wss://mockapi.kiwoom.com:10000"
    kiwoom_real_app_key: SecretStr = SecretStr("")
    kiwoom_real_app_secret: SecretStr = SecretStr("")
    kiwoom_real_account_no: str = Field("", pattern=r"^(\d{8})?$", repr=False)
    kiwoom_real_acnt_prdt_cd: str = Field("01", pattern=r"^\d{2}$")
    kiwoom_real_base_url: Address = "https://api.kiwoom.com"
    kiwoom_real_websocket_url: StreamAddress = "wss://api.kiwoom.com:10000"
    kiwoom_stream: YesNo = True
    kiwoom_sign_requests: YesNo = False
