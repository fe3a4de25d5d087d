"""What there is at /v1."""

import logging
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from backend.chat.errors import FAULT, UserError, trace
from web.api.answering import Answering
from web.api.bodies import Bodies
from web.api.errors import ApiError
from web.api.failures import as_api_error, as_response, told
from web.api.services import ApiServices
from web.api.translation import check_model
from web.requests import Message, Receive, Scope, Send

NOTHING = "There's nothing here. The API has /v1/models, /v1/chat/completions, /v1/tokenize and /v1/openapi.json."
LOADING = "The model is still loading. Try again in a moment."
LOADING_SECONDS = 5
log = logging.getLogger(__name__)


class Routes:
    """An ASGI app. Whatever goes wrong in it is told in the API's form."""

    def __init__(self, services: ApiServices) -> None:
        self._services = services
        self._answering = Answering(services)
        self._bodies = Bodies(services.max_body)
        self._router = Router(
            [
                *(Route(path, self._models, methods=["GET"]) for path in ("/v1/models", "/v1/models/")),
                Route("/v1/models/{name:path}", self._model, methods=["GET"]),
                Route("/v1/openapi.json", self._schema, methods=["GET"]),
                Route("/v1/tokenize", self._tokenize, methods=["POST"]),
                Route("/v1/chat/completions", _Endpoint(self._chat), methods=["POST"]),
            ],
            redirect_slashes=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_begun = False

        async def noted(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        try:
            await self._router(scope, receive, noted)
        except Exception as error:  # an edge: nobody else would tell it in the form of the API
            if is_begun:
                raise
            await _refusal(error)(scope, receive, send)

    async def _models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [self._described(self._names()[0])]})

    async def _model(self, request: Request) -> Response:
        name = request.path_params["name"]
        check_model(name, self._services.defaults)
        return JSONResponse(self._described(name))

    async def _schema(self, request: Request) -> Response:
        from web.api.openapi import schema

        return JSONResponse(schema())

    async def _tokenize(self, request: Request) -> Response:
        self._check_ready()
        body = await self._bodies.read(request.scope, request.receive)
        return Response(await self._answering.tokens(body, request.scope), media_type="application/json")

    async def _chat(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._check_ready()
        await self._answering(await self._bodies.read(scope, receive), scope, receive, send)  # and keeps no body itself

    def _check_ready(self) -> None:
        if not self._services.is_ready():
            raise ApiError(503, LOADING, code="model_loading", retry_after=LOADING_SECONDS)

    def _names(self) -> tuple[str, ...]:
        return self._services.defaults.models

    def _described(self, name: str) -> dict[str, object]:
        counter = self._services.model.counter()
        limit = getattr(counter, "limit", None)
        return {"id": name, "object": "model", "created": 0, "owned_by": "mistral-chat", "max_model_len": limit}


class _Endpoint:
    """An ASGI app, which Starlette tells from a function of a request by its class."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _refusal(error: Exception) -> Response:
    match error:
        case ApiError():
            return as_response(error)
        case UserError():
            return as_response(as_api_error(error))
        case HTTPException(status_code=404):
            return told(404, NOTHING, None)
        case HTTPException(status_code=405, headers=headers):
            method = "POST" if "POST" in (headers or {}).get("Allow", "") else "GET"
            return told(405, f"Send a {method} request here.", headers)
        case HTTPException(status_code=status, detail=detail, headers=headers):
            return told(status, f"{detail}.", headers)
    log.error("a request to the API failed: %s", trace(error))
    return told(500, FAULT, None)
