"""What the openai library raises, as a ModelError that names its fault and holds no secret.

The provider's own words are left out: some repeat the key, and none is meant for our users.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import ModelError, ModelFault

if TYPE_CHECKING:
    import openai

_BY_STATUS = {
    401: ModelFault.KEY,
    402: ModelFault.QUOTA,
    403: ModelFault.FORBIDDEN,
    404: ModelFault.NOT_FOUND,
    408: ModelFault.TIMEOUT,
    413: ModelFault.TOO_LONG,
    429: ModelFault.BUSY,
    504: ModelFault.TIMEOUT,
}
_BY_CODE = {
    "insufficient_quota": ModelFault.QUOTA,
    "billing_not_active": ModelFault.QUOTA,
    "context_length_exceeded": ModelFault.TOO_LONG,
    "string_above_max_length": ModelFault.TOO_LONG,
    "model_not_found": ModelFault.NOT_FOUND,
    "content_filter": ModelFault.FILTERED,
    "content_policy_violation": ModelFault.FILTERED,
}
_SERVER_ERROR = 500


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the vendor's library raises into a ModelError that says what happened."""
    import openai

    try:
        yield
    except (TimeoutError, openai.APITimeoutError) as error:
        raise ModelError("the model did not answer in time", ModelFault.TIMEOUT) from error
    except openai.APIConnectionError as error:
        raise ModelError("the model cannot be reached", ModelFault.UNREACHABLE) from error
    except openai.APIStatusError as error:
        text = f"the model answered with HTTP {error.status_code}{_code(error)}"
        raise ModelError(text, _fault_of_status(error)) from error
    except openai.APIError as error:
        # An error inside the stream: its code says more than its type.
        fault = _BY_CODE.get(error.code or "", ModelFault.PROVIDER)
        raise ModelError(f"the model reported an error{_code(error)}", fault) from error
    except openai.OpenAIError as error:
        text = f"the client reported {type(error).__name__}"
        raise ModelError(text, ModelFault.PROVIDER) from error
    except (ValueError, AttributeError, TypeError, LookupError) as error:
        # Loosely typed by the library: broken JSON and missing fields arrive as these.
        raise ModelError("the model's answer cannot be read") from error


def _code(error: openai.APIError) -> str:
    code = error.code or ""
    is_word = code.replace("_", "").replace("-", "").isalnum() and code.isascii()
    return f" ({code[:60]})" if is_word else ""


def _fault_of_status(error: openai.APIStatusError) -> ModelFault:
    by_code = _BY_CODE.get(error.code or "")
    if by_code is not None:
        return by_code
    status = error.status_code
    if status >= _SERVER_ERROR:
        return _BY_STATUS.get(status, ModelFault.PROVIDER)
    return _BY_STATUS.get(status, ModelFault.BAD_REQUEST)
