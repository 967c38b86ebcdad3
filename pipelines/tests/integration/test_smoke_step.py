def test_a_registered_model_is_what_was_trained(contest):
    printed = contest.checkout.run("smoke", ESPALIER_MODEL_URI=contest.challenger)
    assert "gives the scores of its training for 20 rows" in printed
    reported = {key: float(value) for key, value in contest.checkout.outputs("smoke").items()}
    assert 0 < reported["latency_ms"] <= reported["latency_p99_ms"] and 10_000 < reported["size_bytes"] < 1_000_000
