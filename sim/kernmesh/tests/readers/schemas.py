"""Validates files against JSON Schemas. The argument lists checks: a schema, a file, and whether the file fits."""

import json
import sys
import tomllib

from jsonschema_rs import validator_for


def instances(path):
    with open(path, "rb") as file:
        text = file.read().decode()
    if path.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    return [tomllib.loads(text) if path.endswith(".toml") else json.loads(text)]


validators = {}
for check in json.loads(open(sys.argv[1], encoding="utf-8").read()):
    schema, path, fits = check["schema"], check["file"], check["fits"]
    if schema not in validators:
        with open(schema, encoding="utf-8") as file:
            validators[schema] = validator_for(json.load(file))
    errors = [error for value in instances(path) for error in validators[schema].iter_errors(value)]
    if fits == bool(errors):
        said = f"{errors[0].instance_path}: {errors[0].message[:300]}" if errors else "it fits"
        print(f"{path} against {schema}: {said}")
