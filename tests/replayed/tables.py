"""All the tables."""

from tests.replayed import (
    cloudtrail,
    ecr,
    efs,
    functions,
    gateways,
    iam,
    kms,
    network,
    s3,
    sagemaker,
    watch,
)

REPLAYS = [
    *cloudtrail.REPLAYS, *ecr.REPLAYS, *efs.REPLAYS, *functions.REPLAYS,
    *gateways.REPLAYS, *iam.REPLAYS, *kms.REPLAYS, *network.REPLAYS, *s3.REPLAYS, *sagemaker.REPLAYS, *watch.REPLAYS,
]
