"""Conditions of the running bot: looked for, remembered, and told where people asked for it."""
