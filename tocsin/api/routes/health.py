"""For machines: alive, ready, figures. No session, nothing personal."""

from typing import Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from tocsin.api.deps import Deps
from tocsin.api.schemas.health import Health, Readiness
from tocsin.core.errors import NotFound

router = APIRouter(tags=["health"])

TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {}}, "description": "Prometheus exposition."}
}


@router.get("/healthz", operation_id="getHealth", summary="Alive")
async def healthz() -> Health:
    """Say that the process answers; asks nothing else."""
    return Health(status="ok")


@router.get("/readyz", operation_id="getReadiness", summary="Ready", response_model=Readiness)
async def readyz(deps: Deps) -> Response:
    """Say whether everything needed is there: 200, or 503 with a sentence for each fault."""
    faults = await deps.ready()
    body = Readiness(ready=not faults, faults=faults)
    return JSONResponse(body.model_dump(), status_code=503 if faults else 200)


@router.get("/metrics", operation_id="getMetrics", summary="Figures", response_class=Response, responses=TEXT)
async def metrics(deps: Deps) -> Response:
    """Give all figures of this process for Prometheus."""
    if not deps.config.expose_metrics:
        raise NotFound("metrics.off", "figures are switched off here: set api.expose_metrics to true")
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
