"""The sandbox page: a small Discord in the browser, and the stage machinery beside it."""
