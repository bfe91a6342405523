"""The services that look for trouble: on or off in each region, and what they leave out.

Each is one resource of a region. A service says in its own words that it is off; that makes the
member None, or the list empty. A denial is a gap.
"""

from __future__ import annotations

from auditor.kind import IN_USE, Kind, Part
from auditor.shape import Shape
from auditor.shapes import accessanalyzer, config, guardduty, inspector2, securityhub


class GuardDuty(Shape):
    """GuardDuty in one region: its detector, if it has one."""

    Detectors: list[guardduty.GetDetectorResponse] | None


GUARDDUTY: Kind[GuardDuty] = Kind(
    "AWS::GuardDuty::Region", GuardDuty, service="guardduty", lists="", describes="", single=True,
    arn="arn:{partition}:guardduty:{region}:{account}:detectors", on_demand=IN_USE,
    parts=(
        Part("Detectors", "guardduty.GetDetector", given={"DetectorId": "{each}"},
             each=("guardduty.ListDetectors", "DetectorIds"), each_given={}),
    ),
)


class ConfigRecorders(Shape):
    """AWS Config in one region: what it records, and whether it does."""

    ConfigurationRecorders: list[config.ConfigurationRecorder] | None
    ConfigurationRecordersStatus: list[config.ConfigurationRecorderStatus] | None


CONFIG: Kind[ConfigRecorders] = Kind(
    "AWS::Config::Region", ConfigRecorders, service="config", lists="", describes="",
    single=True, arn="arn:{partition}:config:{region}:{account}:config-recorders",
    on_demand=IN_USE,
    parts=(
        Part("ConfigurationRecorders", "config.DescribeConfigurationRecorders",
             "ConfigurationRecorders"),
        Part("ConfigurationRecordersStatus", "config.DescribeConfigurationRecorderStatus",
             "ConfigurationRecordersStatus"),
    ),
)


class SecurityHub(Shape):
    """Security Hub in one region; ``Hub`` is None where it is off."""

    Hub: securityhub.DescribeHubResponse | None


SECURITY_HUB: Kind[SecurityHub] = Kind(
    "AWS::SecurityHub::Region", SecurityHub, service="securityhub", lists="", describes="",
    single=True, arn="arn:{partition}:securityhub:{region}:{account}:hub", on_demand=IN_USE,
    parts=(
        # the same code also says that one is no administrator: only the words "Account ... is not
        # subscribed to AWS Security Hub" mean "off"
        Part("Hub", "securityhub.DescribeHub",
             absent=("InvalidAccessException:not subscribed", "ResourceNotFoundException")),
    ),
)


class AccessAnalyzer(Shape):
    """IAM Access Analyzer in one region: its analyzers, none where nobody made one."""

    Analyzers: list[accessanalyzer.AnalyzerSummary] | None


ACCESS_ANALYZER: Kind[AccessAnalyzer] = Kind(
    "AWS::AccessAnalyzer::Region", AccessAnalyzer, service="accessanalyzer", lists="",
    describes="", single=True, on_demand=IN_USE,
    arn="arn:{partition}:access-analyzer:{region}:{account}:analyzers",
    parts=(Part("Analyzers", "accessanalyzer.ListAnalyzers", "analyzers"),),
)


class Inspector(Shape):
    """Inspector in one region: what it scans of this account; off is a status of its own."""

    Accounts: list[inspector2.AccountState] | None


INSPECTOR: Kind[Inspector] = Kind(
    "AWS::Inspector::Region", Inspector, service="inspector2", lists="", describes="",
    single=True, arn="arn:{partition}:inspector2:{region}:{account}:status", on_demand=IN_USE,
    parts=(Part("Accounts", "inspector2.BatchGetAccountStatus", "accounts"),),
)
