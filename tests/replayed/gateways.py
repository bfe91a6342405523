"""API Gateway: stages."""

from tests.replayed import differs, none, replay, row

TO_A_MODEL = "arn:aws:apigateway:eu-west-1:runtime.sagemaker:path//endpoints/e/invocations"


def api(**settings):
    return {
        "id": "a1", "name": "a", "endpointConfiguration": {"types": ["REGIONAL"]},
        "Resources": [{"id": "r1", "path": "/p", "resourceMethods": {"POST": {
            "httpMethod": "POST", "authorizationType": "AWS_IAM",
            "methodIntegration": {"type": "AWS", "uri": TO_A_MODEL}}}}],
        "Stages": [{"stageName": "test", "cacheClusterEnabled": True,
                    "methodSettings": {"*/*": settings}}]}


REPLAYS = [
    replay(
        "apigateway_restapi_cache_encrypted", "apigateway-stage-cache-encrypted",
        none(),
        row("a cache, encrypted", api(cachingEnabled=True, cacheDataEncrypted=True), "pass"),
        row("a cache, not encrypted", api(cachingEnabled=True, cacheDataEncrypted=False), "fail"),
        differs("no cache", api(cachingEnabled=False, cacheDataEncrypted=False), "none", "pass",
                "wording", "Theirs leaves the stage out; to ours nothing of it lies unencrypted."),
    ),
]
