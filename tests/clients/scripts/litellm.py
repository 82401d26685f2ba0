"""LiteLLM with its generic callback."""

import asyncio
import os
import sys

sys.path.pop(0)  # this file is named as the package
os.environ |= {
    "GENERIC_LOGGER_ENDPOINT": os.environ["BASE_URL"] + "/litellm/events",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}
os.environ["GENERIC_LOGGER_HEADERS"] = f"Authorization=Bearer {os.environ['SECRET']}"
os.environ["DEFAULT_FLUSH_INTERVAL_SECONDS"] = "1"
import litellm
from litellm.integrations.generic_api.generic_api_callback import GenericAPILogger


async def main():
    """One call; the callback sends what waits once a second."""
    litellm.callbacks = [GenericAPILogger()]
    await litellm.acompletion(
        model="openai/gpt-4o-mini", api_base=os.environ["MODEL_URL"], api_key="none", user="user-7",
        messages=[{"role": "user", "content": "Where is my order?"}], metadata={"session_id": "sess-42"},
    )  # fmt: skip
    await asyncio.sleep(4)


asyncio.run(main())
