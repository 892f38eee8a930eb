from core.runtime.identifiers import TICKET_ALPHABET, SystemIdentifiers


def test_ticket_ids_have_no_look_alikes_and_do_not_repeat():
    ids = SystemIdentifiers()
    made = {ids.ticket_id() for _ in range(2_000)}
    assert len(made) == 2_000
    assert {len(item) for item in made} == {8}
    assert set("".join(made)) <= set(TICKET_ALPHABET)
    assert not set("01ILOU") & set(TICKET_ALPHABET)


def test_nonces_fit_discord_and_jitter_stays_in_range():
    ids = SystemIdentifiers()
    assert len(ids.nonce()) <= 25
    assert ids.nonce() != ids.nonce()
    assert all(0 <= ids.jitter() < 1 for _ in range(1_000))
