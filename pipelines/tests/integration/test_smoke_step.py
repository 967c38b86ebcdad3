import mlflow


def test_a_registered_model_is_what_was_trained(contest):
    printed = contest.checkout.run("smoke", ESPALIER_MODEL_URI=contest.challenger)
    assert "gives the scores of its training for 20 rows" in printed
    reported = {key: float(value) for key, value in contest.checkout.outputs("smoke").items()}
    assert 0 < reported["latency_ms"] <= reported["latency_p99_ms"] and 10_000 < reported["size_bytes"] < 1_000_000


def test_a_model_that_a_fire_is_given_as_a_folder_is_not_downloaded(contest, tmp_path):
    folder = mlflow.artifacts.download_artifacts(contest.challenger, dst_path=str(tmp_path))
    printed = contest.checkout.run(
        "smoke", ESPALIER_MODEL_URI="models:/nowhere/1", ESPALIER_MODEL=folder, MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert "gives the scores of its training for 20 rows" in printed
