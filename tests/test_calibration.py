"""Do predicted probabilities keep their promise? Tables worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.calibration import reliability_table


def test_a_bin_has_its_mean_prediction_its_share_and_its_cases():
    table = reliability_table([0.1, 0.1, 0.4, 0.4], [0, 0, 1, 0], bins=2)
    assert table.to_dict("list") == {"predicted": [0.1, 0.4], "observed": [0, 0.5], "cases": [2, 2]}


@pytest.mark.parametrize("predictions", [[0.02] * 4, [0.0], [1.0, 1.0]])
def test_equal_predictions_are_one_bin(predictions):
    happened = [0, 0, 0, 1][-len(predictions) :]
    table = reliability_table(predictions, happened)
    assert table["cases"].tolist() == [len(predictions)]
    assert table["predicted"].tolist() == predictions[:1]
    assert table["observed"].tolist() == [np.mean(happened)]


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.02, 0.5, 0.75, 1.0]), st.booleans()), min_size=1),
    st.integers(1, 12),
)
def test_every_case_is_in_a_bin_and_none_is_empty(cases, bins):
    predicted, observed = np.array(cases, dtype=float).T
    table = reliability_table(predicted, observed, bins=bins)
    assert 1 <= len(table) <= bins
    assert table["cases"].min() > 0
    assert table["cases"].sum() == len(cases)
    np.testing.assert_allclose((table["observed"] * table["cases"]).sum(), observed.sum())
    np.testing.assert_allclose((table["predicted"] * table["cases"]).sum(), predicted.sum())


@pytest.mark.parametrize(
    ("predicted", "observed", "message"),
    [
        ([1, 1, 0, 0], [1, 0, 1], r"must be \(n,\), got \(4,\) and \(3,\)"),
        ([[0.5]], [[1]], r"must be \(n,\), got \(1, 1\) and \(1, 1\)"),
        ([], [], "at least one case, got none"),
        ([0.5, np.nan], [0, 1], "predicted must be probabilities, 0 to 1, got nan in row 1"),
        ([0.5, 1.5], [0, 1], "predicted must be probabilities, 0 to 1, got 1.5 in row 1"),
        ([0.5, 0.5], [0, 2], "observed must be 0 or 1, got 2.0 in row 1"),
        (["a"], [1], r"predicted must be numbers, got 'a'"),
    ],
)
def test_what_is_no_prediction_or_no_outcome_is_told(predicted, observed, message):
    with pytest.raises(ValueError, match=message):
        reliability_table(predicted, observed)


@pytest.mark.parametrize("bins", [0, -1, 2.5, True, None, np.nan])
def test_bins_are_a_whole_number_of_at_least_one(bins):
    with pytest.raises(ValueError, match=f"bins must be a whole number of at least 1, got {bins}"):
        reliability_table([0.5], [1], bins=bins)


def test_two_series_of_other_labels_are_refused():
    predicted = pd.Series([0.1, 0.9], index=["a", "b"])
    with pytest.raises(ValueError, match="must have the same index, in the same order"):
        reliability_table(predicted, pd.Series([1, 0], index=["b", "a"]))
    assert reliability_table(predicted, pd.Series([0, 1], index=["a", "b"]))["cases"].sum() == 2
