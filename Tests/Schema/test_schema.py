"""The published JSON Schemas, tried with the library that most editors' checks can be held against.

What the files here hold is read by Skein itself too, in Tests/ConfigurationFileTests, so that the
schemas and the reader say the same. Needs the Python packages jsonschema and PyYAML (Debian:
python3-jsonschema, python3-yaml).
"""

import functools
import json
import pathlib
import re
import unittest

import jsonschema
import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CLUSTER = ROOT / "cluster"


@functools.cache
def validator(name):
    schema = json.loads((CLUSTER / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def problems(document):
    """What the schema of its kind of file has against a document."""
    name = "topology" if "nodes" in document else "configuration"
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(document)]


def documents(name):
    """The documents of a file of this folder, each with its text."""
    texts = re.split(r"^---$", (HERE / name).read_text(), flags=re.MULTILINE)
    return [(text.strip(), yaml.safe_load(text)) for text in texts]


def examples():
    """Every example that people begin with, by name."""
    for path in sorted(CLUSTER.rglob("*.yaml")):
        document = yaml.safe_load(path.read_text())
        if "pools" in document:
            yield path.name, document
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(),
                        flags=re.MULTILINE | re.DOTALL)
    for number, block in enumerate(blocks, 1):
        yield f"README.md, example {number}", yaml.safe_load(block)


class Schema(unittest.TestCase):
    def test_examples_are_accepted(self):
        found = dict(examples())
        self.assertLessEqual({"example.yaml", "three-nodes.yaml", "README.md, example 1"},
                             found.keys())
        for name, document in found.items():
            with self.subTest(name):
                self.assertEqual(problems(document), [])

    def test_what_is_right_is_accepted(self):
        for text, document in documents("accepted.yaml"):
            with self.subTest(text):
                self.assertEqual(problems(document), [])

    def test_what_is_wrong_is_refused(self):
        for text, document in documents("refused.yaml"):
            with self.subTest(text):
                self.assertNotEqual(problems(document), [])

    def test_wrong_topologies_are_refused(self):
        node = {"name": "a", "address": "127.0.10.1"}
        for document in ({"nodes": []}, {"nodes": [{"name": "a"}]}, {"nodes": [node], "node": {}},
                         {"nodes": [{**node, "address": "10.0.0.1"}]}):
            with self.subTest(document):
                self.assertNotEqual(problems(document), [])
        self.assertEqual(problems({"nodes": [node]}), [])

    def test_every_key_is_used_in_what_is_right(self):
        """So that no key is left untried: a key of the schema stands in some right document."""
        used = set()
        for _, document in documents("accepted.yaml"):
            used |= set(keys(document))
        declared = set(properties(validator("configuration").schema))
        self.assertEqual(declared - used, set())


def keys(value, path=""):
    """The paths of all keys of a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}"
            yield from keys(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner, path)


def properties(schema, path=""):
    """The paths of all keys that a schema declares."""
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}.{key}"
        yield from properties(inner, f"{path}.{key}")
    inner_schemas = schema.get("oneOf", []) + ([schema["items"]] if "items" in schema else [])
    for inner in inner_schemas:
        yield from properties(inner, path)


if __name__ == "__main__":
    unittest.main()
