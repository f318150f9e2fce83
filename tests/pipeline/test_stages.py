import pytest

from edgeml.pipeline.stages import Cache, digest_files


def test_a_stage_runs_once_for_the_same_inputs(tmp_path):
    runs = []
    cache = Cache(tmp_path)
    first = cache.run("train", {"data": "1"}, lambda f: runs.append(f))
    again = cache.run("train", {"data": "1"}, lambda f: runs.append(f))
    assert (first.reused, again.reused, len(runs)) == (False, True, 1)
    changed = cache.run("train", {"data": "2"}, lambda f: runs.append(f))
    assert not changed.reused and not first.folder.exists()
    assert not Cache(tmp_path, force=True).run("train", {"data": "2"}, lambda f: runs.append(f)).reused


def test_an_interrupted_stage_continues_in_its_folder(tmp_path):
    def interrupted(folder):
        (folder / "checkpoint").write_text("epoch 1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Cache(tmp_path).run("train", {"a": "b"}, interrupted)
    seen = []
    stage = Cache(tmp_path).run("train", {"a": "b"}, lambda f: seen.append((f / "checkpoint").read_text()))
    assert seen == ["epoch 1"] and not stage.reused


def test_the_digest_sees_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    one = digest_files(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    two = digest_files(tmp_path)
    (tmp_path / "b").write_text("2")
    assert len({one, two, digest_files(tmp_path)}) == 3
