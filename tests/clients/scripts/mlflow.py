"""MLflow's SDK with a tracking server: its own tracing of OpenAI, a trace's user and session, and feedback."""

import os
import sys

sys.path.pop(0)  # this file is named as the package
os.environ |= {
    "MLFLOW_TRACKING_TOKEN": os.environ["SECRET"],
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}
import mlflow
from openai import OpenAI

mlflow.set_tracking_uri(os.environ["BASE_URL"])
mlflow.set_experiment("shop")
mlflow.openai.autolog()
model = OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0)


@mlflow.trace
def turn(question: str) -> str:
    """Answer a question."""
    mlflow.update_current_trace(metadata={"mlflow.trace.session": "sess-42", "mlflow.trace.user": "user-7"})
    said = model.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
    return said.choices[0].message.content or ""


turn("Where is my order?")
trace_id = mlflow.get_last_active_trace_id()
mlflow.flush_trace_async_logging()
mlflow.log_feedback(trace_id=trace_id, name="thumb", value=1.0)
