"""The watchtower: newest prices → facts → rules → decisions → a message, or an urgent ticket."""
