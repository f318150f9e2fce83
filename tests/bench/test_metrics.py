import numpy as np
import pytest

from edgeml.bench.metrics import accuracy, check_labels, confusion, predictions
from edgeml.errors import DataError


def test_prediction_is_the_first_of_the_largest_outputs():
    assert predictions(np.array([[1, 3, 3], [5, 0, 2]])).tolist() == [1, 0]


def test_one_output_is_a_binary_decision():
    assert predictions(np.array([[0.2], [0.5], [0.7]])).tolist() == [0, 0, 1]


def test_accuracy_compares_with_the_float_model_in_pairs():
    truth = np.array([0, 1, 2, 2])
    got = accuracy(np.array([0, 1, 1, 0]), truth, np.array([0, 1, 2, 1]))
    assert (got.value, got.float_value, got.delta, got.flips, got.n) == (0.5, 0.75, -0.25, 2, 4)
    assert got.mcnemar_p == 1.0


def test_confusion_rows_are_true_classes():
    got = confusion(np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
    assert got == ((1, 1), (0, 1))


def test_label_out_of_range_names_the_sample_and_the_rule():
    with pytest.raises(DataError, match=r"label 10 of sample 2 is out of range.*labels 0 to 9"):
        check_labels(np.array([1, 2, 10]), 10)
    with pytest.raises(DataError, match="label -1 of sample 0"):
        check_labels(np.array([-1]), 10)


def test_float_labels_are_refused():
    with pytest.raises(DataError, match="one integer a sample"):
        check_labels(np.array([0.5, 1.0]), 10)
