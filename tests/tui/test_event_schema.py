from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from autotuner_core.run import events as ev
from autotuner_tui.headless.event_schema import event_schema
from recordings import beginning, scored, stamped


def test_the_schema_describes_every_event_and_every_field() -> None:
    schemas = {schema["title"]: schema for schema in event_schema()["oneOf"]}
    assert schemas.keys() == ev.EVENT_TYPES.keys()
    assert all(schema["description"] for schema in schemas.values())


def test_events_as_they_are_written_fit_the_schema() -> None:
    schema = event_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for event in stamped([*beginning(), *scored(1, 5.0), ev.RunEnded(reason="completed")]):
        validator.validate(_through_json(event))


def test_an_event_with_a_wrong_field_does_not_fit() -> None:
    record = {"v": 1, "seq": 1, "ts": 1.0, "type": "Skipped", "experiment": "three"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(record, event_schema())


def _through_json(event: ev.Event) -> Any:
    import json

    return json.loads(json.dumps(event.to_record()))
