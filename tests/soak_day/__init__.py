"""Days of the whole product under load: `make soak-day N=5`.

The real bot runs as a child on the sandbox. Time is accelerated, requests to the broker fail by a
seeded coin, the feed is busy, and a crowd presses buttons the whole day. Afterwards the exchange's
books are laid beside the bot's database.
"""
