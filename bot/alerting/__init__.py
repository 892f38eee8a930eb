"""The channels by which people hear of conditions beside the chat: apprise, Discord."""
