"""Our own exchange with KRX rules: `BROKER=sim`, and the market behind the sandbox's KIS.

It takes value types only from `core.domain` and keeps its own dated rule tables, so that a mistake
in the bot's rules cannot hide behind the same mistake here.
"""
