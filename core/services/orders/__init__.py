"""From a proposal to a filled order. Only `execution` sends; only `cancelling` cancels."""
