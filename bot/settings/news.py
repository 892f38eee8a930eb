"""The settings of the news: which feeds are read."""

from __future__ import annotations

from pydantic import Field, SecretStr

from bot.settings.part import SettingsPart
from bot.settings.types import Texts


class NewsSettings(SettingsPart):
    """Feeds are RSS, Atom or JSON over https. Redirects go to known hosts of Korean news only."""

    news_feeds: Texts = Field((), repr=False)  # some feeds carry a key in their address
    news_age_hours: int = Field(48, ge=1, le=168)
    news_keep_days: int = Field(180, ge=30, le=3_650)
    news_naver_client_id: SecretStr = SecretStr("")
    news_naver_client_secret: SecretStr = SecretStr("")
