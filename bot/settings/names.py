"""Which names are settings of ours: how they begin, and what they were called before."""

from __future__ import annotations

# Keys with these beginnings are ours; an unknown one is a typing error, not somebody else's.
OUR_PREFIXES = (
    "BACKUP_",
    "KIS_",
    "KIWOOM_",
    "DISCORD_",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SHEET",
    "METRICS_",
    "OPENAI_",
    "QDRANT_",
    "SIM_",
    "SANDBOX_",
    "SLACK_",
    "SMTP_",
    "TELEGRAM_",
    "WATCHDOG_",
    "BROKER",
    "ENABLE_REAL",
    "REAL_A",
    "REFLECTION_",
    "VTS_DATABASE",
)
# Names of older documents, and what they are called today.
OLD_NAMES = {
    "APP_KEY": "KIS_VTS_APP_KEY / KIS_REAL_APP_KEY",
    "APP_SECRET": "KIS_VTS_APP_SECRET / KIS_REAL_APP_SECRET",
    "CANO": "KIS_VTS_ACCOUNT_NO / KIS_REAL_ACCOUNT_NO",
    "ACNT_PRDT": "KIS_VTS_ACNT_PRDT_CD / KIS_REAL_ACNT_PRDT_CD",
    "ACNT_PRDT_CD": "KIS_VTS_ACNT_PRDT_CD / KIS_REAL_ACNT_PRDT_CD",
    "BASE_URL": "KIS_VTS_BASE_URL / KIS_REAL_BASE_URL",
}
