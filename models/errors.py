"""Errors as the OpenAI API words them."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer that is an error.

    Attributes:
        status: HTTP status.
        code: Machine readable, like ``invalid_image``.
        param: Which part of the request is wrong; empty when it is none of them.
        retry_after: Seconds after which trying again makes sense, None when it does not.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str,
        param: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.retry_after = retry_after

    @property
    def kind(self) -> str:
        """OpenAI's error type for the status."""
        if self.status == 401:
            return "authentication_error"
        if self.status == 429:
            return "rate_limit_error"
        return "invalid_request_error" if self.status < 500 else "server_error"

    def body(self) -> dict[str, Any]:
        """The JSON object of the answer."""
        return {
            "error": {
                "message": str(self),
                "type": self.kind,
                "param": self.param or None,
                "code": self.code,
            }
        }


def too_large(message: str, param: str, code: str) -> ApiError:
    """A part of a request that is larger than what is served."""
    return ApiError(413, message, code=code, param=param)


def invalid(message: str, param: str, code: str = "invalid_value") -> ApiError:
    """A request that cannot be served as it is."""
    return ApiError(400, message, code=code, param=param)
