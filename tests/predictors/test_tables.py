from predictors.tables import rows


def test_every_prevent_model_is_complete() -> None:
    table = rows("prevent")
    models = {(row["years"], row["sex"], row["outcome"]) for row in table}
    assert len(models) == len(table) == 2 * 2 * 5
    assert all(all(row.values()) for row in table)


def test_every_score2_region_has_scales_for_both_sexes_and_all_scores() -> None:
    scales = {
        (score, row["region"], row["sex"])
        for row in rows("score2_regions")
        for score in row["scores"].split()
    }
    assert len(scales) == 3 * 4 * 2
