"""Ids are compared as values: a row that was trained on is found in the holdout, however its id is written."""

import pytest

FILES = {
    "environments/project.yml": "name: shop\ndefault_branch: main\n",
    "environments/prod.yml": 'branches: ["release/**"]\nprotected: true\n',
    "pipelines/release.yml": """\
on: { push: { environment: prod } }
steps:
  score: { run: 'true', outputs: [evidence, training] }
  promote:
    needs: [score]
    promote:
      evidence: "${steps.score.outputs.evidence}"
      training_ids: "${steps.score.outputs.training}"
      floor: { roc_auc: 0.5 }
""",
}
# Name → the id in the evidence, and the same in the list of rows that were trained on.
LEAKS = {
    # Listed.
    "as-a-fraction": ("1", "1.0"), "quoted": ("1", '"1"'), "space-after": ("1", "1 "), "space-before": ("7", " 7"), "zeros": ("7", "007"),
    # Not listed.
    "exponent": ("1000", "1e3"), "plus": ("7", "+7"), "tab": ("7", "7\t"), "carriage-return": ("7", "7\r"),
    "no-break-space": ("7", "7\u00a0"),
    "byte-order-mark": ("7", "\ufeff7"), "long-fraction": ("12", "12.000"), "single-quotes": ("7", "'7'"),
    "composed": ("café", "cafe\u0301"), "zeros-in-the-evidence": ("007", "7"), "fraction-in-the-evidence": ("7.0", "7"),
    "column-after": ("7", "7,x"),
    "large": ("9007199254740993", "9007199254740993.0"),
}
# Pairs of rows that are one and the same.
DUPLICATES = [("1", "1.0"), ("7", "007"), ("7", " 7"), ("7", '"7"'), ("1000", "1e3"), ("café", "cafe\u0301")]
# Ids that look alike and are not.
DIFFERENT = [("9007199254740993", "9007199254740992.0"), ("1", "11"), ("a1", "a01"), ("7", "7x"), ("1.10", "1.1.0")]


@pytest.fixture
def judged(espalier, tmp_path):
    """The verdict on a challenger that is plainly good, and its reasons."""

    def judge(ids, training):
        for path, text in FILES.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text)
        rows = [*ids, *(f"row-{number}" for number in range(300))]
        evidence = "".join(f"{name},{row % 2},0.{row % 2 * 8 + 1}\n" for row, name in enumerate(rows))
        (tmp_path / "evidence.csv").write_text("id,label,challenger\n" + evidence)
        (tmp_path / "training.txt").write_text("".join(f"{name}\n" for name in ["id", "elsewhere", *training]), newline="")
        option = next(word for word in espalier("judge", "--help").stdout.split() if word.startswith("--training"))
        done = espalier("judge", tmp_path / "evidence.csv", option, tmp_path / "training.txt", "--project", tmp_path, "--resamples", "1000")
        return done.stdout + done.stderr
    return judge


@pytest.mark.parametrize("name", LEAKS)
def test_a_row_that_was_trained_on_never_promotes(judged, name):
    """CASES: P2"""
    shown, trained = LEAKS[name]
    said = judged([shown], [trained])
    assert "trained on" in said and "not promoted" in said.lower().replace("_", " "), said


@pytest.mark.parametrize("first, second", DUPLICATES)
def test_rows_that_are_one_and_the_same_never_promote(judged, first, second):
    """CASES: P2, duplicates by value"""
    said = judged([first, second], [])
    assert "not promoted" in said.lower().replace("_", " "), said
    assert any(word in said for word in ("duplicate", "twice", "may appear once")), said


@pytest.mark.parametrize("shown, trained", DIFFERENT)
def test_ids_that_differ_are_no_leak(judged, shown, trained):
    """What the attacks above rely on."""
    said = judged([shown], [trained])
    assert "trained on" not in said and "not promoted" not in said.lower().replace("_", " "), said


def test_an_id_that_is_the_same_is_a_leak(judged):
    """What the attacks above rely on."""
    assert "trained on" in judged(["7"], ["7"])
