"""One cog per command family: acknowledge, parse, call one service, answer."""
