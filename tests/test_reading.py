"""What is looked up again and again is kept, and only until the file is written to."""

from __future__ import annotations

from auditor.errors import Gap
from auditor.inventory import GLOBAL, Inventory
from auditor.kinds import BUCKET, TABLE, TRAINING_JOB

ACCOUNT, REGION, SEEN = "111122223333", "eu-west-1", "2026-01-31T00:00:00+00:00"


def bucket(inventory: Inventory, name: str = "data", **more: object) -> str:
    arn = f"arn:aws:s3:::{name}"
    inventory.add(BUCKET, account=ACCOUNT, partition="aws", region=GLOBAL, arn=arn, name=name,
                  document={"Name": name, **more}, seen=SEEN, call="s3.ListBuckets")
    return arn


def job(inventory: Inventory, name: str) -> str:
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}"
    document = {"TrainingJobName": name, "OutputDataConfig": {"S3OutputPath": "s3://data/x"}}
    number = inventory.add(
        TRAINING_JOB, account=ACCOUNT, partition="aws", region=REGION, arn=arn, name=name,
        document=document, seen=SEEN, call="sagemaker.DescribeTrainingJob")
    inventory.connect(number, TRAINING_JOB, document, ACCOUNT, REGION)
    return arn


def test_users_are_read_one_by_one_in_order():
    inventory = Inventory(kinds=TABLE)
    data = bucket(inventory)
    for name in ("c", "a", "b"):
        job(inventory, name)
    inventory.settle()
    inventory.commit()
    statements: list[str] = []
    inventory.db.set_trace_callback(statements.append)
    users = inventory.find(BUCKET, data).used_by(TRAINING_JOB)
    assert len(users) == 3 and users[0].name == "a"
    assert sum("document" in s for s in statements) == 2  # of the bucket and of the first user
    assert [u.name for u in users] == ["a", "b", "c"] == [u.name for u in users[:]]
    assert users[-1] is users[2] and users == list(users) and users != users[:2]
    assert list(users[1:]) == [users[1], users[2]]


def test_what_was_looked_up_follows_what_is_written():
    inventory = Inventory(kinds=TABLE)
    data = bucket(inventory)
    inventory.commit()
    one = inventory.find(BUCKET, data)
    assert not one.used_by(TRAINING_JOB) and len(one.all(BUCKET)) == 1
    assert inventory.listed(TRAINING_JOB, ACCOUNT)
    name = job(inventory, "a")
    bucket(inventory, "other")
    inventory.settle()
    inventory.gap(Gap(ACCOUNT, REGION, "sagemaker", "DescribeTrainingJob", "AccessDenied", "", "",
                      TRAINING_JOB.name, name, "Tags"))
    inventory.commit()
    one = inventory.find(BUCKET, data)
    assert [u.name for u in one.used_by(TRAINING_JOB)] == ["a"] and len(one.all(BUCKET)) == 2
    found = inventory.find(TRAINING_JOB, name)
    assert set(found.unseen) == {"Tags"}
    assert [e.state for e in found.edges(BUCKET)] == ["here"]
    inventory.gap(Gap(ACCOUNT, REGION, "sagemaker", "ListTrainingJobs", "AccessDenied", "", "",
                      TRAINING_JOB.name))
    assert not inventory.listed(TRAINING_JOB, ACCOUNT)


def test_a_replaced_resource_is_found_anew():
    inventory = Inventory(kinds=TABLE)
    data = bucket(inventory)
    assert inventory.find(BUCKET, data).data.Versioning is None
    bucket(inventory, Versioning={"Status": "Enabled"})
    assert inventory.find(BUCKET, data).data.Versioning.Status == "Enabled"


def test_a_document_that_json_only_tolerates_is_read_all_the_same():
    inventory = Inventory(kinds=TABLE)
    data = bucket(inventory, Versioning={"Status": "\ud800"}, Size=float("inf"))
    assert inventory.find(BUCKET, data).data.Versioning.Status == "\ud800"
