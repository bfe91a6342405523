"""The inventory: links both ways, gaps that blind, and a file only its owner reads."""

from __future__ import annotations

import stat

import pytest

from auditor.errors import AuditorError, Gap, Unseen
from auditor.inventory import Inventory
from auditor.kinds import BUCKET, ENDPOINT, ENDPOINT_CONFIG, KEY, MODEL, ROLE, TABLE, TRAINING_JOB
from auditor.rule import Other
from auditor.testing import ACCOUNT_ID, REGION, world

MODEL_DATA = {"ModelName": "m", "ModelArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}:model/m",
              "PrimaryContainer": {"ModelDataUrl": "s3://models/m.tar.gz"},
              "ExecutionRoleArn": "arn:aws:iam::999999999999:role/theirs"}
CONFIG = {"EndpointConfigName": "c", "ProductionVariants": [{"ModelName": "m"}]}


def gap(kind, arn="", member="", region=REGION):
    return Gap(ACCOUNT_ID, region, "sagemaker", "X", "AccessDenied", "no", "x:X", kind.name, arn,
               member)


def test_links_lead_both_ways():
    inventory, arn = world([
        Other(ENDPOINT, {"EndpointName": "e", "EndpointConfigName": "c"}),
        Other(ENDPOINT_CONFIG, CONFIG), Other(MODEL, MODEL_DATA), Other(BUCKET, {"Name": "models"}),
    ])
    endpoint = inventory.find(ENDPOINT, arn)
    models = [m for c in endpoint.to(ENDPOINT_CONFIG) for m in c.to(MODEL)]
    assert [m.name for m in models] == ["m"]
    bucket = models[0].to(BUCKET)[0]
    assert bucket.name == "models"
    assert [m.name for m in bucket.used_by(MODEL)] == ["m"]
    assert bucket.used_by(TRAINING_JOB) == []


def test_what_is_foreign_missing_or_refused_is_told_apart():
    inventory, arn = world([Other(MODEL, MODEL_DATA)])
    model = inventory.find(MODEL, arn)
    assert [e.state for e in model.edges(ROLE)] == ["foreign"]
    with pytest.raises(Unseen, match="belongs to account 999999999999"):
        model.to(ROLE)
    assert [e.state for e in model.edges(BUCKET)] == ["missing"]
    assert model.to(BUCKET) == []
    inventory.gap(gap(BUCKET, region="global"))
    assert [e.state for e in model.edges(BUCKET)] == ["unseen"]
    with pytest.raises(Unseen):
        model.to(BUCKET)


def test_what_is_ours_but_in_no_list_is_not_missing():
    inventory, arn = world([Other(MODEL, MODEL_DATA)])
    inventory.named(BUCKET, ACCOUNT_ID, REGION, "s3://models/m.tar.gz", "here", "arn:aws:s3:::models")
    inventory.named(BUCKET, ACCOUNT_ID, "global", "s3://models/m.tar.gz", "here",
                    "arn:aws:s3:::models")
    model = inventory.find(MODEL, arn)
    assert [e.state for e in model.edges(BUCKET)] == ["unseen"]
    with pytest.raises(Unseen, match="not listed"):
        model.to(BUCKET)


def test_a_refused_list_blinds_questions_about_all():
    inventory, arn = world([Other(BUCKET, {"Name": "b"})])
    bucket = inventory.find(BUCKET, arn)
    assert bucket.all(MODEL) == []
    inventory.gap(gap(MODEL))
    with pytest.raises(Unseen):
        bucket.all(MODEL)
    with pytest.raises(Unseen):
        bucket.used_by(MODEL)
    assert bucket.all(MODEL, "us-east-1") == []


def test_a_refused_describe_blinds_who_uses_what():
    inventory, arn = world([Other(BUCKET, {"Name": "b"})])
    bucket = inventory.find(BUCKET, arn)
    inventory.gap(gap(MODEL, arn="arn:aws:sagemaker:x:y:model/z"))
    with pytest.raises(Unseen):
        bucket.used_by(MODEL)


def test_a_refused_part_blinds_only_that_part():
    inventory, arn = world([Other(BUCKET, {"Name": "b"})], unseen={"Acl": "AccessDenied"})
    bucket = inventory.find(BUCKET, arn)
    assert bucket.data.Policy is None
    with pytest.raises(Unseen):
        _ = bucket.data.Acl


def test_a_key_is_found_by_id_arn_and_alias():
    key = {"KeyId": "k-1", "Arn": f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/k-1"}
    for value in ("k-1", key["Arn"], "alias/ml"):
        inventory, arn = world([
            Other(ENDPOINT_CONFIG, CONFIG | {"KmsKeyId": value}), Other(KEY, key, ("alias/ml",))])
        assert [k.arn for k in inventory.find(ENDPOINT_CONFIG, arn).to(KEY, "KmsKeyId")] == [
            key["Arn"]]


def test_the_file_is_its_owners_only_and_reads_back(tmp_path):
    path = tmp_path / "deep" / "x.inventory"
    inventory = Inventory.create(path, TABLE)
    inventory.put("finished", "2026-01-01T00:00:00+00:00")
    inventory.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Inventory(path, TABLE).get("finished") == "2026-01-01T00:00:00+00:00"
    Inventory.create(path, TABLE).close()


def test_a_stranger_format_is_refused(tmp_path):
    path = tmp_path / "x.inventory"
    inventory = Inventory.create(path, TABLE)
    inventory.put("format", 99)
    inventory.close()
    with pytest.raises(AuditorError, match=r"format 99; this reads 2: start it over with .*--refresh"):
        Inventory(path, TABLE)
