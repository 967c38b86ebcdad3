import pandas as pd

from hrob.intake import values


def test_a_code_is_one_word_however_it_was_read():
    whole, partly, spelt = pd.Series([1, 2]), pd.Series([1.0, None]), pd.Series(["1", "payer"])
    assert list(values.words(whole)) == ["1", "2"]
    assert list(values.words(partly)) == ["1", values.NOT_STATED]
    assert list(values.words(spelt)) == ["1", "payer"]
    assert list(values.words(pd.Series([None, None], dtype=object))) == [values.NOT_STATED] * 2
