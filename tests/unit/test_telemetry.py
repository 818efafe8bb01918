import httpx
import pytest

from tocsin import telemetry
from tocsin.core.errors import Rejected


def test_a_role_answers_metrics_health_and_readiness() -> None:
    missing = ["the database does not answer"]
    with telemetry.serve("127.0.0.1", 0, lambda: missing) as port, httpx.Client(trust_env=False) as client:
        base = f"http://127.0.0.1:{port}"
        assert client.get(f"{base}/healthz").status_code == 200
        refused = client.get(f"{base}/readyz")
        assert (refused.status_code, refused.text) == (503, "the database does not answer\n")
        missing.clear()
        assert client.get(f"{base}/readyz").text == "ready\n"
        assert "# HELP" in client.get(f"{base}/metrics").text
        assert client.get(f"{base}/else").status_code == 404


def test_a_taken_port_is_an_error_of_the_start() -> None:
    with (
        telemetry.serve("127.0.0.1", 0, list) as port,
        pytest.raises(Rejected, match=r"in use.*choose another port"),
        telemetry.serve("127.0.0.1", port, list),
    ):
        pass
