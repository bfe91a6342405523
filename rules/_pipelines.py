"""A pipeline's definition, read: its steps, and what their arguments say.

The definition is JSON of AWS's own schema (https://aws-sagemaker-mlops.github.io/
sagemaker-model-building-pipeline-definition-JSON-schema/): steps with a type and the arguments of
the call that each makes, and in their place references that a run resolves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.errors import Unseen
from auditor.inventory import Resource
from auditor.shapes.sagemaker import DescribePipelineResponse as Pipeline

from ._status import unless

living = unless("PipelineStatus", "Deleting")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, its type, and the arguments of its call."""

    name: str
    type: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Definition:
    """All steps, those in the branches of conditions too, and the defaults of the parameters.

    A parameter without a default, which each run must give, is None.
    """

    steps: tuple[Step, ...]
    parameters: Mapping[str, Any]


def definition_of(pipeline: Resource[Pipeline]) -> Definition:
    """Return a pipeline's definition; raises :class:`Unseen` where it cannot be read."""
    text = pipeline.data.PipelineDefinition
    if not text:
        raise Unseen("AWS names no PipelineDefinition")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unseen(f"PipelineDefinition is not JSON: {error}") from None
    whole = structure(document, "PipelineDefinition")
    parameters: dict[str, Any] = {}
    for one in listed(whole.get("Parameters"), "Parameters"):
        parameter = structure(one, "a parameter")
        parameters[str(parameter.get("Name"))] = parameter.get("DefaultValue")
    steps: list[Step] = []
    left = listed(whole.get("Steps"), "Steps")[::-1]
    while left:
        step = structure(left.pop(), "a step")
        name, kind = step.get("Name"), step.get("Type")
        if not isinstance(kind, str) or not kind:
            raise Unseen(f"the step {name} has no Type")
        arguments = structure(step.get("Arguments") or {}, f"Arguments of the step {name}")
        steps.append(Step(str(name), kind, arguments))
        for branch in ("ElseSteps", "IfSteps"):
            left += listed(arguments.get(branch), branch)[::-1]
    return Definition(tuple(steps), parameters)


def structure(value: Any, what: str) -> Mapping[str, Any]:
    """Return a structure of the definition; raises :class:`Unseen` where it is none."""
    if not isinstance(value, Mapping):
        raise Unseen(f"the definition is malformed: {what} is no structure")
    return value


def listed(value: Any, what: str) -> list[Any]:
    """Return a list of the definition, empty where it is left out."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unseen(f"the definition is malformed: {what} is no list")
    return value


def text_of(value: Any, parameters: Mapping[str, Any]) -> str:
    """Return the text that an argument is, "" where it is blank or left out.

    A parameter counts as its default; texts that are joined, as what of them is known. Raises
    :class:`Unseen` where only a run can tell.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Mapping):
        reference = value.get("Get")
        if isinstance(reference, str) and reference.startswith("Parameters."):
            name = reference.partition(".")[2]
            default = parameters.get(name)
            if isinstance(default, str):
                return default.strip()
            raise Unseen(f"the parameter {name} is given by each run")
        joined = value.get("Std:Join")
        if isinstance(joined, Mapping):
            known = [one for one in listed(joined.get("Values"), "Values")
                     if isinstance(one, str) and one.strip()]
            if known:
                return "".join(known)
    raise Unseen("only a run of the pipeline can tell its value")
