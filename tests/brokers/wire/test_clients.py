from __future__ import annotations

import httpx

from brokers.wire.clients import REAL_TIMEOUTS, get_request, read_client

ADDRESS = "http://127.0.0.1:8080/uapi/domestic-stock/v1/quotations/inquire-price"
HEADERS = {
    "content-type": "application/json; charset=utf-8",
    "tr_id": "FHKST01010100",
    "tr_cont": "",
}


async def test_a_read_is_the_request_that_httpx_would_build() -> None:
    ours = httpx.Request("GET", ADDRESS)
    async with read_client(REAL_TIMEOUTS, httpx.create_ssl_context(trust_env=False)) as client:
        for params in ({"FID_INPUT_ISCD": "069500", "FID_ORG_ADJ_PRC": ""}, {"Q": "가 나&b=1"}, {}):
            for _ in range(2):
                ours = get_request(client, ADDRESS, params, HEADERS)
                theirs = client.build_request("GET", ADDRESS, params=params, headers=HEADERS)
                assert (ours.method, ours.url) == (theirs.method, theirs.url)
                assert ours.headers.raw == theirs.headers.raw
                assert ours.extensions == theirs.extensions
                client.cookies.set("seen", "1", domain="127.0.0.1")
        assert "cookie" in ours.headers
