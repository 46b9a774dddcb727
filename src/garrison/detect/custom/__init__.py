"""Custom detection rules: SQL over CloudTrail events, run in a DuckDB that reaches nothing else.

An expression is one SELECT over the table `cloudtrail`, whose result has a column `eventID`: the events it means.
Columns are those of a record: `eventID`, `eventTime` (timestamp, UTC), `eventSource`, `eventName` (without the version
Lambda adds), `awsRegion`, `recipientAccountId`, `sourceIPAddress`, `userAgent`, `errorCode` (null: it succeeded),
`readOnly`, and as JSON `userIdentity`, `requestParameters`, `responseElements`, `additionalEventData`. Which columns
AWS's own schema `CloudTrail` has is not documented; these are the names of the records. Rules of the operator's own
(`own`) may also ask the table `web`: `eventID`, `eventTime`, `awsRegion`, `recipientAccountId`, `resource` (ARN),
`clientIp`, `method`, `host`, `path`, `userAgent`, `status`, `action` (of the web ACL), `labels`, `bytes`.
"""

from garrison.detect.custom.engine import BadExpression, Engine
from garrison.detect.custom.own import own_rules
from garrison.detect.custom.rules import CustomRule, rules
from garrison.detect.custom.run import run
from garrison.detect.custom.windows import run_windows

__all__ = ["BadExpression", "CustomRule", "Engine", "own_rules", "rules", "run", "run_windows"]
