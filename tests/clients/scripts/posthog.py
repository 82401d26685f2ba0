"""PostHog's SDK: its wrapper of OpenAI, and a metric."""

import os
import sys

sys.path.pop(0)  # this file is named as the package
from posthog import Posthog
from posthog.ai.openai import OpenAI

posthog = Posthog(os.environ["SECRET"], host=os.environ["BASE_URL"])
model = OpenAI(base_url=os.environ["MODEL_URL"], api_key="none", max_retries=0, posthog_client=posthog)
model.chat.completions.create(
    model="gpt-4o-mini", messages=[{"role": "user", "content": "Where is my order?"}], posthog_distinct_id="user-7",
    posthog_trace_id="trace-0", posthog_properties={"$ai_session_id": "sess-42"},
)  # fmt: skip
metric = {"$ai_trace_id": "trace-0", "$ai_metric_name": "thumb", "$ai_metric_value": "1"}
posthog.capture(distinct_id="user-7", event="$ai_metric", properties=metric)
posthog.flush()
posthog.shutdown()
