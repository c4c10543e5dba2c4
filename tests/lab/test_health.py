from workbench.service.workbench import Workbench


def test_the_health_of_a_folder_counts_its_runs(workbench: Workbench) -> None:
    before = workbench.health()
    good = workbench.start("x", scenario="short", speed=200)
    bad = workbench.start("x", scenario="short", speed=200, faults="401@create")
    good.wait(30)
    bad.wait(30)
    found = workbench.health()
    assert found["runs"] == before["runs"] + 2
    assert found["active"] == 0
    assert sum(found["errors"].values()) >= 1
    assert 0 < found["shares"]["success"] < 1
    assert workbench.health(limit=1)["runs"] == 1
