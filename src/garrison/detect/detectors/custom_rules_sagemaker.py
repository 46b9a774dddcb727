"""Custom detection rule over SageMaker: what notebooks run at their start is changed.

Logic: specification 2, `SageMakerLifecycleConfigModified`; giving a notebook another configuration does the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from garrison.detect.context import Context
from garrison.detect.detection import Detection
from garrison.detect.events import ApiCall
from garrison.detect.parameters import text
from garrison.detect.registry import on_event
from garrison.detect.saying import of_rule

TYPE = "Execution:SageMaker/CommandAndScriptingInterpreter"


@on_event(ApiCall, TYPE, names=("UpdateNotebookInstanceLifecycleConfig", "UpdateNotebookInstance"))
def lifecycle(call: ApiCall, context: Context) -> Iterable[Detection]:
    params = call.params
    if call.source != "sagemaker" or call.error:
        return ()
    if call.name == "UpdateNotebookInstance" and not params.get("lifecycleConfigName"):
        return ()
    name = text(params.get("notebookInstanceLifecycleConfigName") or params.get("lifecycleConfigName"))
    return (of_rule("SageMakerLifecycleConfigModified", call, context, resource=name),)
