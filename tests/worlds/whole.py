"""The account of ``ml.py`` with everything of ``estate.py`` beside it, for what may go wrong."""

from __future__ import annotations

from tests.fakeaws import By, Chosen
from tests.worlds import estate, ml
from tests.worlds.make import ACCOUNT, EU


def document():
    """Return the document: each list holds what both have; elsewhere it is as ``ml`` says."""
    found = dict(ml.DOCUMENT)
    theirs = estate.build().document[ACCOUNT]
    found[ACCOUNT] = {**found[ACCOUNT], **{
        region: _both(ml.DOCUMENT[ACCOUNT][region], theirs[region]) for region in (EU, "*")}}
    return found


def _both(one, other):
    if isinstance(one, dict) and isinstance(other, dict):
        return {**other, **{k: _both(v, other[k]) if k in other else v for k, v in one.items()}}
    if isinstance(one, list) and isinstance(other, list):
        return [*one, *other]
    if isinstance(one, Chosen) and isinstance(other, Chosen):
        known = {item[one.id] for item in one.items}
        more = [item for item in other.items if item[one.id] not in known]
        return Chosen(one.member, one.parameter, one.id, [*one.items, *more], one.missing)
    if isinstance(one, By) and isinstance(other, By):
        return By(one.parameter, {**other.answers, **one.answers}, one.missing)
    return one

# Rules of which the known world (ml.py) has nothing, or nothing that is settled beforehand: here
# each of them judges something, and tests/rules has its verdicts.
RULES = frozenset({
    "sagemaker-app-image-config-tagged",
    "sagemaker-automl-intercontainer-encryption",
    "sagemaker-cluster-in-vpc",
    "sagemaker-code-repository-secret",
    "sagemaker-compilation-output-kms",
    "sagemaker-data-quality-intercontainer-encryption",
    "sagemaker-data-quality-network-isolation",
    "sagemaker-data-quality-output-kms",
    "sagemaker-data-quality-volume-kms",
    "sagemaker-default-bucket-squatting",
    "sagemaker-domain-cmk",
    "sagemaker-domain-default-role-admin",
    "sagemaker-domain-rootless-docker",
    "sagemaker-domain-shared-role",
    "sagemaker-domain-sharing-cmk",
    "sagemaker-domain-space-role-admin",
    "sagemaker-domain-sso",
    "sagemaker-domain-tagged",
    "sagemaker-domain-vpc-only",
    "sagemaker-feature-group-offline-kms",
    "sagemaker-feature-group-offline-rollback",
    "sagemaker-feature-group-online-kms",
    "sagemaker-feature-group-tagged",
    "sagemaker-flow-definition-output-kms",
    "sagemaker-hub-public-content",
    "sagemaker-image-tagged",
    "sagemaker-inference-experiment-data-kms",
    "sagemaker-inference-experiment-instance-kms",
    "sagemaker-inference-experiment-tagged",
    "sagemaker-model-artifact-bucket-public",
    "sagemaker-model-bias-intercontainer-encryption",
    "sagemaker-model-bias-network-isolation",
    "sagemaker-model-card-exists",
    "sagemaker-model-data-url-valid",
    "sagemaker-model-explainability-intercontainer-encryption",
    "sagemaker-model-explainability-network-isolation",
    "sagemaker-model-ghost-reference",
    "sagemaker-model-image-source-trusted",
    "sagemaker-model-in-vpc",
    "sagemaker-model-network-isolation",
    "sagemaker-model-package-approval",
    "sagemaker-model-private-registry-multi",
    "sagemaker-model-private-registry-single",
    "sagemaker-model-quality-intercontainer-encryption",
    "sagemaker-model-quality-network-isolation",
    "sagemaker-model-registry-in-use",
    "sagemaker-monitoring-schedule-intercontainer-encryption",
    "sagemaker-monitoring-schedule-network-isolation",
    "sagemaker-pipeline-encryption",
    "sagemaker-pipeline-role-scope",
    "sagemaker-processing-clarify-exists",
    "sagemaker-processing-environment-secrets",
    "sagemaker-processing-in-vpc",
    "sagemaker-processing-network-isolation",
    "sagemaker-processing-output-kms",
    "sagemaker-processing-role-wildcards",
    "sagemaker-processing-volume-kms",
    "sagemaker-resource-required-tags",
    "sagemaker-transform-volume-kms",
    "sagemaker-tuning-volume-kms",
})
