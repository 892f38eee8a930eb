"""Broker adapters. They see core.ports, core.domain and core.errors only."""
