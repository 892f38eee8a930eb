"""Kiwoom REST API (키움증권): the official wire, one account, tokens passed in."""
