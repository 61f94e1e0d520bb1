"""A recipe refuses what cannot be trained, by the field's name."""

import pytest

from policies.errors import UsageError
from training_jobs.recipe import Recipe


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "../elsewhere"),
        ("name", ""),
        ("steps", 0),
        ("epochs", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("max_tokens", 1),
        ("threads", 0),
        ("seed", -1),
        ("device", "tpu"),
        ("gradient_clip", 0.0),
        ("weight_decay", 1.0),
        ("warmup_steps", -1),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_field(field, value):
    with pytest.raises(UsageError, match=field):
        Recipe(**{"snapshot": "demo@v1", "name": "demo", field: value})


def test_the_document_holds_every_field():
    recipe = Recipe(snapshot="demo@v1", name="demo")
    assert set(recipe.document()) == set(Recipe.__dataclass_fields__)


def test_of_a_base_directory_only_its_own_name_is_told(tmp_path):
    base = tmp_path / "home of somebody" / "base"
    base.mkdir(parents=True)
    assert Recipe(snapshot="demo@v1", name="demo", base=str(base)).document()["base"] == "directory:base"
