"""The language in which the catalogue writes what a token looks like."""

import pytest
import regex

from pipelines.redaction.credentials import shapes


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("abc_{hex:4}", "abc_0fA9"),
        ("{live|test}_{digits:2-4}", "test_123"),
        ("k{s|}.{word:3+}", "k.a_b_c"),
        ("u-{uuid}", "u-9ca8b7ff-1c2d-4e5f-8a9b-0c1d2e3f4a5b"),
        ("a.b+{lower:2}", "a.b+xy"),
    ],
    ids=["alphabet", "choice", "empty choice and no end", "uuid", "signs stand for themselves"],
)
def test_a_shape_matches_what_it_describes(shape, text):
    assert regex.fullmatch(shapes.expression(shape), text)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("abc_{hex:4}", "abc_0fAg"),
        ("abc_{hex:4}", "abc_0fA"),
        ("{live|test}_{digits:2}", "prod_12"),
        ("a.b+{lower:2}", "aXb+xy"),
    ],
    ids=["another letter", "too short", "no choice", "a full stop is no wildcard"],
)
def test_a_shape_matches_nothing_else(shape, text):
    assert not regex.fullmatch(shapes.expression(shape), text)


@pytest.mark.parametrize("shape", ["abc_{hexes:4}", "abc_{hex}", "abc_{hex:4", "abc_}", "abc_{:4}"])
def test_a_shape_that_is_misspelt_is_refused(shape):
    with pytest.raises(shapes.ShapeError, match=r"abc_") as caught:
        shapes.expression(shape)
    assert "shapes.py" in caught.value.diagnostics()


@pytest.mark.parametrize(
    ("around", "found"),
    [
        ("{}", True),
        ("x_{}", True),
        ("first\\n{} ", True),
        ("token%3D{}&", True),
        ("x{}", False),
        ("{}0", False),
        ("{}z", False),
    ],
    ids=["alone", "after a sign", "after an escape", "in a URL", "in a word", "longer", "in a longer word"],
)
def test_a_token_is_not_part_of_a_longer_word(around, found):
    assert bool(regex.search(shapes.bounded("abc_{hex:8}"), around.format("abc_01234567"))) is found


@pytest.mark.parametrize(
    ("shape", "fixed"),
    [
        ("ghp_{alnum:36}", ("ghp_",)),
        ("{sk|rk}_{live|test}_{alnum:24}", ("_live_", "_test_")),
        ("{hex:32}", ()),
        ("{digits:8}:A{url:34}", (":A",)),
    ],
)
def test_the_fixed_part_of_a_shape_is_known(shape, fixed):
    assert shapes.literals(shape) == fixed
