from tocsin.bench import ingest


def test_mosquitto_can_be_named(monkeypatch):
    monkeypatch.setenv("TOCSIN_MOSQUITTO", "/opt/mosquitto")
    assert ingest.mosquitto() == "/opt/mosquitto"


async def test_a_small_measurement_stores_what_was_published(monkeypatch):
    monkeypatch.setattr(ingest, "mosquitto", lambda: None)
    monkeypatch.setattr(ingest, "WARM_UP", 1_000)
    measured = await ingest.run(readings=5_000)
    assert measured["readings"] == 5_000
    assert measured["readings_per_s"] > 0
    assert "aMQTT" in str(measured["ran_on"]["broker"])
