"""A first trading day, shown: the sandbox, the bot as its child, and a teller of what happens."""
